"""The part of the screen that still changes: redraws it with as little output as possible."""

from __future__ import annotations

import os.path
from bisect import bisect_left, bisect_right
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.cells import cell_len

from qwen_schema import patterns as re

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PLAIN = "\x1b[0m"
# A terminal that supports these marks shows the output between them as one change; others ignore them.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
# Characters that are drawn around words and depend on the width.
_LINE = str.maketrans("", "", "─")
# How many lines before a place are compared to find the common part of the old and the new text.
_COMPARED_LINES = 100


def redraw(old: Sequence[str], new: Sequence[str], width: int) -> str:
    """Return the output that changes old lines to new ones; the cursor is at the end of the last line each time."""
    same = _count_same(old, new)
    if same == len(old):
        between = "\n" if old and new[same:] else ""
        return between + "\n".join(new[same:])
    if same == len(old) - 1 and same < len(new):
        more = _more(old[same], new[same])
        if more is not None:
            return "\n".join([more, *new[same + 1 :]])
    # The cursor must end after a line, so an unchanged last line is written again.
    same = min(same, max(len(new) - 1, 0))
    up = sum(_rows(line, width) for line in old[same:]) - 1
    back = f"\r\x1b[{up}A" if up else "\r"
    return f"{_BEGIN}{back}\x1b[J" + "\n".join(new[same:]) + _END


def overflow(lines: Sequence[str], width: int, height: int) -> int:
    """Return how many lines cannot be redrawn, because the lines after them fill the screen."""
    room = height - 1
    for count, line in enumerate(reversed(lines)):
        room -= _rows(line, width)
        if room < 0 and count:
            return len(lines) - count
    return 0


def fits(lines: Sequence[str], width: int) -> bool:
    """Return whether each line takes one row, even if the terminal has just become this wide."""
    return all(_rows(line, width) == 1 for line in lines)


def unchanged_lines(old: Sequence[str], kept: int, new: Sequence[str]) -> int:
    """Return how many of the new lines are already on the screen, if the first `kept` old lines stay there.

    Usually `kept`. But new text may have changed these lines, or they are rendered for another width now: the first
    needed line is then the first one with text that is not on the screen yet.
    """
    if kept == 0 or old[:kept] == new[:kept]:
        return kept
    known = "".join(map(_signs, old[:kept]))
    ends = list(accumulate((len(_signs(line)) for line in new), initial=0))
    place = len(known) if "".join(map(_signs, new)).startswith(known) else _known_length(old, kept, new, ends, known)
    if kept < len(ends) and ends[kept] == place:
        return kept
    line = bisect_left(ends, place)
    return line if line < len(ends) and ends[line] == place else bisect_right(ends, place) - 1


def _known_length(old: Sequence[str], kept: int, new: Sequence[str], ends: Sequence[int], known: str) -> int:
    """Return how many characters of the new lines are in the old lines that stay."""
    start = min(_count_same(old, new), kept)
    start_old = max(start, kept - _COMPARED_LINES)
    start_new = max(start, min(kept, len(new)) - 2 * _COMPARED_LINES)
    before, after = _words(old[start_old:kept]), _words(new[start_new : kept + 2 * _COMPARED_LINES])
    stay = len(before)
    before += _words(old[kept : kept + _COMPARED_LINES])
    count = 0
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        if block.a < stay:
            count = block.b + min(block.size, stay - block.a)
    unknown = (place for place, word in enumerate(after[:count]) if word not in known)
    return ends[start_new] + sum(map(len, after[: next(unknown, count)]))


def visible(line: str) -> str:
    """Return a painted line without its styles."""
    return _STYLE.sub("", line)


def _words(lines: Sequence[str]) -> list[str]:
    return [word for line in lines for word in visible(line).translate(_LINE).split()]


def _signs(line: str) -> str:
    return "".join(_words([line]))


def _count_same(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((place for place, (before, after) in enumerate(pairs) if before != after), min(len(old), len(new)))


def _more(old: str, new: str) -> str | None:
    """Return the text that extends an old line to the new one; None if the old text has to change.

    The latter includes a character that combines with the last one.
    """
    place = len(os.path.commonprefix([old, new]))
    for style in _STYLE.finditer(new):
        if style.start() < place < style.end():
            place = style.start()
    kept, more = new[:place], new[place:]
    if visible(kept) != visible(old) or cell_len(visible(new)) != cell_len(visible(kept)) + cell_len(visible(more)):
        return None
    _, _, styled = kept.rpartition(_PLAIN)
    return "".join(_STYLE.findall(styled)) + more


def _rows(line: str, width: int) -> int:
    return max(1, -(-cell_len(visible(line)) // max(width, 1)))
