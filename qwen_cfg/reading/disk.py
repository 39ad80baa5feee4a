"""The one step that looks at the disk for env files."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.world import ABSENT, Sighting
from qwen_schema import EnvFileError
from qwen_schema.bounded import kind_of
from qwen_schema.envfile import read_env_text

from .ownership import ForeignFileError, allow_none, foreign_owner
from .permissions import others_can_read

if TYPE_CHECKING:
    from qwen_cfg.core.paths import Standpoint

    from .ownership import Allows, OwnerOf

_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class Disk:
    """What stands at places, each looked at no more than once."""

    def __init__(
        self,
        standpoint: Standpoint,
        allows: Allows = allow_none,
        named: Path | None = None,
        owner_of: OwnerOf = foreign_owner,
    ) -> None:
        """Start with nothing looked at.

        `allows` tells whose files may count beside one's own, `named` is a file that the user has named, and `owner_of`
        tells whose a file is.
        """
        self._standpoint = standpoint
        self._owner_of = owner_of
        self._allows = allows
        self._named = named
        self.sightings: dict[Path, Sighting] = {}

    def look(self, path: Path) -> Sighting:
        """Look at a place that the search has reached, and read the file that stands there."""
        if path not in self.sightings:
            self.sightings[path] = self._sight(path, read_fifo=True)
        return self.sightings[path]

    def survey(self, path: Path) -> Sighting:
        """Look at a place that the search may never reach; a FIFO there is not read, since reading empties it."""
        if path not in self.sightings:
            self.sightings[path] = self._sight(path, read_fifo=False)
        return self.sightings[path]

    def _sight(self, path: Path, *, read_fifo: bool) -> Sighting:
        try:
            status = path.stat()
        except OSError as error:
            return self._failed(path, error)
        kind, mode = kind_of(status.st_mode), stat.S_IMODE(status.st_mode)
        if kind not in ("file", "fifo") or (kind == "fifo" and not read_fifo):
            return Sighting(kind)
        owner, shown = None if path == self._named else self._owner_of(path), self._standpoint.show(path)
        if owner is not None and not self._allows(path, owner):
            return Sighting("unreadable", error=ForeignFileError(path, shown, owner))
        try:
            text = read_env_text(path, shown)
        except EnvFileError as unreadable:
            return Sighting("unreadable", error=unreadable.copy())
        return Sighting(kind, text, None, mode, is_foreign=owner is not None, is_shared=others_can_read(path, status))

    def _failed(self, path: Path, error: OSError) -> Sighting:
        if error.errno == errno.ELOOP:
            return Sighting("link loop")
        if error.errno in _NOTHING_THERE:
            return Sighting("dangling link") if os.path.islink(path) else ABSENT  # noqa: PTH114 - a name that is too long is no link
        shown = self._standpoint.show(path)
        return Sighting(
            "unreadable",
            error=EnvFileError(
                f"it cannot be seen whether an env file is there: {error.strerror}",
                where=shown,
                hint="Make its directory searchable for you, or name the env file with --env-file: "
                "going on without looking could change which file counts.",
            ),
        )


def if_there(path: Path) -> Path | None:
    """Return the path of a file if it is there; one that cannot be seen is not."""
    try:
        return path if path.is_file() else None
    except OSError:
        return None


def is_missing(directory: Path) -> bool:
    """Tell whether there is no such directory; one that may not be looked at is left to the search."""
    try:
        return not stat.S_ISDIR(directory.stat().st_mode)
    except PermissionError:
        return False
    except OSError:
        return True


def real(path: Path) -> Path:
    """Return a directory's path without links in it."""
    return Path(os.path.realpath(path))
