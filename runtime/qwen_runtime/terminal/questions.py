"""The interface for questions to the user, and the terminal's echo of typed text."""

from __future__ import annotations

import re
import sys
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .device import Keyboard, size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

SHOWN_WARNING = "Anyone who sees or records this terminal gets the key."


class Questions(Protocol):
    """Asks questions. At each question, Ctrl-C raises KeyboardInterrupt and Ctrl-D EOFError."""

    def tell(self, text: str) -> None:
        """Write a line."""

    def warn(self, text: str) -> None:
        """Write a line about a problem."""

    def open(self, question: str, default: str) -> str:
        """Return the typed text, which is visible; empty if Enter accepts the default that is shown."""

    def hidden(self, question: str) -> str:
        """Return the typed text, which is hidden unless the user wants to see it."""


def without_echo(*, dumb: bool) -> AbstractContextManager[None]:
    """Return a context in which the terminal does not show text that is typed while no question is open."""
    return echo(on=False) if dumb else Keyboard(dumb=False).quiet()


def wrap(text: str) -> str:
    """Return a text wrapped at words to the width of the terminal.

    Further lines of a numbered option are indented.
    """
    option = re.match(r" +\d+  ", text)
    return textwrap.fill(
        text,
        max(size().columns - 1, 20),
        subsequent_indent=" " * option.end() if option else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


@contextmanager
def echo(*, on: bool) -> Iterator[None]:
    """Switch the echo of the terminal on standard input on or off; text typed ahead is kept."""
    import termios  # noqa: PLC0415 - not on every system

    descriptor = sys.stdin.fileno()
    saved = termios.tcgetattr(descriptor)
    changed = [*saved[:6], list(saved[6])]
    changed[3] = changed[3] | termios.ECHO if on else changed[3] & ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, saved)
