"""Runs the real `qwen-cfg` in a pseudo-terminal, and returns what the user sees."""

from __future__ import annotations

import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pexpect
import pyte

from .process import PROGRAM, SECONDS, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .process import Desk

ROWS = 200


@dataclass(frozen=True)
class Seen:
    """The output to a terminal: the bytes, and the resulting lines of the screen."""

    code: int
    raw: bytes
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def see(
    desk: Desk, *argv: str | Path, width: int = 80, env: Mapping[str, str] | None = None, term: str = "xterm-256color"
) -> Seen:
    """Run one command line in a terminal of a given width."""
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *map(str, argv)],
        cwd=str(desk.cwd),
        env=clean_environment(desk.home, {"TERM": term, **(env or {})}),
        dimensions=(ROWS, width),
        timeout=SECONDS,
    )
    child.expect(pexpect.EOF)
    raw = child.before
    child.close()
    screen = pyte.Screen(width, ROWS)
    pyte.ByteStream(screen).feed(raw)
    return Seen(child.exitstatus, raw, tuple(line.rstrip() for line in screen.display if line.strip()))


class _Answering(pyte.HistoryScreen):
    """A screen that answers requests for the cursor's position, like a terminal."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], object]) -> None:
        super().__init__(columns, lines, history=10_000, ratio=0.5)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class Typing:
    """A user at a terminal with one running command: types, waits for output, and reads it."""

    def __init__(
        self,
        desk: Desk,
        *argv: str | Path,
        width: int = 80,
        height: int = 24,
        env: Mapping[str, str] | None = None,
        term: str = "xterm-256color",
    ) -> None:
        self.raw = b""
        self.settings_left: list[Any] = []
        self._child = pexpect.spawn(
            PROGRAM[0],
            [*PROGRAM[1:], *map(str, argv)],
            cwd=str(desk.cwd),
            env=clean_environment(desk.home, {"TERM": term, **(env or {})}),
            dimensions=(height, width),
            timeout=SECONDS,
        )
        self._child.delaybeforesend = None
        self._screen = _Answering(width, height, self._child.send)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> Typing:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    @property
    def lines(self) -> list[str]:
        """The current lines of the screen, without empty lines at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip("\n").split("\n")

    @property
    def text(self) -> str:
        """All lines, including those that scrolled off."""
        width = self._screen.columns
        above = ("".join(row[place].data for place in range(width)).rstrip() for row in self._screen.history.top)
        return "\n".join([*above, *self.lines])

    def type(self, text: str) -> Typing:
        """Press keys; what is sent is what a terminal sends for them."""
        return self.type_bytes(text.encode())

    def type_bytes(self, data: bytes) -> Typing:
        """Press keys, some of which a terminal may send that is not of UTF-8."""
        self._child.send(data)
        return self

    def resize(self, width: int, height: int) -> Typing:
        """Change the size of the window."""
        self._child.setwinsize(height, width)
        self._screen.resize(height, width)
        return self

    def until(self, *wanted: str) -> str:
        """Wait until all of these texts are visible, one after the other; return the visible text."""
        return self.when(lambda: follow_each_other(self.text, wanted), f"{wanted} never came")

    def when(self, seen: Callable[[], object], otherwise: str) -> str:
        """Wait until a condition on the visible text is true."""
        deadline = time.monotonic() + SECONDS
        while not seen():
            assert time.monotonic() < deadline, f"{otherwise}:\n{self.text}"
            assert self._read(), f"it ended, and {otherwise}:\n{self.text}"
        return self.text

    def signal(self, number: int) -> None:
        """Send a signal to the command."""
        self._child.kill(number)

    @property
    def settings(self) -> list[Any]:
        """The terminal's settings for typed text."""
        return termios.tcgetattr(self._child.child_fd)

    def ended(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        while self._read():
            pass
        self.settings_left = self.settings
        self._child.close()
        return int(self._child.exitstatus)

    def _read(self) -> bool:
        """Read the output, if there is any; return whether the command still runs."""
        try:
            data = self._child.read_nonblocking(65536, timeout=0.1)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True


def follow_each_other(text: str, wanted: Sequence[str]) -> bool:
    """Return whether a text contains all of these, one after the other."""
    place = 0
    for each in wanted:
        place = text.find(each, place)
        if place < 0:
            return False
        place += len(each)
    return True
