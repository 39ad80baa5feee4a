"""Copies of a user's files for one run of Qwen Code, and a backup of the workspace's settings."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import OAUTH_CACHE_NAME
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.records import field, record
from qwen_schema.settings_file import LARGEST_SETTINGS_BYTES

if TYPE_CHECKING:
    from pathlib import Path

# The env file, which Qwen Code only reads, and the settings.
_ENV_FILE = ".env"
_SETTINGS = "settings.json"


@record
class Copies:
    """The paths of the copies: a user's Qwen directory, and the two system files, which need not exist."""

    home: Path
    machine: Path
    defaults: Path


def copy_all(directory: Path, own: Path | None, system: Path | None, defaults: Path | None) -> Copies:
    """Copy a user's Qwen directory and the system's settings into a private directory."""
    copies = Copies(directory / "home", directory / "system" / _SETTINGS, directory / "system" / "system-defaults.json")
    copies.machine.parent.mkdir(0o700)
    for source, target in ((system, copies.machine), (defaults, copies.defaults)):
        if source is not None:
            _copy_file(source, target)
    copies.home.mkdir(0o700)
    if own is not None:
        _copy_directory(own, copies.home)
    return copies


def _copy_file(source: Path, target: Path) -> None:
    """Copy a regular file with mode 0600; any other path, and an unreadable file, is skipped."""
    try:
        content = read_file(source, most=LARGEST_SETTINGS_BYTES)
    except (OSError, Unreadable):
        return
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _copy_directory(source: Path, target: Path) -> None:
    """Copy the files of a directory, but no subdirectory and no login; an env file becomes a link."""
    try:
        names = sorted(os.listdir(source))  # noqa: PTH208 - names alone
    except OSError:
        return
    for name in names:
        if name == _ENV_FILE:
            (target / name).symlink_to(source / name)
        elif name != OAUTH_CACHE_NAME:
            _copy_file(source / name, target / name)


@record
class Workspace:
    """The `.qwen` of a working directory before a run: the names in it, and the settings file, if there is one."""

    directory: Path
    names: frozenset[str] | None
    content: bytes | None = field(default=None, repr=False)
    status: os.stat_result | None = None
    is_link: bool = False

    def restore(self) -> tuple[str, ...]:
        """Undo a run's changes of the settings, and return a line for each changed file."""
        if self.is_link or self.directory.is_symlink():
            # A link leads to a file that the project selected and others may write.
            has_changed = _content(self.directory / _SETTINGS) != self.content
            return (f"not restored: {self.directory / _SETTINGS}: it is reached by a link",) if has_changed else ()
        try:
            return tuple(f"restored: .qwen/{name}" for name in self._undo())
        except OSError as error:
            return (f"not restored: {self.directory / _SETTINGS}: {error.strerror}",)

    def _undo(self) -> list[str]:
        changed: list[str] = []
        if self.content is not None and _content(self.directory / _SETTINGS) != self.content:
            self._write()
            changed.append(_SETTINGS)
        for name in sorted((_names(self.directory) or frozenset()) - (self.names or frozenset())):
            # Qwen Code's backups beside the settings, and settings that did not exist before.
            if name.startswith(_SETTINGS) and _is_file(self.directory / name):
                (self.directory / name).unlink()
                changed.append(name)
        if self.names is None and _names(self.directory) == frozenset():
            self.directory.rmdir()
        return changed

    def _write(self) -> None:
        """Write the settings to the same file, which keeps its mode and owner."""
        assert self.content is not None and self.status is not None  # noqa: S101 - the caller checked it
        file = self.directory / _SETTINGS
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        descriptor = os.open(file, flags, stat.S_IMODE(self.status.st_mode))
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(self.content)
        os.utime(file, ns=(self.status.st_atime_ns, self.status.st_mtime_ns))


def workspace_of(cwd: Path) -> Workspace:
    """Return the present workspace of a directory."""
    directory = cwd / ".qwen"
    content = _content(directory / _SETTINGS)
    status = None if content is None else (directory / _SETTINGS).stat()
    is_link = directory.is_symlink() or (directory / _SETTINGS).is_symlink()
    return Workspace(directory, _names(directory), content, status, is_link)


def _names(directory: Path) -> frozenset[str] | None:
    try:
        return frozenset(os.listdir(directory))  # noqa: PTH208 - names alone
    except OSError:
        return None


def _content(file: Path) -> bytes | None:
    try:
        return read_file(file, most=LARGEST_SETTINGS_BYTES)
    except (OSError, Unreadable):
        return None


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
