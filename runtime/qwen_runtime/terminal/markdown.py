"""Renders Markdown for a terminal: text that can be copied, links with URLs, code in the terminal's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it.token import Token
from rich.markdown import CodeBlock, Heading, Markdown, TableElement
from rich.syntax import Syntax
from rich.table import Table
from rich.theme import Theme

from .blocks import markdown_parser
from .safe_text import without_steering

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import ClassVar

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import MarkdownElement

# Only the named colours of a terminal, so that they fit its background.
THEME = Theme(
    {
        "markdown.code": "bold cyan",
        "markdown.h1": "bold underline",
        "markdown.h2": "bold underline",
        "markdown.h3": "bold",
        "markdown.h4": "bold",
        "markdown.h5": "bold italic",
        "markdown.h6": "italic",
        "markdown.block_quote": "italic",
        "markdown.item.bullet": "bold",
        "markdown.item.number": "bold",
        "markdown.hr": "dim",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
    }
)


class _Heading(Heading):
    """A heading at the left."""

    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _Code(CodeBlock):
    """Code without a margin, so that it can be copied unchanged, on the terminal's own background."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Syntax(str(self.text).rstrip("\n"), self.lexer_name, theme="ansi_dark", word_wrap=True)


class _Table(TableElement):
    """A table whose long words are folded, not cut."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                for column in table.columns:
                    column.overflow = "fold"
            yield table


class Block(Markdown):
    """A piece of Markdown to render."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "table_open": _Table,
    }

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        self.markup = text
        self.parsed = markdown_parser().parse(text)
        for token in self.parsed:
            token.info = without_steering(token.info)
            if token.children is not None:
                token.children = list(_as_text(token.children))


def _as_text(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield inline tokens with links and images as text, and with the model's own line ends."""
    links: list[tuple[str, list[str]]] = []
    for token in tokens:
        match token.type:
            case "softbreak":
                yield Token("hardbreak", "br", 0)
            case "link_open":
                links.append((str(token.attrs.get("href", "")), []))
            case "link_close":
                url, label = links.pop()
                yield _text("" if "".join(label) == url else f" ({url})")
            case "image":
                yield _text(f"{token.content} ({token.attrs.get('src', '')})")
            case _:
                # An entity (`&#x202e;`) may encode a character that is not allowed otherwise.
                token.content = without_steering(token.content)
                for _, label in links:
                    label.append(token.content)
                yield token


def _text(content: str) -> Token:
    return Token("text", "", 0, content=without_steering(content))
