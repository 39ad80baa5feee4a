"""Presses keys in a terminal when a text is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .terminal import Typing


def press(person: Typing, keys: str, *wanted: str) -> None:
    """Wait for a text, then press keys."""
    person.until(*wanted)
    person.type(keys)
