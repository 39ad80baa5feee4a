"""A question at the terminal that is answered with yes or no."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qwen_schema import printable, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

# Places in what `termios.tcgetattr` returns.
_INPUT, _LOCAL = 0, 3


def confirm(question: str) -> bool:
    """Ask at the terminal; no is the answer unless yes is given."""
    # Ctrl-C is a no from the moment when the question can be seen.
    try:
        with _interruptible(), _line_by_line():
            print(printable(redact(question)), end="", file=sys.stderr, flush=True)
            answer = input()
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        return False
    return answer.strip().lower() in ("y", "yes")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the question, even while a command puts signals off until it has finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _line_by_line() -> Iterator[None]:
    """Let the terminal show what is typed and end a line at Enter, as a line editor may have it not do.

    What was typed before is forgotten: it is no answer.
    """
    try:
        import termios  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    usual = [*before[:6], list(before[6])]
    usual[_INPUT] |= termios.ICRNL
    usual[_LOCAL] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, usual)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
