"""Lays texts out in the columns of a screen: lines end between words, and a word longer than a line is never cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

# The columns between two columns of a table.
GAP = 2

# Below this width, cells of a row are below each other instead of side by side.
SIDE_BY_SIDE_WIDTH = 72

_WORD = re.compile(r"\S+\s*")


class Lines:
    """A text, indented; a long line is wrapped, and goes on `hanging` columns further in.

    A word that is longer than the screen is wide, such as a URL, has an over-long line of its own.
    """

    def __init__(self, text: Text, indent: int = 0, *, hanging: int = 0) -> None:
        self._text = text
        self._indent = indent
        self._hanging = hanging

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines as they are to stand."""
        del console
        for paragraph in self._text.split("\n", allow_blank=True):
            for number, line in enumerate(_wrapped(paragraph, options.max_width - self._indent, self._hanging)):
                shown = Text(" " * (self._indent + (self._hanging if number else 0)), no_wrap=True, overflow="ignore")
                yield shown.append_text(line)


def grid(rows: Sequence[Sequence[Text]], width: int, *, uncut: Sequence[int] = (0,)) -> Table | None:
    """Return a table in which no word is cut, and no cell of `uncut` columns; None if there is no room for it."""
    widths = column_widths(rows, width, uncut)
    if widths is None:
        return None
    table = Table.grid(padding=(0, GAP, 0, 0))
    for each in widths:
        table.add_column(overflow="fold", width=each)
    for row in rows:
        table.add_row(*row)
    return table


def stacked(rows: Sequence[Sequence[Text]]) -> list[RenderableType]:
    """Return the cells of rows below each other, each indented further; empty ones are left out."""
    first = rows[0][0].plain if rows else ""
    begin = len(first) - len(first.lstrip(" "))
    return [Lines(cell, begin * bool(place) + 2 * place) for row in rows for place, cell in enumerate(row) if cell]


def with_path(head: Text, path: Text, width: int) -> list[RenderableType]:
    """Return a path after a text, or on a line of its own where there is no room. It is not broken at its blanks."""
    line = head + Text("  ") + path
    if line.cell_len <= width:
        return [line]
    return [Lines(head), unbroken(Text(" " * 4) + path)]


def unbroken(text: Text) -> Text:
    """Return a text that stays one line, however long."""
    text.no_wrap, text.overflow = True, "ignore"
    return text


def longest_word(text: Text) -> int:
    """Return the columns that the longest word takes."""
    return max(map(cell_len, text.plain.split()), default=0)


def column_widths(rows: Sequence[Sequence[Text]], width: int, uncut: Sequence[int] = (0,)) -> list[int] | None:
    """Return the widths of the columns of a table in which no word is cut; None if there is no room for it."""
    columns = list(zip(*rows, strict=True))
    whole = [max(line.cell_len for text in column for line in text.split("\n")) for column in columns]
    least = [whole[place] if place in uncut else max(map(longest_word, column)) for place, column in enumerate(columns)]
    room = width - GAP * (len(columns) - 1) - sum(least)
    if room < 0:
        return None
    widths = list(least)
    # Those that need the least get it first, so that what is left is shared by the others.
    order = sorted(range(len(columns)), key=lambda place: whole[place] - least[place])
    for number, place in enumerate(order):
        extra = min(whole[place] - least[place], room // (len(order) - number))
        widths[place] += extra
        room -= extra
    return [max(each, 1) for each in widths]


def _wrapped(line: Text, width: int, hanging: int) -> Iterator[Text]:
    """Yield a line in as many lines as it needs."""
    leading = len(line.plain) - len(line.plain.lstrip())
    offsets, used, begun = [], leading, leading
    for word in _WORD.finditer(line.plain):
        if used > begun and used + cell_len(word.group().rstrip()) > width:
            offsets.append(word.start())
            used = begun = hanging
        used += cell_len(word.group())
    for part in line.divide(offsets):
        part.rstrip()
        yield part
