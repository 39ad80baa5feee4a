"""Shows an answer on a dumb terminal: every piece is written when it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.terminal.safe_text import without_steering

if TYPE_CHECKING:
    from qwen_runtime.terminal.screen import Screen

    from .view import Kind


class PlainView:
    """Shows an answer on a terminal that cannot redraw lines."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._kinds: list[Kind] = []
        self._is_in_line = False
        self._has_waiting_line = False
        self._has_hold_line = False

    def tick(self) -> None:
        """Write once that the program waits for the answer."""
        if not self._kinds and not self._has_waiting_line:
            self._has_waiting_line = True
            self._screen.say("…")

    def add(self, kind: Kind, text: str) -> None:
        """Write a piece; a label shows its kind if there is also reasoning."""
        if self._kinds[-1:] != [kind]:
            self.end()
            self._kinds.append(kind)
            if self._kinds != ["answer"]:
                self._screen.say(f"({kind})")
        safe = without_steering(text)
        self._screen.piece(safe)
        self._is_in_line = not safe.endswith("\n") if safe else self._is_in_line

    def note(self, text: str) -> None:
        """Write a line."""
        self.end()
        self._screen.say(text)

    def hold(self, text: str) -> None:
        """Write once that there is a wait."""
        if not self._has_hold_line:
            self._has_hold_line = True
            self._screen.say(text)

    def end(self) -> None:
        """End the line."""
        if self._is_in_line:
            self._screen.piece("\n")
        self._is_in_line = False
