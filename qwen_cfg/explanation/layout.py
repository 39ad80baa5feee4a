"""Places texts in the columns of a screen. Lines break between words, and a word is never cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .styled import GAP, Lines, Table, Text, cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .styled import Part

# Below this width, cells of a row are below each other instead of side by side.
SIDE_BY_SIDE_WIDTH = 72


def grid(rows: Sequence[Sequence[Text]], width: int, *, uncut: Sequence[int] = (0,)) -> Table | None:
    """Return a table that cuts no word, and no cell of the `uncut` columns; None if it does not fit."""
    widths = column_widths(rows, width, uncut)
    if widths is None:
        return None
    table = Table(widths)
    for row in rows:
        table.add_row(*row)
    return table


def stack_cells(rows: Sequence[Sequence[Text]]) -> list[Part]:
    """Return the cells of each row below each other, each indented further, without empty cells."""
    first = rows[0][0].plain if rows else ""
    indent = len(first) - len(first.lstrip(" "))
    return [Lines(cell, indent * bool(place) + 2 * place) for row in rows for place, cell in enumerate(row) if cell]


def with_path(head: Text, path: Text, width: int) -> list[Part]:
    """Return a path after a text, or on a line of its own if it does not fit. The path is never broken."""
    line = head + Text("  ") + path
    if line.cell_len <= width:
        return [line]
    return [Lines(head), unbroken(Text(" " * 4) + path)]


def unbroken(text: Text) -> Text:
    """Return a text that is never wrapped."""
    text.is_unbroken = True
    return text


def longest_word(text: Text) -> int:
    """Return the width of the longest word, in columns."""
    return max(map(cell_len, text.plain.split()), default=0)


def column_widths(rows: Sequence[Sequence[Text]], width: int, uncut: Sequence[int] = (0,)) -> list[int] | None:
    """Return the widths of the columns of a table that cuts no word; None if it does not fit."""
    columns = list(zip(*rows, strict=True))
    whole = [max(line.cell_len for text in column for line in text.lines()) for column in columns]
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
