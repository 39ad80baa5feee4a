"""Differences between two artifacts as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qwen_cfg.core.drift import Difference


def difference_lines(difference: Difference) -> tuple[str, ...]:
    """Return the lines that show the old value and the new value of a field."""
    part = "" if difference.part == "value" else f" ({difference.part})"
    return (
        "",
        f"  {difference.field}{part}",
        f"    was  {value_text(difference.old, difference.old_origin)}",
        f"    is   {value_text(difference.new, difference.new_origin)}",
    )


def value_text(value: str, origin: str) -> str:
    """Return a value followed by its origin."""
    text = value or "(empty)"
    return f"{text}  [{origin}]" if origin and origin != value else text
