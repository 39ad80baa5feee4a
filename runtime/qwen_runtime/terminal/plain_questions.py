"""Asks questions without a line editor, on any terminal."""

from __future__ import annotations

import sys

from .questions import SHOWN_WARNING, echo, wrap

# The marks that a terminal adds around pasted text.
_PASTE_MARKS = ("\x1b[200~", "\x1b[201~")


class PlainQuestions:
    """Asks questions without a line editor."""

    def tell(self, text: str) -> None:
        """Write a line."""
        _write(f"{wrap(text)}\n")

    warn = tell

    def open(self, question: str, default: str) -> str:
        """Return the typed text."""
        with echo(on=True):
            return _line(f"{question} [{default}]: " if default else f"{question}: ")

    def hidden(self, question: str) -> str:
        """Return text that is typed without an echo; afterwards the user may view it and type it again."""
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


def _line(prompt: str, *, ends: bool = False) -> str:
    """Return a line of standard input; with `ends`, write a line end, since the typed one is not echoed."""
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
