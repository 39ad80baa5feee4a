"""Signals that end the program: each raises an exception in the main thread, which a block can put off for a while."""

from __future__ import annotations

import _thread
import os
import signal
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from .errors import InterruptedByPersonError, QwenCfgError, TerminatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

T = TypeVar("T")

# SIGINT stands first: it is the only one after which the program may go on. After SIGTERM come those that nobody uses
# to end a program, and that end one all the same: timers, limits of the system, and signals that have no meaning here.
_NAMES = ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM")
_OTHERS = ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGIO", "SIGPWR", "SIGSTKFLT")
ENDING = tuple(signal.Signals[name] for name in (*_NAMES, *_OTHERS) if hasattr(signal, name))

# How long the program may take to end, in seconds, beside the work that has to be finished.
SECONDS = 5.0
_LOOK_EVERY = 0.1

# The signal that ends this process, once one does, and the work that has to be finished first: what it is, and for how
# many seconds the end waits for it.
_ended: list[int] = []
_under_way: list[tuple[str, float]] = []

# Held while such work begins. Once the program leaves, none does: the interpreter would not wait for it any more.
_beginning = _thread.allocate_lock()
_left: list[int] = []


class Termination(SystemExit):
    """A signal ends the program. As with SystemExit, no event loop and no `except Exception` holds it up."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def install() -> None:
    """Let Ctrl-C raise KeyboardInterrupt and the other signals `Termination`; one that is ignored stays so.

    This is for the command line's own process: whoever imports this package keeps the signals as they are.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _hear)


def ignore_more() -> None:
    """Let no further signal disturb the end."""
    for number in ENDING:
        if callable(signal.getsignal(number)):
            # With SIG_IGN, Python would complain about a signal that is on its way.
            signal.signal(number, _ignore)


def ended_by() -> int | None:
    """Return the signal that ends this process, if one does, whatever became of its exception."""
    return _ended[0] if _ended else None


def error_of(number: int) -> QwenCfgError:
    """Return what a signal that ends the program is to whoever reads of it."""
    return InterruptedByPersonError("interrupted") if number == signal.SIGINT else TerminatedError(number)


def decisive(heard: list[int]) -> int:
    """Return which of the signals that were heard counts: the first one after which the program cannot go on."""
    return next((number for number in heard if number != signal.SIGINT), heard[0])


@contextmanager
def put_off(*answered: int, told: Callable[[], None] | None = None) -> Iterator[list[int]]:
    """Note the signals that end the program while a block runs, and let them be heard when it has ended.

    Yields the list of those that came. The `answered` ones are the block's own to deal with, and so is every signal
    that it takes out of the list; `told` is called at each. Another thread than the main one hears no signals, and
    nothing changes there.
    """
    heard: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        heard.append(number)
        if number != signal.SIGINT:
            leave_within(128 + number)
        if told:
            told()

    before: dict[int, Callable[[int, FrameType | None], Any]] = {}
    try:
        with suppress(ValueError):
            for number in ENDING:
                handler = signal.getsignal(number)
                if callable(handler):
                    signal.signal(number, note)
                    before[number] = handler
        yield heard
    finally:
        for number in reversed(before):
            signal.signal(number, before[number])
        left = [number for number in heard if number not in answered]
        if left:
            before[decisive(left)](decisive(left), None)


def run_to_end(work: Callable[[], T], what: str, seconds: float) -> T:
    """Do something that no signal may cut off, in a thread that the end of the program waits for.

    Args:
        work: what is done; its error is raised here.
        what: the work in words, for whoever has to wait.
        seconds: how long the end of the command line waits for it at most.
    """
    import threading  # noqa: PLC0415 - most commands never need it

    results: list[T] = []
    errors: list[BaseException] = []

    def do() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            _under_way.remove((what, seconds))

    thread = threading.Thread(target=do, daemon=False)
    with _beginning:
        if _left:
            raise SystemExit
        _under_way.append((what, seconds))
        thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def leave(code: int) -> str:
    """Let nothing disturb the end any more; return the work that it waits for, in words, if there is any."""
    ignore_more()
    with _beginning:
        _left.append(code)
        work = next((what for what, _ in tuple(_under_way)), "")
    if work:
        leave_within(code)
    return work


def leave_within(code: int) -> None:
    """Make sure that the process ends with a code in a limited time, whatever its main thread waits for."""
    # The class Thread takes locks, which the main thread may hold where a signal is heard.
    _thread.start_new_thread(_leave_late, (code,))


def _leave_late(code: int) -> None:
    began = time.monotonic()
    while time.monotonic() - began < SECONDS + max((seconds for _, seconds in tuple(_under_way)), default=0.0):
        time.sleep(_LOOK_EVERY)
    os._exit(code)


def _hear(number: int, _: FrameType | None) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    _ended.append(number)
    ignore_more()
    leave_within(128 + number)
    raise Termination(number)


def _ignore(number: int, _: FrameType | None) -> None:
    """Do nothing."""
