"""A yes-or-no question at the terminal."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qwen_schema import printable, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

# Indexes in the list that `termios.tcgetattr` returns.
_INPUT, _LOCAL = 0, 3


def confirm(question: str) -> bool:
    """Ask at the terminal, and return whether the answer is yes."""
    # Ctrl-C means no as soon as the question is visible.
    try:
        with _interruptible(), _line_input():
            print(printable(redact(question)), end="", file=sys.stderr, flush=True)
            answer = input()
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        return False
    return answer.strip().lower() in ("y", "yes")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the question, even if a command has deferred signals until its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _line_input() -> Iterator[None]:
    """Set the terminal to echo and to read lines, which a line editor may have switched off.

    Text that was typed before the question is discarded.
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
