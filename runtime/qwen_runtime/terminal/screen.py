"""The one way to the terminal: nothing secret and nothing that steers it gets through, and one write is one change."""

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
    """Writes lines that stay, and below them lines that still change."""

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
        """Whether nobody sees any more what is written."""
        return self._output.is_gone

    @property
    def painter(self) -> Painter:
        """What paints for the terminal as wide as it is now."""
        return Painter(size().columns, escapes=not self._terminal.dumb, color=self._terminal.color)

    def say(self, text: str, style: Style = "") -> None:
        """Write lines that stay."""
        self.settle(self.painter.text(text, style))

    def table(self, rows: Sequence[Sequence[str]], *, header: bool = False) -> None:
        """Write a table that stays."""
        self.settle(self.painter.table(rows, header=header))

    def error(self, error: QwenCfgError) -> None:
        """Write what is wrong, where, and what to do."""
        painter = self.painter
        narrower = painter.narrower(2)
        more = [line for text in (error.where, error.hint) if text for line in narrower.text(printable(text))]
        said = (error.what,) if error.where else error.lines
        what = [line for text in said for line in painter.text(printable(text), "red")]
        self.settle([*what, *(f"  {line}" for line in more)])

    def settle(self, lines: Sequence[str], live: Sequence[str] = ()) -> int:
        """Put painted lines in the place of those that changed: some that stay, and then some that change.

        What changes may be higher than the screen. What does not fit stays then, and the number of these lines is
        returned.
        """
        self.leave_narrowed()
        columns, height = size()
        stay = overflow(live, columns, height)
        # With nothing that changes, the cursor goes to the beginning of a new line, after whatever stands there now.
        tail = live or ([""] if lines else [])
        self._write(redraw(self._live, [*lines, *tail], columns))
        self._live = list(live[stay:])
        self._drawn_for = columns
        return stay

    def leave_narrowed(self) -> bool:
        """Let stay what changes, if nobody knows which rows it takes since the terminal became narrower.

        Some terminals break the lines anew then, and some cut them.
        """
        columns = size().columns
        if not self._live or columns >= self._drawn_for or fits(self._live, columns):
            return False
        self._live = []
        self._write("\n")
        return True

    def piece(self, text: str) -> None:
        """Write a piece of a text that goes on, on a terminal where nothing can be changed afterwards.

        It must be safe already, which pieces of a text cannot be made one by one.
        """
        self._write(text)

    def _write(self, text: str) -> None:
        if text:
            self._output.text(text, verbatim=True)
