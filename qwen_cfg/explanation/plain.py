"""Draws a screen without colours, as rich does."""

from __future__ import annotations

import re
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from .styled import GAP, Group, Lines, Table, Text, cell_len, is_narrow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .styled import Part

_WORD = re.compile(r"\s*\S+\s*")


class _NotPlainError(Exception):
    """A text has characters whose width has to be looked up, or a table is too wide."""


def plain_text(screen: Part, width: int) -> str | None:
    """Return the lines of a screen of so many columns; None where rich has to draw it."""
    try:
        return "".join(f"{line}\n" for line in _draw(screen, width))
    except _NotPlainError:
        return None


def _draw(part: Part, width: int) -> Iterator[str]:
    match part:
        case Text():
            yield from _lines_of(part, width)
        case Lines():
            for text in part.at(width):
                yield from _lines_of(text, width)
        case Table():
            yield from _rows_of(part, width)
        case Group():
            for inner in part.parts:
                yield from _draw(inner, width)


def _lines_of(text: Text, width: int) -> Iterator[str]:
    for line in text.plain.split("\n"):
        if not line.isprintable() or not is_narrow(line):
            raise _NotPlainError
        if text.is_unbroken:
            yield line
            continue
        for start, end in pairwise([0, *_breaks(line, width), len(line)]):
            yield line[start:end][:width]


def _breaks(line: str, width: int) -> Iterator[int]:
    """Yield where a line is broken: between words, and within a word that is longer than a line."""
    used = 0
    for word in _WORD.finditer(line):
        start, length = word.start(), len(word.group().rstrip())
        if length <= width - used:
            used += len(word.group())
        elif length > width:
            ends = range(0, len(word.group()), width)
            yield from (start + end for end in ends if start + end)
            used = len(word.group()) - ends[-1]
        elif used and start:
            yield start
            used = len(word.group())


def _rows_of(table: Table, width: int) -> Iterator[str]:
    if not table.widths:
        # A table without columns is an empty line.
        yield ""
        return
    head = [tuple(map(Text, table.headings))] if table.headings else []
    rows: list[Sequence[Text]] = [*head, *table.rows]
    widths = [_longest(row[at] for row in rows) if each is None else each for at, each in enumerate(table.widths)]
    if sum(widths) + GAP * (len(widths) - 1) > width:
        raise _NotPlainError
    for row in rows:
        cells = [_lines_of(cell, each) for cell, each in zip(row, widths, strict=True)]
        for lines in zip_longest(*cells, fillvalue=""):
            yield (" " * GAP).join(line.ljust(each) for line, each in zip(lines, widths, strict=True))


def _longest(texts: Iterator[Text]) -> int:
    return max((cell_len(line) for text in texts for line in text.plain.splitlines()), default=0)
