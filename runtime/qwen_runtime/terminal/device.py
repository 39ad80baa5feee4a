"""The terminal: its abilities, its size, and its handling of typed text."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Indexes of the result of `termios.tcgetattr`.
_INPUT, _LOCAL = 0, 3

_USUAL_SIZE = os.terminal_size((80, 24))


@record
class Terminal:
    """The abilities of the terminal.

    A `dumb` terminal gets no escape sequences, and one without `color` no colours. `history` is the file of the typed
    texts; None for no file.
    """

    dumb: bool
    color: bool
    history: Path | None


def size() -> os.terminal_size:
    """Return the current columns and lines of the terminal on standard output."""
    with suppress(OSError, ValueError, AttributeError):
        found = os.get_terminal_size(sys.stdout.fileno())
        if found.columns > 0 and found.lines > 0:
            return found
    return _USUAL_SIZE


class Keyboard:
    """Controls what the terminal on standard input does with text that is typed while the program does not read.

    Usually it shows the text at once, in the middle of an answer, and turns Enter into Ctrl-J. A dumb terminal, which
    has its own line editing, is not changed.
    """

    def __init__(self, *, dumb: bool) -> None:
        self._usual = None if dumb else _settings()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Keep typed text unchanged for the line editor, without showing it."""
        self._set(quiet=True)
        try:
            yield
        finally:
            self._set(quiet=False)

    @contextmanager
    def as_usual(self) -> Iterator[None]:
        """Restore the usual mode during a block, for another program's question."""
        self._set(quiet=False)
        try:
            yield
        finally:
            self._set(quiet=True)

    def _set(self, *, quiet: bool) -> None:
        if self._usual is None:
            return
        import termios  # noqa: PLC0415 - not on every system

        settings = list(self._usual)
        if quiet:
            settings[_INPUT] &= ~termios.ICRNL
            settings[_LOCAL] &= ~(termios.ECHO | termios.ICANON)
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, settings)


def _settings() -> list[Any] | None:
    """Return the settings of the terminal on standard input; None if it is no terminal."""
    try:
        import termios  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    with suppress(termios.error, OSError, ValueError):
        return termios.tcgetattr(sys.stdin.fileno())
    return None
