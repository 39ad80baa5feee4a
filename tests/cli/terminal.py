"""Runs the real `qwen-cfg` in a pseudo-terminal, and returns what the user sees."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyte
from support.screen_text import ScreenText, line_of

from .process import SECONDS, clean_environment, start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .process import Desk

ROWS = 200


@dataclass(frozen=True)
class TerminalOutput:
    """The output to a terminal: the bytes, and the resulting lines of the screen."""

    code: int
    raw: bytes
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Terminal:
    """A pseudo-terminal in which one command runs."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        cwd: Path,
        environment: Mapping[str, str],
        size: tuple[int, int],
        code: str = "",
    ) -> None:
        """Start a command in a terminal of a number of lines and columns.

        It is a fork of a process in which everything is loaded, unless a variable has an effect on the start of an
        interpreter. If `code` is not empty, this Python code runs with the words, and not qwen-cfg.
        """
        self.file, theirs = pty.openpty()
        self.resize(*size)
        self._process = start(argv, cwd, environment, (theirs, theirs, theirs), in_terminal=True, code=code)
        os.close(theirs)

    def resize(self, height: int, width: int) -> None:
        """Change the number of lines and columns, which sends SIGWINCH."""
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def write(self, data: bytes) -> None:
        """Type keys."""
        while data:
            data = data[os.write(self.file, data) :]

    def read(self, seconds: float) -> bytes | None:
        """Return the next output; None if none comes in time, and empty bytes after the command's end."""
        if not select.select([self.file], [], [], seconds)[0]:
            return None
        try:
            return os.read(self.file, 65536)
        except OSError:  # Linux reports EIO when no process has the terminal open.
            return b""

    def send_signal(self, number: int) -> None:
        """Send a signal to the command."""
        self._process.send_signal(number)

    def wait(self, seconds: float = SECONDS) -> int:
        """Wait for the end of the command, and return its exit code."""
        code = self._process.wait(seconds)
        assert code is not None, f"the command did not end in {seconds} s"
        return code

    def hang_up(self) -> int:
        """Close the terminal while the command runs, wait for the end of the command, and return its exit code."""
        os.close(self.file)
        self.file = -1
        return self.wait()

    def close(self) -> None:
        """Close the terminal, and kill the command if it still runs."""
        if self.file >= 0:
            os.close(self.file)
        if self._process.wait(0) is None:
            self._process.send_signal(signal.SIGKILL)
            self.wait()


def run_on_screen(
    desk: Desk, *argv: str | Path, width: int = 80, env: Mapping[str, str] | None = None, term: str = "xterm-256color"
) -> TerminalOutput:
    """Run one command line in a terminal of a given width."""
    environment = clean_environment(desk.home, {"TERM": term, **(env or {})})
    terminal = Terminal(argv, desk.cwd, environment, (ROWS, width))
    try:
        raw, deadline = b"", time.monotonic() + SECONDS
        while piece := terminal.read(max(0, deadline - time.monotonic())):
            raw += piece
        assert piece is not None, f"{argv} did not end in {SECONDS} s\n{raw!r}"
        code = terminal.wait()
    finally:
        terminal.close()
    screen = pyte.Screen(width, ROWS)
    pyte.ByteStream(screen).feed(raw)
    return TerminalOutput(code, raw, tuple(line for row in range(ROWS) if (line := line_of(screen.buffer[row]))))


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
        code: str = "",
    ) -> None:
        self.raw = b""
        self.settings_left: list[Any] = []
        environment = clean_environment(desk.home, {"TERM": term, **(env or {})})
        self._terminal = Terminal(argv, desk.cwd, environment, (height, width), code)
        self._screen = _Answering(width, height, lambda text: self._terminal.write(text.encode()))
        self._stream = pyte.ByteStream(self._screen)
        self._shown = ScreenText(self._screen)

    def __enter__(self) -> Typing:
        return self

    def __exit__(self, *_: object) -> None:
        self._terminal.close()

    @property
    def lines(self) -> list[str]:
        """The current lines of the screen, without empty lines at its end."""
        return self._shown.visible

    @property
    def text(self) -> str:
        """All lines, including those that scrolled off."""
        return "\n".join(self._shown.lines)

    def type(self, text: str) -> Typing:
        """Press keys; what is sent is what a terminal sends for them."""
        return self.type_bytes(text.encode())

    def type_bytes(self, data: bytes) -> Typing:
        """Press keys, some of which a terminal may send that is not of UTF-8."""
        self._terminal.write(data)
        return self

    def resize(self, width: int, height: int) -> Typing:
        """Change the size of the window."""
        self._terminal.resize(height, width)
        self._screen.resize(height, width)
        return self

    def until(self, *wanted: str) -> str:
        """Wait until all of these texts are visible, one after the other; return the visible text."""
        return self.when(lambda: follow_each_other(self.text, wanted), f"{wanted} never came")

    def when(self, condition: Callable[[], object], otherwise: str) -> str:
        """Wait until a condition on the visible text is true."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{otherwise}:\n{self.text}"
            assert self._read(), f"it ended, and {otherwise}:\n{self.text}"
        return self.text

    def signal(self, number: int) -> None:
        """Send a signal to the command."""
        self._terminal.send_signal(number)

    def hang_up(self) -> int:
        """Close the terminal, and return the exit code of the command that ran in it."""
        return self._terminal.hang_up()

    @property
    def settings(self) -> list[Any]:
        """The terminal's settings for typed text."""
        return termios.tcgetattr(self._terminal.file)

    def exit_code(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        deadline = time.monotonic() + SECONDS
        while self._read():
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"
        self.settings_left = self.settings
        return self._terminal.wait()

    def _read(self) -> bool:
        """Read the output, if there is any; return whether the command still runs."""
        data = self._terminal.read(0.1)
        if data is None:
            return True
        self.raw += data
        self._stream.feed(data)
        return bool(data)


def follow_each_other(text: str, wanted: Sequence[str]) -> bool:
    """Return whether a text contains all of these, one after the other."""
    place = 0
    for each in wanted:
        place = text.find(each, place)
        if place < 0:
            return False
        place += len(each)
    return True
