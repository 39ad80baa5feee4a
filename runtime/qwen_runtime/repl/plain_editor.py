"""Reads from a dumb terminal, which has a line editor of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwen_runtime.terminal.screen import Screen

_CONTINUES = "\\"


class PlainEditor:
    """Reads what a person types. A line that ends in a backslash goes on in the next one."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def read(self) -> str:
        """Return the next text.

        Raises:
            EOFError: if the person leaves.
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
