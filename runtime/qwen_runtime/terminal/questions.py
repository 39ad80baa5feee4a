"""How questions are put to a person, and what the terminal shows meanwhile of what is typed."""

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
    """Puts questions. Ctrl-C raises KeyboardInterrupt, Ctrl-D EOFError, at every one of them."""

    def tell(self, text: str) -> None:
        """Write a line."""

    def warn(self, text: str) -> None:
        """Write a line about something that is wrong."""

    def open(self, question: str, default: str) -> str:
        """Return what is typed, which can be seen; the empty text where Enter accepts the default that is shown."""

    def hidden(self, question: str) -> str:
        """Return what is typed, which cannot be seen unless the person wants to check it."""


def without_echo(*, dumb: bool) -> AbstractContextManager[None]:
    """Return what keeps a terminal from showing what is typed while no question is open."""
    return echo(on=False) if dumb else Keyboard(dumb=False).quiet()


def wrapped(text: str) -> str:
    """Return a text in lines that fit into the terminal, none of them broken within a word.

    The lines of a numbered option stand under each other.
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
    """Let the terminal on standard input echo what is typed, or nothing; what has been typed ahead is kept."""
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
