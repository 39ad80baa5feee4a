"""The terminal: what it can do, how big it is, and what it does with what is typed."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Places in what `termios.tcgetattr` returns.
_INPUT, _LOCAL = 0, 3

_USUAL_SIZE = os.terminal_size((80, 24))


@record
class Terminal:
    """What the command line knows about the terminal.

    A `dumb` one gets no escape sequences, one without `color` no colours. `history` is the file that keeps what was
    typed; with None, nothing is kept.
    """

    dumb: bool
    color: bool
    history: Path | None


def size() -> os.terminal_size:
    """Return the columns and lines of the terminal on standard output, now."""
    with suppress(OSError, ValueError, AttributeError):
        found = os.get_terminal_size(sys.stdout.fileno())
        if found.columns > 0 and found.lines > 0:
            return found
    return _USUAL_SIZE


class Keyboard:
    """What the terminal on standard input does with what is typed while nobody reads it.

    As a rule it shows it at once, in the middle of an answer, and takes Enter for Ctrl-J. A dumb terminal, which is its
    own line editor, is left alone.
    """

    def __init__(self, *, dumb: bool) -> None:
        self._usual = None if dumb else _settings()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Keep what is typed for the line editor, as it was typed."""
        self._set(quiet=True)
        try:
            yield
        finally:
            self._set(quiet=False)

    @contextmanager
    def as_usual(self) -> Iterator[None]:
        """Let somebody else ask something in between."""
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
    """Return the settings of the terminal on standard input; None if there is none."""
    try:
        import termios  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    with suppress(termios.error, OSError, ValueError):
        return termios.tcgetattr(sys.stdin.fileno())
    return None
