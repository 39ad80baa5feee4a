"""The interface that shows an answer while it arrives."""

from __future__ import annotations

from typing import Literal, Protocol

Kind = Literal["answer", "reasoning"]


class View(Protocol):
    """Shows an answer while it arrives."""

    def tick(self) -> None:
        """Show that the program still waits."""

    def add(self, kind: Kind, text: str) -> None:
        """Show a piece of the answer, or of the reasoning before it."""

    def note(self, text: str) -> None:
        """Show a line about the request."""

    def hold(self, text: str) -> None:
        """Show why the request is not sent yet; the next output replaces this line."""

    def end(self) -> None:
        """Keep the current output."""
