"""Renders text, Markdown and tables as lines for a terminal of some width."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from qwen_schema.records import record, replace

from .markdown import THEME, Block
from .redraw import visible
from .safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

_NARROWEST = 4


@record
class Painter:
    """Renders for a terminal of a width in columns; with `escapes`, uses styles, and with `color` colours."""

    width: int
    escapes: bool
    color: bool

    def narrower(self, columns: int) -> Painter:
        """Return a painter for a width that is smaller by some columns."""
        return replace(self, width=self.width - columns)

    def text(self, text: str, style: str = "") -> list[str]:
        """Return the lines of a text, wrapped at words."""
        return self._paint(Text(safe(text), style=style, overflow="fold"))

    def markdown(self, text: str) -> list[str]:
        """Return the lines of a piece of Markdown, without blank lines around it."""
        clean = safe(text)
        try:
            lines = self._paint(Block(clean))
        except Exception:
            lines = self._paint(Text(clean, overflow="fold"))
        return _strip(lines)

    def table(self, rows: Sequence[Sequence[str]], *, header: bool = False) -> list[str]:
        """Return the lines of a table. The first column is emphasized; with `header`, the first row is, too."""
        table = Table.grid(padding=(0, 2))
        for place in range(len(rows[0])):
            table.add_column(style="" if place else "bold", overflow="fold")
        for number, row in enumerate(rows):
            table.add_row(*(Text(safe(cell)) for cell in row), style="bold" if header and number == 0 else None)
        return self._paint(table)

    def _paint(self, renderable: RenderableType) -> list[str]:
        canvas = StringIO()
        console = Console(
            file=canvas,
            width=max(self.width, _NARROWEST),
            height=100,
            force_terminal=self.escapes,
            # The sixteen colours that a terminal defines itself.
            color_system="standard" if self.escapes else None,
            no_color=not self.color,
            theme=THEME,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        console.print(renderable)
        return [line.rstrip(" ") for line in canvas.getvalue().split("\n")[:-1]]


def _strip(lines: list[str]) -> list[str]:
    """Return lines without blank lines at the beginning and the end."""
    filled = [place for place, line in enumerate(lines) if visible(line).strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []
