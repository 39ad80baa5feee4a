"""Reads input from a dumb terminal, which has its own line editing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwen_runtime.terminal.screen import Screen

_CONTINUES = "\\"


class PlainEditor:
    """Reads the user's input. A line that ends in a backslash continues on the next line."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def read(self) -> str:
        """Return the next input.

        Raises:
            EOFError: if the user exits.
            KeyboardInterrupt: if Ctrl-C was pressed.
        """
        lines = [self._line("> ")]
        while lines[-1].endswith(_CONTINUES):
            lines[-1] = lines[-1].removesuffix(_CONTINUES)
            lines.append(self._line("  "))
        return "\n".join(lines)

    def _line(self, prompt: str) -> str:
        self._screen.piece(prompt)
        try:
            line = sys.stdin.buffer.readline()
        except KeyboardInterrupt:
            self._screen.piece("\n")
            raise
        if not line:
            self._screen.piece("\n")
            raise EOFError
        return line.decode("utf-8", "replace").rstrip("\r\n")
