"""Renders an answer as Markdown while it arrives: finished parts are printed, and only the rest is drawn again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qwen_runtime.terminal.blocks import Blocks, Lines, Splitter
from qwen_runtime.terminal.redraw import unchanged_lines
from qwen_runtime.terminal.safe_text import without_steering
from qwen_runtime.terminal.waiting import waiting_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qwen_runtime.terminal.painter import Painter
    from qwen_runtime.terminal.screen import Screen

    from .view import Kind

# The line about a wait is updated every second.
_HELD_SECONDS = 1.5


@dataclass
class _Part:
    """A run of pieces of the same kind.

    `waiting` is text that is not processed yet; `painted` are the lines of the unfinished part, of which the first
    `kept` lines are above the area that is drawn again.
    """

    kind: Kind
    splitter: Splitter
    waiting: str = ""
    painted: list[str] = field(default_factory=list)
    kept: int = 0

    def paint(self, painter: Painter, text: str) -> list[str]:
        """Return the lines of a piece of this part."""
        if self.kind == "answer":
            return painter.markdown(text) if text.strip() else []
        lines = painter.narrower(2).text(text.removesuffix("\n"), "dim") if text else []
        return [f"  {line}".rstrip() for line in lines]

    def paint_finished(self, painter: Painter, stretches: Iterable[str]) -> list[str]:
        """Return the lines of finished pieces; a blank line follows each block of an answer."""
        gap = [""] if self.kind == "answer" else []
        painted = [self.paint(painter, stretch) for stretch in stretches]
        return [line for lines in painted if lines for line in [*lines, *gap]]


class LiveView:
    """Shows an answer on a terminal that can redraw lines."""

    def __init__(self, screen: Screen, waiting_for: str) -> None:
        self._screen = screen
        self._waiting_for = waiting_for
        self._start = time.monotonic()
        self._part: _Part | None = None
        self._frame = 0
        self._next_draw = 0.0
        self._held_until = 0.0

    def tick(self) -> None:
        """Turn the spinner, or draw a part that was delayed."""
        if self._part is not None:
            if self._part.waiting:
                self._draw(self._part)
            return
        if time.monotonic() < self._held_until:
            return
        painter = self._screen.painter
        line = waiting_text(self._waiting_for, time.monotonic() - self._start, self._frame, painter.width)
        self._frame += 1
        self._screen.settle([], live=painter.text(line, "dim")[:1])

    def add(self, kind: Kind, text: str) -> None:
        """Print the part that a piece finishes, and draw the rest."""
        part = self._part
        if part is None or part.kind != kind:
            # Many models begin with empty lines.
            text = text.lstrip("\n")
            if not text:
                return
            self.end()
            part = self._part = _Part(kind, Blocks() if kind == "answer" else Lines())
        part.waiting += text
        if time.monotonic() >= self._next_draw:
            self._draw(part)

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self.end()
        self._screen.say(text, "dim")

    def hold(self, text: str) -> None:
        """Show a line in place of the spinner."""
        self._held_until = time.monotonic() + _HELD_SECONDS
        self._screen.settle([], live=self._screen.painter.text(f"{text} (Ctrl-C stops)", "dim")[:1])

    def end(self) -> None:
        """Print the unfinished part."""
        part, self._part = self._part, None
        if part is None:
            self._screen.settle([])
            return
        finished = part.splitter.add(without_steering(part.waiting))
        lines = part.paint_finished(self._screen.painter, [*finished, part.splitter.rest])
        self._put(part, [*lines, *([""] if part.kind == "reasoning" else [])], [])

    def _draw(self, part: _Part) -> None:
        """Print the finished part, and draw the rest.

        A part that takes long to draw is drawn less often, so that the screen does not lag behind the answer.
        """
        began, painter = time.monotonic(), self._screen.painter
        waiting, part.waiting = part.waiting, ""
        lines = part.paint_finished(painter, part.splitter.add(without_steering(waiting)))
        self._put(part, lines, part.paint(painter, part.splitter.rest))
        ended = time.monotonic()
        self._next_draw = ended + (ended - began)

    def _put(self, part: _Part, finished: list[str], rest: list[str]) -> None:
        """Write lines below the kept lines of the unfinished part."""
        if self._screen.leave_narrowed():
            # The last line may end in the middle of a word.
            part.kept = max(part.kept, len(part.painted) - 1)
        kept = unchanged_lines(part.painted, part.kept, [*finished, *rest])
        open_from = max(kept - len(finished), 0)
        part.kept = open_from + self._screen.settle(finished[kept:], live=rest[open_from:])
        part.painted = rest
