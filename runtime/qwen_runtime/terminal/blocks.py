"""Splits a Markdown text that is still arriving into its finished blocks and the rest."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from markdown_it import MarkdownIt

from qwen_schema import patterns as re

if TYPE_CHECKING:
    from collections.abc import Iterator

# The line ends of CommonMark 0.31 §2.1.
_LINE_END = re.compile(r"\r\n?|\n")


class Splitter(Protocol):
    """Splits a text that arrives in pieces into finished parts and the rest."""

    rest: str

    def add(self, piece: str) -> list[str]:
        """Add a piece, and return the parts that are now finished."""


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables and strikethrough, without loss of text.

    HTML is read as text, since a terminal cannot render it, and so are link reference definitions: they would change a
    block that is already printed.
    """
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    return parser.enable(["strikethrough", "table"]).disable("reference")


class Blocks:
    """Splits a text into Markdown blocks. The finished blocks and the rest together are the text."""

    def __init__(self) -> None:
        self.rest = ""
        self._parser = _block_parser()

    def add(self, piece: str) -> list[str]:
        """Add a piece, and return the blocks that are now finished, which later text cannot change."""
        self.rest += piece
        if "\n" not in piece:
            return []
        # An incomplete line may still become anything; a block is open until the next block begins.
        complete = self.rest[: self.rest.rfind("\n") + 1]
        places = [_offset(complete, line) for line in self._beginnings(complete)]
        cuts = [0, *places[1:]]
        finished = [self.rest[start:end] for start, end in pairwise(cuts)]
        self.rest = self.rest[cuts[-1] :]
        return finished

    def _beginnings(self, text: str) -> list[int]:
        """Return the numbers of the lines where a block begins."""
        tokens = self._parser.parse(text)
        return [token.map[0] for token in tokens if token.level == 0 and token.nesting >= 0 and token.map]


class Lines:
    """Splits a text into lines; finished lines are returned as one part."""

    def __init__(self) -> None:
        self.rest = ""

    def add(self, piece: str) -> list[str]:
        """Add a piece, and return the lines that are now finished."""
        finished, end, self.rest = (self.rest + piece).rpartition("\n")
        return [finished + end] if end else []


@cache
def _block_parser() -> MarkdownIt:
    """Return a parser that finds blocks without parsing their content."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    parser.enable(["strikethrough", "table"]).disable("reference")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _offset(text: str, line: int) -> int:
    """Return the position where a line begins."""
    return 0 if line == 0 else _nth_end(_LINE_END.finditer(text), line)


def _nth_end(ends: Iterator[re.Match[str]], count: int) -> int:
    for number, end in enumerate(ends, start=1):
        if number == count:
            return end.end()
    raise AssertionError(count)
