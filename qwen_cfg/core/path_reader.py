"""The interface through which the core reads the disk, or a world that was read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path, PurePath

    from .path_state import PathState


class PathReader(Protocol):
    """Reads paths."""

    def look(self, path: Path) -> PathState:
        """Return the result of reading the path of an env file."""

    def look_at_settings(self, path: Path) -> PathState:
        """Return the result of reading the path of a settings file or of the trust rules."""

    def places_of(self, folder: str) -> tuple[PurePath, ...]:
        """Return the paths of a folder in a trust rule: as named, and with its links resolved."""
