"""Splits a Markdown text that is still coming into the blocks that are finished, and the rest."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from markdown_it import MarkdownIt

from qwen_schema import patterns as re

if TYPE_CHECKING:
    from collections.abc import Iterator

# What ends a line in CommonMark 0.31 §2.1.
_LINE_END = re.compile(r"\r\n?|\n")


class Splitter(Protocol):
    """A text that comes in pieces, of which the beginning is finished at some time."""

    rest: str

    def add(self, piece: str) -> list[str]:
        """Take a piece, and return the parts that are finished now."""


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables and strikethrough, in which nothing disappears.

    HTML is text here, since a terminal renders none. So are link reference definitions: a block that has been printed
    does not change when one comes later.
    """
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    return parser.enable(["strikethrough", "table"]).disable("reference")


class Blocks:
    """Splits into Markdown blocks. The finished ones and the rest are the text, in this order."""

    def __init__(self) -> None:
        self.rest = ""
        self._parser = _block_parser()

    def add(self, piece: str) -> list[str]:
        """Take a piece, and return the blocks that are finished now: nothing that comes later changes them."""
        self.rest += piece
        if "\n" not in piece:
            return []
        # A line that is not at its end may still become anything; a block is open until another one begins.
        complete = self.rest[: self.rest.rfind("\n") + 1]
        places = [_offset(complete, line) for line in self._beginnings(complete)]
        cuts = [0, *places[1:]]
        finished = [self.rest[start:end] for start, end in pairwise(cuts)]
        self.rest = self.rest[cuts[-1] :]
        return finished

    def _beginnings(self, text: str) -> list[int]:
        """Return the lines at which a block begins."""
        tokens = self._parser.parse(text)
        return [token.map[0] for token in tokens if token.level == 0 and token.nesting >= 0 and token.map]


class Lines:
    """Splits into lines, of which the finished ones come together."""

    def __init__(self) -> None:
        self.rest = ""

    def add(self, piece: str) -> list[str]:
        """Take a piece, and return the lines that are finished now."""
        finished, end, self.rest = (self.rest + piece).rpartition("\n")
        return [finished + end] if end else []


@cache
def _block_parser() -> MarkdownIt:
    """Return a parser that finds the blocks and does not look into them."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    parser.enable(["strikethrough", "table"]).disable("reference")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _offset(text: str, line: int) -> int:
    """Return where a line begins."""
    return 0 if line == 0 else _nth_end(_LINE_END.finditer(text), line)


def _nth_end(ends: Iterator[re.Match[str]], count: int) -> int:
    for number, end in enumerate(ends, start=1):
        if number == count:
            return end.end()
    raise AssertionError(count)
