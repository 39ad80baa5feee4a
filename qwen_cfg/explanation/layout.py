"""Places texts in the columns of a screen. Lines break between words, and a word is never cut."""

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
    """An indented text. A long line is wrapped, and its continuation is indented by `hanging` more columns.

    A word that is wider than the screen, such as a URL, has a line of its own.
    """

    def __init__(self, text: Text, indent: int = 0, *, hanging: int = 0) -> None:
        self._text = text
        self._indent = indent
        self._hanging = hanging

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        del console
        for paragraph in self._text.split("\n", allow_blank=True):
            for number, line in enumerate(_wrap(paragraph, options.max_width - self._indent, self._hanging)):
                shown = Text(" " * (self._indent + (self._hanging if number else 0)), no_wrap=True, overflow="ignore")
                yield shown.append_text(line)


def grid(rows: Sequence[Sequence[Text]], width: int, *, uncut: Sequence[int] = (0,)) -> Table | None:
    """Return a table that cuts no word, and no cell of the `uncut` columns; None if it does not fit."""
    widths = column_widths(rows, width, uncut)
    if widths is None:
        return None
    table = Table.grid(padding=(0, GAP, 0, 0))
    for each in widths:
        table.add_column(overflow="fold", width=each)
    for row in rows:
        table.add_row(*row)
    return table


def stack_cells(rows: Sequence[Sequence[Text]]) -> list[RenderableType]:
    """Return the cells of each row below each other, each indented further, without empty cells."""
    first = rows[0][0].plain if rows else ""
    indent = len(first) - len(first.lstrip(" "))
    return [Lines(cell, indent * bool(place) + 2 * place) for row in rows for place, cell in enumerate(row) if cell]


def with_path(head: Text, path: Text, width: int) -> list[RenderableType]:
    """Return a path after a text, or on a line of its own if it does not fit. The path is never broken."""
    line = head + Text("  ") + path
    if line.cell_len <= width:
        return [line]
    return [Lines(head), unbroken(Text(" " * 4) + path)]


def unbroken(text: Text) -> Text:
    """Return a text that is never wrapped."""
    text.no_wrap, text.overflow = True, "ignore"
    return text


def longest_word(text: Text) -> int:
    """Return the width of the longest word, in columns."""
    return max(map(cell_len, text.plain.split()), default=0)


def column_widths(rows: Sequence[Sequence[Text]], width: int, uncut: Sequence[int] = (0,)) -> list[int] | None:
    """Return the widths of the columns of a table that cuts no word; None if it does not fit."""
    columns = list(zip(*rows, strict=True))
    whole = [max(line.cell_len for text in column for line in text.split("\n")) for column in columns]
    least = [whole[place] if place in uncut else max(map(longest_word, column)) for place, column in enumerate(columns)]
    room = width - GAP * (len(columns) - 1) - sum(least)
    if room < 0:
        return None
    widths = list(least)
    # The columns that need the least room come first, so that the others share the rest.
    order = sorted(range(len(columns)), key=lambda place: whole[place] - least[place])
    for number, place in enumerate(order):
        extra = min(whole[place] - least[place], room // (len(order) - number))
        widths[place] += extra
        room -= extra
    return [max(each, 1) for each in widths]


def _wrap(line: Text, width: int, hanging: int) -> Iterator[Text]:
    """Yield the lines that a line is broken into."""
    leading = len(line.plain) - len(line.plain.lstrip())
    offsets, used, start = [], leading, leading
    for word in _WORD.finditer(line.plain):
        if used > start and used + cell_len(word.group().rstrip()) > width:
            offsets.append(word.start())
            used = start = hanging
        used += cell_len(word.group())
    for part in line.divide(offsets):
        part.rstrip()
        yield part
