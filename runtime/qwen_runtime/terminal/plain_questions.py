"""How a question is put to a person where there is no line editor: with what every terminal can do."""

from __future__ import annotations

import sys

from .questions import SHOWN_WARNING, echo, wrapped

# What a terminal puts around a paste that it brackets.
_PASTE_MARKS = ("\x1b[200~", "\x1b[201~")


class PlainQuestions:
    """Puts questions with what every terminal can do."""

    def tell(self, text: str) -> None:
        """Write a line."""
        _write(f"{wrapped(text)}\n")

    warn = tell

    def open(self, question: str, default: str) -> str:
        """Return what is typed."""
        with echo(on=True):
            return _line(f"{question} [{default}]: " if default else f"{question}: ")

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
