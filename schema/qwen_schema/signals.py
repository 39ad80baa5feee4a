"""Signals that end the program: each raises an exception in the main thread, at once or after a protected block."""

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

# SIGINT is the only signal after which the program may continue. `_OTHERS` are rarely used to end a program, but they
# end it too: timers, limits of the system, and signals without a meaning here.
_NAMES = ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM")
_OTHERS = ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGIO", "SIGPWR", "SIGSTKFLT")
ENDING = tuple(signal.Signals[name] for name in (*_NAMES, *_OTHERS) if hasattr(signal, name))

# How long the program may take to end, in seconds, in addition to work that must be finished.
SECONDS = 5.0
_LOOK_EVERY = 0.1

# The signal that ends this process, if one arrived, and the work that must be finished first: its description, and how
# many seconds the program waits for it.
_ending_signals: list[int] = []
_running: list[tuple[str, float]] = []

# Held while such work starts. After `leave`, no work starts, since the interpreter would no longer wait for it.
_start_lock = _thread.allocate_lock()
_exit_codes: list[int] = []


class Termination(SystemExit):
    """A signal ends the program. Like SystemExit, it passes event loops and `except Exception`."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def install() -> None:
    """Install the handlers: Ctrl-C raises KeyboardInterrupt, other signals `Termination`; ignored signals stay ignored.

    Only the command line calls this: a program that imports this package keeps its own handlers.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def ignore_signals() -> None:
    """Ignore all further signals, so that they do not disturb the end."""
    for number in ENDING:
        if callable(signal.getsignal(number)):
            # With SIG_IGN, Python would report an error for a signal that has already arrived.
            signal.signal(number, _ignore)


def ignore_to_the_end() -> None:
    """Ignore all further signals in the operating system: Python's own handlers end before the process does.

    It is called outside of any handler, after `ignore_signals`: signals that have arrived are handled before each
    change.
    """
    for number in ENDING:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)


def ending_signal() -> int | None:
    """Return the signal that ends this process, even if its exception was caught; None if no signal does."""
    return _ending_signals[0] if _ending_signals else None


def error_of(number: int) -> QwenCfgError:
    """Return the error that reports a signal that ended the program."""
    return InterruptedByPersonError("interrupted") if number == signal.SIGINT else TerminatedError(number)


def decisive_signal(heard: list[int]) -> int:
    """Return the decisive one of the received signals: the first after which the program cannot continue."""
    return next((number for number in heard if number != signal.SIGINT), heard[0])


@contextmanager
def delay_signals(*answered: int, on_signal: Callable[[], None] | None = None) -> Iterator[list[int]]:
    """Delay the signals that end the program until a block has ended.

    Yields the list of signals received so far. The block itself handles the `answered` signals, and every signal that
    it removes from the list. `on_signal` is called at each of them. The first signal other than SIGINT ends the
    program for certain, and those after it are ignored. Threads other than the main one receive no signals; nothing
    changes for them.
    """
    heard: list[int] = []
    is_ending = False

    def note(number: int, _: FrameType | None) -> None:
        nonlocal is_ending
        if is_ending:
            return
        heard.append(number)
        if number != signal.SIGINT:
            is_ending = True
            leave_within(128 + number)
        if on_signal:
            on_signal()

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
            signal.signal(number, _ignore if is_ending else before[number])
        left = [number for number in heard if number not in answered]
        if left:
            before[decisive_signal(left)](decisive_signal(left), None)


def run_to_end(work: Callable[[], T], what: str, seconds: float) -> T:
    """Do work that no signal may interrupt, in a thread that the program waits for before it ends.

    Args:
        work: the function to call; its error is raised here.
        what: a description of the work, for a user who has to wait.
        seconds: the longest time that the program waits for it at its end.
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
            _running.remove((what, seconds))

    thread = threading.Thread(target=do, daemon=False)
    with _start_lock:
        if _exit_codes:
            raise SystemExit
        _running.append((what, seconds))
        thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def leave(code: int) -> str:
    """Ignore further signals and start no further work; return a description of the work still running, if any."""
    ignore_signals()
    with _start_lock:
        _exit_codes.append(code)
        work = next((what for what, _ in tuple(_running)), "")
    if work:
        leave_within(code)
    return work


def leave_within(code: int) -> None:
    """Make sure that the process ends with an exit code in a limited time, even if its main thread is blocked."""
    # The class Thread takes locks, which the main thread may hold when a signal arrives.
    _thread.start_new_thread(_exit_late, (code,))


def _exit_late(code: int) -> None:
    began = time.monotonic()
    while time.monotonic() - began < SECONDS + max((seconds for _, seconds in tuple(_running)), default=0.0):
        time.sleep(_LOOK_EVERY)
    os._exit(code)


def _handle(number: int, _: FrameType | None) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    _ending_signals.append(number)
    ignore_signals()
    leave_within(128 + number)
    raise Termination(number)


def _ignore(number: int, _: FrameType | None) -> None:
    """Do nothing."""
