"""Reads env files and settings files from the disk."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.world import ABSENT, PathState
from qwen_schema import EnvFileError, SettingsError
from qwen_schema.bounded import Unreadable, kind_of
from qwen_schema.envfile import read_env_text
from qwen_schema.records import record

from .ownership import ForeignFileError, allow_none, foreign_owner
from .permissions import others_can_read

if TYPE_CHECKING:
    from collections.abc import Callable

    from qwen_cfg.core.paths import Standpoint

    from .ownership import Allows, OwnerOf

    # Returns the state of a path.
    Look = Callable[[Path], PathState]

_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class Disk:
    """The disk; each path is read at most once."""

    def __init__(
        self,
        standpoint: Standpoint,
        allows: Allows = allow_none,
        named: Path | None = None,
        owner_of: OwnerOf = foreign_owner,
    ) -> None:
        """Start without any path read.

        `allows` returns whether files of another user may be used, `named` is a file that the user named, and
        `owner_of` returns the other user who owns a file.
        """
        self._standpoint = standpoint
        self._owner_of = owner_of
        self._allows = allows
        self._named = named
        self.path_states: dict[Path, PathState] = {}
        self.settings_states: dict[Path, PathState] = {}
        self.folders: dict[str, tuple[Path, ...]] = {}
        self._existing: dict[Path, bool] = {}

    def look(self, path: Path) -> PathState:
        """Read the env file at a path that the search has reached."""
        state = self.path_states.get(path)
        if state is None:
            state = self.path_states[path] = self._read(path, read_fifo=True)
        return state

    def survey(self, path: Path) -> PathState:
        """Read the env file at a path that the search may not reach; a FIFO is not read, since reading empties it."""
        state = self.path_states.get(path)
        if state is None:
            state = self.path_states[path] = self._read(path, read_fifo=False)
        return state

    def look_at_settings(self, path: Path) -> PathState:
        """Read a settings file, or the file of Qwen Code's trust rules."""
        if path not in self.settings_states:
            self.settings_states[path] = self._read_settings(path)
        return self.settings_states[path]

    def existing_file(self, path: Path) -> Path | None:
        """Return the path of a file if the file exists; None also if the system does not show it."""
        exists = self._existing.get(path)
        if exists is None:
            exists = self._existing[path] = os.path.isfile(path)  # noqa: PTH113 - never raises
        return path if exists else None

    def places_of(self, folder: str) -> tuple[Path, ...]:
        """Return the paths of a folder: as named, and with its links resolved."""
        if folder not in self.folders:
            named = Path(os.path.normpath(folder)) if folder and "\0" not in folder else None
            self.folders[folder] = () if named is None else tuple(dict.fromkeys((named, real(named))))
        return self.folders[folder]

    def _read_settings(self, path: Path) -> PathState:
        try:
            status = _status_of(path)
            if status is None:
                return ABSENT
            mode = stat.S_IMODE(status.st_mode)
            from qwen_schema.settings_file import read_settings_text  # noqa: PLC0415 - few directories have one

            # Bytes that are not UTF-8 become replacement characters, as in Qwen Code.
            text = read_settings_text(path)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return PathState("link loop")
            if error.errno in _NOTHING_THERE:
                return PathState("dangling link") if os.path.islink(path) else ABSENT  # noqa: PTH114 - never raises
            return self._unreadable_settings(path, f"it cannot be read: {error.strerror}")
        except Unreadable as unreadable:
            return self._unreadable_settings(path, f"it {unreadable}")
        owner = self._owner_of(path)
        if owner is not None and not self._allows(path, owner):
            return PathState("unreadable", error=ForeignFileError(path, self._standpoint.show(path), owner))
        return PathState(
            "file", text, None, mode, is_foreign=owner is not None, is_shared=others_can_read(path, status)
        )

    def _unreadable_settings(self, path: Path, wrong: str) -> PathState:
        error = SettingsError(
            f"Qwen Code's settings file cannot be used: {wrong}",
            where=self._standpoint.show(path),
            hint="Make it a regular file that you can read, or move it.",
        )
        return PathState("unreadable", error=error)

    def _read(self, path: Path, *, read_fifo: bool) -> PathState:
        try:
            status = _status_of(path)
        except OSError as error:
            return self._status_failure(path, error)
        if status is None:
            return ABSENT
        kind, mode = kind_of(status.st_mode), stat.S_IMODE(status.st_mode)
        if kind not in ("file", "fifo") or (kind == "fifo" and not read_fifo):
            return PathState(kind)
        owner, shown = None if path == self._named else self._owner_of(path), self._standpoint.show(path)
        if owner is not None and not self._allows(path, owner):
            return PathState("unreadable", error=ForeignFileError(path, shown, owner))
        try:
            text = read_env_text(path, shown)
        except EnvFileError as unreadable:
            return PathState("unreadable", error=unreadable.copy())
        return PathState(kind, text, None, mode, is_foreign=owner is not None, is_shared=others_can_read(path, status))

    def _status_failure(self, path: Path, error: OSError) -> PathState:
        if error.errno == errno.ELOOP:
            return PathState("link loop")
        if error.errno in _NOTHING_THERE:
            return PathState("dangling link") if os.path.islink(path) else ABSENT  # noqa: PTH114 - never raises
        shown = self._standpoint.show(path)
        return PathState(
            "unreadable",
            error=EnvFileError(
                f"cannot check whether an env file exists: {error.strerror}",
                where=shown,
                hint="Make its directory accessible to you, or name the env file with --env-file: "
                "if the search continued, another file might silently be used.",
            ),
        )


@record
class DiskReader:
    """Reads a disk with one of the two functions for env files: `Disk.look` or `Disk.survey`."""

    disk: Disk
    look: Look

    def existing_file(self, path: Path) -> Path | None:
        """Return the path of a file if the file exists."""
        return self.disk.existing_file(path)

    def look_at_settings(self, path: Path) -> PathState:
        """Read a settings file."""
        return self.disk.look_at_settings(path)

    def places_of(self, folder: str) -> tuple[Path, ...]:
        """Return the paths of a folder."""
        return self.disk.places_of(folder)


def _status_of(path: Path) -> os.stat_result | None:
    """Return the status of a file, with links followed; None if nothing is at the path, as at most places.

    Raises:
        OSError: if the status cannot be read, or the path is a link to nothing.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return None
        raise
    return status if stat.S_ISREG(status.st_mode) else path.stat()


def is_missing(directory: Path) -> bool:
    """Return whether a directory does not exist; false if the system does not show it, which the search reports."""
    try:
        return not stat.S_ISDIR(directory.stat().st_mode)
    except PermissionError:
        return False
    except OSError:
        return True


def real(path: Path) -> Path:
    """Return a path with its links resolved."""
    return Path(os.path.realpath(path))
