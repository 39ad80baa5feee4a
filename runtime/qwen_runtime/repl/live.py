"""The part of the screen that still changes: how it gets from one state to the next with the least writing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def redraw(old: Sequence[str], new: Sequence[str], width: int) -> str:
    """Return what turns the old lines into the new ones; before and after, the cursor is at the end of the last one.

    `width` is the terminal's now: it may have become narrower, and the old lines take more rows then.
    """
    same = _count_same(old, new)
    if same == len(old):
        between = "\n" if old and new[same:] else ""
        return between + "\n".join(new[same:])
    if same == len(old) - 1 and same < len(new) and _goes_on(old[same], new[same]):
        return "\n".join([new[same][len(old[same]) :], *new[same + 1 :]])
    # The cursor has to end behind a line, so that one that stays is written again where nothing comes after it.
    same = min(same, max(len(new) - 1, 0))
    up = sum(_rows(line, width) for line in old[same:]) - 1
    back = f"\r\x1b[{up}A" if up else "\r"
    return f"{back}\x1b[J" + "\n".join(new[same:])


def cropped(lines: Sequence[str], height: int) -> list[str]:
    """Return the last lines, as many as can be drawn again on a screen of some height."""
    return list(lines[-max(1, height - 1) :])


def visible(line: str) -> str:
    """Return a painted line without its styles."""
    return _STYLE.sub("", line)


def _count_same(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((place for place, (before, after) in enumerate(pairs) if before != after), min(len(old), len(new)))


def _goes_on(old: str, new: str) -> bool:
    """Tell whether a line can be made the new one by writing on, which a sign made of several does not allow."""
    more = new[len(old) :]
    return new.startswith(old) and cell_len(visible(new)) == cell_len(visible(old)) + cell_len(visible(more))


def _rows(line: str, width: int) -> int:
    return max(1, -(-cell_len(visible(line)) // max(width, 1)))
