"""Writes to the terminal, without secrets and control characters; each change is one write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema import printable

from .device import size
from .painter import Painter
from .redraw import fits, overflow, redraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_runtime.output import Output
    from qwen_schema import QwenCfgError

    from .device import Terminal

Style = Literal["", "bold", "dim", "red"]


class Screen:
    """Writes permanent lines, and below them lines that still change."""

    def __init__(self, output: Output, terminal: Terminal) -> None:
        self._output = output
        self._terminal = terminal
        self._live: list[str] = []
        self._drawn_for = 0

    @property
    def is_dumb(self) -> bool:
        """Whether the terminal understands no escape sequences."""
        return self._terminal.dumb

    @property
    def is_gone(self) -> bool:
        """Whether the terminal is gone, so that nothing more is written."""
        return self._output.is_gone

    @property
    def painter(self) -> Painter:
        """The painter for the current width of the terminal."""
        return Painter(size().columns, escapes=not self._terminal.dumb, color=self._terminal.color)

    def say(self, text: str, style: Style = "") -> None:
        """Write permanent lines."""
        self.settle(self.painter.text(text, style))

    def table(self, rows: Sequence[Sequence[str]], *, header: bool = False) -> None:
        """Write a permanent table."""
        self.settle(self.painter.table(rows, header=header))

    def error(self, error: QwenCfgError) -> None:
        """Write an error: the problem, the place and the hint."""
        painter = self.painter
        narrower = painter.narrower(2)
        more = [line for text in (error.where, error.hint) if text for line in narrower.text(printable(text))]
        lines = (error.what,) if error.where else error.lines
        what = [line for text in lines for line in painter.text(printable(text), "red")]
        self.settle([*what, *(f"  {line}" for line in more)])

    def settle(self, lines: Sequence[str], live: Sequence[str] = ()) -> int:
        """Replace the lines that changed by rendered lines: first permanent ones, then ones that may change.

        The changing lines may be higher than the screen; those that do not fit become permanent, and their number is
        returned.
        """
        self.leave_narrowed()
        columns, height = size()
        stay = overflow(live, columns, height)
        # Without changing lines, the cursor moves to the beginning of a new line, after the present text.
        tail = live or ([""] if lines else [])
        self._write(redraw(self._live, [*lines, *tail], columns))
        self._live = list(live[stay:])
        self._drawn_for = columns
        return stay

    def leave_narrowed(self) -> bool:
        """Make the changing lines permanent if their rows are unknown, because the terminal became narrower.

        Some terminals wrap the lines again then, and some cut them.
        """
        columns = size().columns
        if not self._live or columns >= self._drawn_for or fits(self._live, columns):
            return False
        self._live = []
        self._write("\n")
        return True

    def piece(self, text: str) -> None:
        """Write a piece of a text that continues, on a terminal that cannot redraw lines.

        The piece must already be safe: pieces of a text cannot be made safe one by one.
        """
        self._write(text)

    def _write(self, text: str) -> None:
        if text:
            self._output.text(text, verbatim=True)
