"""Draws an address as a QR code in the terminal, for a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Black on white with any colours of the terminal; one character has two modules of a column.
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_RESET = "\x1b[0m"
_QUIET_ZONE = 2
_HALVES = {(0, 0): " ", (0, 1): "▄", (1, 0): "▀", (1, 1): "█"}


def qr_lines(text: str) -> list[str]:
    """Return the lines of a QR code (ISO/IEC 18004), with the escape sequences that colour them.

    There are none if the text is too long for a code.
    """
    import segno  # noqa: PLC0415 - for a login only

    try:
        code = segno.make(text, error="l", micro=False)
    except segno.DataOverflowError:
        return []
    rows = [list(row) for row in code.matrix_iter(border=_QUIET_ZONE)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return [_line(upper, lower) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]


def _line(upper: Sequence[int], lower: Sequence[int]) -> str:
    halves = (_HALVES[bool(above), bool(below)] for above, below in zip(upper, lower, strict=True))
    return f"{_BLACK_ON_WHITE}{''.join(halves)}{_RESET}"


def columns_of(lines: list[str]) -> int:
    """Return the width of a code in columns."""
    return len(lines[0]) - len(_BLACK_ON_WHITE) - len(_RESET) if lines else 0
