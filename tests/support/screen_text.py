"""The text of an emulated terminal, with the lines that scrolled off its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyte


class ScreenText:
    """Reads the lines of a screen; a line that scrolled off no longer changes, and is read once."""

    def __init__(self, screen: pyte.HistoryScreen) -> None:
        self._screen = screen
        # By the row's identity, with the row, so that no other row gets its identity.
        self._above: dict[int, tuple[Any, str]] = {}

    @property
    def visible(self) -> list[str]:
        """The lines of the screen, without empty lines at its end."""
        return _without_end([line_of(self._screen.buffer[y]) for y in range(self._screen.lines)])

    @property
    def lines(self) -> list[str]:
        """All lines, without empty lines at the end."""
        return _without_end([*map(self._line_above, self._screen.history.top), *self.visible])

    def _line_above(self, row: Mapping[int, pyte.screens.Char]) -> str:
        if id(row) not in self._above:
            self._above[id(row)] = row, line_of(row)
        return self._above[id(row)][1]


def line_of(row: Mapping[int, pyte.screens.Char]) -> str:
    """Return the text of a row of a screen, without blanks at its end."""
    # Only columns that were written are in the row; the second column of a wide character is empty.
    return "".join(row[x].data for x in range(max(row, default=-1) + 1)).rstrip()


def _without_end(lines: list[str]) -> list[str]:
    return "\n".join(lines).rstrip("\n").split("\n")
