"""How an answer appears while it comes."""

from __future__ import annotations

from typing import Literal, Protocol

Kind = Literal["answer", "reasoning"]


class View(Protocol):
    """Shows an answer while it comes."""

    def tick(self) -> None:
        """Show that time passes and nothing comes."""

    def add(self, kind: Kind, text: str) -> None:
        """Show a piece of the answer, or of the reasoning before it."""

    def note(self, text: str) -> None:
        """Show a line about the request."""

    def hold(self, text: str) -> None:
        """Show why the request is not sent yet; what is shown next takes its place."""

    def end(self) -> None:
        """Let what is shown stay."""
