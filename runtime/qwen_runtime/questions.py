"""How a question is put to a person: what every terminal can do, plainly, and which way a terminal gets."""

from __future__ import annotations

import sys
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .repl.terminal import Keyboard, size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

# What a terminal puts around a paste that it brackets.
_PASTE_MARKS = ("\x1b[200~", "\x1b[201~")

SHOWN_WARNING = "Whoever sees or records this terminal has the key."


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


def make_questions(*, dumb: bool, color: bool) -> Questions:
    """Return what puts questions in this terminal; a `dumb` one gets no escape sequences."""
    if dumb:
        return PlainQuestions()
    from .edited_questions import EditedQuestions  # noqa: PLC0415 - the line editor is slow to import

    return EditedQuestions(color=color)


def without_echo(*, dumb: bool) -> AbstractContextManager[None]:
    """Return what keeps a terminal from showing what is typed while no question is open."""
    return _echo(on=False) if dumb else Keyboard(dumb=False).quiet()


class PlainQuestions:
    """Puts questions with what every terminal can do."""

    def tell(self, text: str) -> None:
        """Write a line."""
        _write(f"{wrapped(text)}\n")

    warn = tell

    def open(self, question: str, default: str) -> str:
        """Return what is typed."""
        with _echo(on=True):
            return _line(f"{question} [{default}]: ")

    def hidden(self, question: str) -> str:
        """Return what is typed without an echo; the person may see it then, and type it again."""
        while True:
            text = _line(f"{question} (nothing of it is shown): ", ends=True)
            if not text.strip() or not self._wants_to_see():
                return text
            self.tell(SHOWN_WARNING)
            _write(f"{text}\n")
            if self._is_right():
                return text

    def _wants_to_see(self) -> bool:
        return self._agrees("Show it in full for checking?", "n")

    def _is_right(self) -> bool:
        return self._agrees("Is it right?", "y")

    def _agrees(self, question: str, default: str) -> bool:
        while True:
            answer = (self.open(f"{question} y or n", default).strip() or default).lower()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            self.warn("Type y or n.")


def wrapped(text: str) -> str:
    """Return a text in lines that fit into the terminal, none of them broken within a word."""
    return textwrap.fill(text, max(size().columns - 1, 20), break_long_words=False, break_on_hyphens=False)


def _line(prompt: str, *, ends: bool = False) -> str:
    """Return a line of standard input; with `ends`, the end of the line is not echoed, and so is written."""
    _write(prompt)
    line = b""
    try:
        line = sys.stdin.buffer.readline()
    finally:
        if ends or not line.endswith(b"\n"):
            _write("\n")
    if not line:
        raise EOFError
    text = line.decode("utf-8", "replace")
    for mark in _PASTE_MARKS:
        text = text.replace(mark, "")
    return text.rstrip("\r\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def _echo(*, on: bool) -> Iterator[None]:
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
