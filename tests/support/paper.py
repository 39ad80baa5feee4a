"""A terminal without a process: it receives the runtime's output, and shows the screen."""

from __future__ import annotations

import pyte

from qwen_runtime.terminal.device import Terminal
from qwen_runtime.terminal.screen import Screen

from .screen_text import ScreenText


class Paper:
    """Receives output, and shows it like a terminal."""

    is_terminal = True
    is_gone = False
    progress_columns = 0

    def __init__(self, width: int = 30, height: int = 8) -> None:
        self.width, self.height = width, height
        self.writes: list[str] = []
        self.screen = pyte.HistoryScreen(width, height, history=10_000, ratio=0.5)
        self.screen.set_mode(pyte.modes.LNM)
        self.stream = pyte.Stream(self.screen)
        self._read = ScreenText(self.screen)

    def text(self, text: str, *, verbatim: bool = False) -> None:
        assert verbatim
        self.writes.append(text)
        self.stream.feed(text)

    def data(self, document: object, *, indent: int | None = 2) -> None:
        raise AssertionError

    def notice(self, text: str) -> None:
        raise AssertionError

    def progress(self, line: str) -> None:
        raise AssertionError

    @property
    def output(self) -> str:
        return "".join(self.writes)

    @property
    def lines(self) -> list[str]:
        return self._read.lines


def screen_on(paper: Paper, *, dumb: bool = False, color: bool = True) -> Screen:
    return Screen(paper, Terminal(dumb, color, None))
