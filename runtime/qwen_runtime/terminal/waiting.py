"""The line that shows what the program waits for, and how long, in the available columns."""

from __future__ import annotations

from rich.cells import cell_len

from .safe_text import safe

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def waiting_text(what: str, seconds: float, turns: int, width: int) -> str:
    """Return the line for an activity (`what`, such as `waiting for MODEL`) at a turn of its spinner."""
    frame, taken = _FRAMES[turns % len(_FRAMES)], f"{seconds:.0f} s"
    longest = f"{frame} {safe(what)}, {taken} (Ctrl-C stops)"
    lines = [longest, f"{frame} {what.partition(' ')[0]}, {taken} (Ctrl-C stops)", f"{frame} {taken} (Ctrl-C)"]
    return next((line for line in lines if cell_len(line) <= width), f"{frame} {taken}"[: max(width, 0)])
