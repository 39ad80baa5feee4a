"""What is asked of the disk, or of a world that was read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path, PurePath

    from .sighting import Sighting


class Looks(Protocol):
    """What stands at places."""

    def look(self, path: Path) -> Sighting:
        """Return what stands at the place of an env file."""

    def look_at_settings(self, path: Path) -> Sighting:
        """Return what stands at the place of a file of settings or of trust rules."""

    def places_of(self, folder: str) -> tuple[PurePath, ...]:
        """Return the paths that a folder in a trust rule stands for: as it is named, and with its links resolved."""
