"""What a screen is made of: texts with styles, tables, and groups of them; rich draws them, and so does `plain.py`.

The texts behave as those of rich, which takes longer to load than most commands run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    Part: TypeAlias = "Text | Table | Group | Lines"

# The columns between two columns of a table.
GAP = 2

# A character of one column that masked keys have in them.
_ELLIPSIS = "…"

_WORD = re.compile(r"\S+\s*")

# Where a style begins and ends in a text, and its name.
Span = tuple[int, int, str]


class Text:
    """A text with a style, and with further styles in parts of it. With `is_unbroken`, it stays one line."""

    __slots__ = ("is_unbroken", "plain", "spans", "style")

    def __init__(self, plain: str = "", style: str = "", *, is_unbroken: bool = False) -> None:
        self.plain = plain
        self.style = style
        self.spans: list[Span] = []
        self.is_unbroken = is_unbroken

    @property
    def cell_len(self) -> int:
        """The columns that the text takes in one line."""
        return cell_len(self.plain)

    def __bool__(self) -> bool:
        return bool(self.plain)

    def __add__(self, other: Text) -> Text:
        return self._part(0, len(self.plain)).append_text(other)

    def append(self, plain: str, style: str = "") -> Text:
        """Add a text with a style of its own at the end."""
        return self.append_text(Text(plain, style))

    def append_text(self, other: Text) -> Text:
        """Add a text with its styles at the end; the style of the whole applies to it too."""
        start = len(self.plain)
        if not other.plain:
            return self
        if other.style:
            self.spans.append((start, start + len(other.plain), other.style))
        self.spans += [(start + begin, start + end, style) for begin, end, style in other.spans]
        self.plain += other.plain
        return self

    def stylize(self, style: str) -> None:
        """Add a style to all of the text."""
        if self.plain:
            self.spans.append((0, len(self.plain), style))

    def lines(self) -> Iterator[Text]:
        """Yield the text between line ends."""
        start = 0
        for line in self.plain.split("\n"):
            yield self._part(start, start + len(line))
            start += len(line) + 1

    def wrap(self, width: int, hanging: int = 0) -> Iterator[Text]:
        """Yield a line in as many lines as it needs; no word is cut."""
        leading = len(self.plain) - len(self.plain.lstrip())
        offsets, used, begun = [0], leading, leading
        for word in _WORD.finditer(self.plain):
            if used > begun and used + cell_len(word.group().rstrip()) > width:
                offsets.append(word.start())
                used = begun = hanging
            used += cell_len(word.group())
        for start, end in zip(offsets, (*offsets[1:], len(self.plain)), strict=True):
            yield self._part(start, start + len(self.plain[start:end].rstrip()))

    def _part(self, start: int, end: int) -> Text:
        part = Text(self.plain[start:end], self.style)
        cut = ((max(begin, start) - start, min(stop, end) - start, style) for begin, stop, style in self.spans)
        part.spans = [(begin, stop, style) for begin, stop, style in cut if stop > begin]
        return part

    def as_rich(self) -> RichText:
        """Return the text for rich."""
        from rich.text import Span as RichSpan  # noqa: PLC0415 - slow to load
        from rich.text import Text as RichText  # noqa: PLC0415

        unbroken: dict[str, object] = {"no_wrap": True, "overflow": "ignore"} if self.is_unbroken else {}
        spans = [RichSpan(*span) for span in self.spans]
        return RichText(self.plain, self.style, spans=spans, **unbroken)  # type: ignore[arg-type]

    def __rich_console__(self, _: Console, __: ConsoleOptions) -> RenderResult:
        yield self.as_rich()


class Lines:
    """A text, indented; a long line is wrapped, and goes on `hanging` columns further in.

    A word that is longer than the screen is wide, such as a URL, has an over-long line of its own.
    """

    def __init__(self, text: Text, indent: int = 0, *, hanging: int = 0) -> None:
        self._text = text
        self._indent = indent
        self._hanging = hanging

    def at(self, width: int) -> Iterator[Text]:
        """Yield the lines as they are to stand on a screen of a width."""
        for paragraph in self._text.lines():
            for number, line in enumerate(paragraph.wrap(width - self._indent, self._hanging)):
                shown = Text(" " * (self._indent + (self._hanging if number else 0)), is_unbroken=True)
                yield shown.append_text(line)

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        yield from self.at(options.max_width)


class Table:
    """Texts in columns; a width of None is that of the longest line. Headings are dim."""

    def __init__(self, widths: Sequence[int | None], headings: Sequence[str] = ()) -> None:
        self.widths = tuple(widths)
        self.headings = tuple(headings)
        self.rows: list[Sequence[Text]] = []

    def add_row(self, *cells: Text) -> None:
        """Add a row at the end."""
        self.rows.append(cells)

    def _as_rich(self) -> RichTable:
        from rich.table import Table as RichTable  # noqa: PLC0415 - slow to load

        table = RichTable(
            box=None,
            pad_edge=False,
            padding=(0, GAP, 0, 0),
            header_style="dim",
            show_header=bool(self.headings),
            collapse_padding=not self.headings,
        )
        for width, heading in zip(self.widths, self.headings or ("",) * len(self.widths), strict=True):
            if width is None:
                table.add_column(heading, no_wrap=True)
            else:
                table.add_column(heading, overflow="fold", width=width)
        for row in self.rows:
            table.add_row(*(cell.as_rich() for cell in row))
        return table

    def __rich_console__(self, _: Console, __: ConsoleOptions) -> RenderResult:
        yield self._as_rich()


class Group:
    """Parts below each other."""

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    def __rich_console__(self, _: Console, __: ConsoleOptions) -> RenderResult:
        yield from self.parts


def cell_len(text: str) -> int:
    """Return the columns that a text takes in one line."""
    if is_narrow(text):
        return len(text)
    from rich.cells import cell_len as columns_of  # noqa: PLC0415 - few texts have wide characters

    return columns_of(text)


def is_narrow(text: str) -> bool:
    """Return whether each character of a text surely takes one column: other characters are looked up."""
    return text.isascii() or text.replace(_ELLIPSIS, "").isascii()
