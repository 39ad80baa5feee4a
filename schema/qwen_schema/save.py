"""Writes a file completely or not at all; a kill leaves nothing that git would track."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import ExitStack, contextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING

from . import patterns as re
from .errors import OutputError
from .folders import closing, open_directory

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .folders import Folder, MayFollow

PRIVATE = 0o600

# A new file is written in a directory of its own beside its final place. Git ignores that directory from the start.
_STAGE = re.compile(r"\.qwen-cfg\.[0-9a-f]{16}")
_NEW, _IGNORE, _EVERYTHING = "new", ".gitignore", b"*\n"

# The number of an open file descriptor, such as a shell's `>(…)`.
_IS_OPEN = re.compile(r"/dev/(?:fd/[0-9]+|std(?:out|err))|/proc/(?:self|thread-self|[0-9]+)/fd/[0-9]+")

# The time limit for the reader of a pipe, and the interval of attempts, in seconds.
_READER_SECONDS = 3.0
_LOOK_EVERY = 0.02

# The most attempts to make a directory to write in, since another process may remove it.
_TRIES = 5

# The permissions of others; that directory and its ignore list have none of them.
_OTHERS = 0o077

# On a file system without locks, a directory unchanged for this long (in seconds) counts as left over.
_LEFT_SECONDS = 3600


def save(
    path: Path,
    text: str,
    *,
    may_follow: MayFollow,
    private: bool = False,
    make: bool = False,
    follow_last: bool = True,
    require: Callable[[Path], None] = lambda path: None,  # noqa: ARG005
) -> None:
    """Write a text to a file, in UTF-8, so that no reader sees half of it; `private` sets its mode to 0600.

    An existing file keeps its mode, and a link that may be followed stays a link. A pipe or a device (/dev/null) is
    written to directly, and so is an open file (/dev/fd/3). With `make`, missing directories are made. Without
    `follow_last`, the file replaces a link. `require` is called with the path where a regular file is first written,
    before the file is made, and raises an error if the path is not acceptable.

    Raises:
        LinkInProjectError: if the path contains a link that may not be followed.
        OutputError: if the file cannot be written; the existing file is unchanged.
    """
    try:
        if _IS_OPEN.fullmatch(str(path)):
            _require_public(path, private=private)
            _write_through(os.open(path, os.O_WRONLY | os.O_APPEND), text)
            return
        with open_directory(path, may_follow, make=make, follow_last=follow_last) as (folder, name):
            status = folder.status(name)
            if status is None or stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                _replace(folder, name, text, _mode(status, private=private), require)
            else:
                _require_public(path, private=private)
                _write_through(_open_special(folder, name), text)
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return the error for a file that cannot be written."""
    return OutputError(
        f"the file cannot be written: {error.strerror}",
        where=str(path),
        hint="Check that its directory exists and that you may write to it.",
    )


def clear(path: Path, may_follow: MayFollow) -> None:
    """Remove the directories that killed processes left beside a file; those that cannot be removed are skipped."""
    with suppress(OSError, OutputError), open_directory(path, may_follow) as (folder, _):
        _clear(folder)


def open_lock(path: Path, may_follow: MayFollow) -> int:
    """Return a descriptor of a file to lock. A missing file or directory is made.

    Raises:
        OSError: if the file cannot be opened or made, or is a link.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    with open_directory(path, may_follow, make=True, follow_last=False) as (folder, name):
        return folder.open(name, flags, PRIVATE)


def _mode(status: os.stat_result | None, *, private: bool) -> int | None:
    """Return the mode for a file; None for the mode of a new file under the umask."""
    if private:
        return PRIVATE
    return None if status is None or stat.S_ISLNK(status.st_mode) else stat.S_IMODE(status.st_mode)


def _require_public(path: Path, *, private: bool) -> None:
    if private:
        raise OutputError(
            "a secret can only be written to a regular file",
            where=str(path),
            hint="Name a file with -o, or write the result without the secret.",
        )


def _open_special(folder: Folder, name: str) -> int:
    """Return a descriptor of a pipe or a device to write to; wait up to 3 s for the reader of a pipe."""
    deadline = time.monotonic() + _READER_SECONDS
    while True:
        try:
            descriptor = folder.open(name, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise OSError(errno.ENXIO, "it is a pipe that no program reads") from None
            time.sleep(_LOOK_EVERY)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def _write_through(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _replace(folder: Folder, name: str, text: str, mode: int | None, require: Callable[[Path], None]) -> None:
    with _stage(folder) as stage:
        require(stage.path / _NEW)
        made_with = 0o666 if mode is None else PRIVATE
        descriptor = stage.open(_NEW, os.O_WRONLY | os.O_CREAT | os.O_EXCL, made_with)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        stage.move(_NEW, folder, name)


@contextmanager
def _stage(folder: Folder) -> Iterator[Folder]:
    """Yield a directory to write in, which git ignores and no other process clears; it is removed afterwards."""
    _clear(folder)
    with ExitStack() as undo:
        stages = (_new_stage(folder, undo) for _ in range(_TRIES))
        stage = next((stage for stage in stages if stage is not None), None)
        if stage is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        yield stage


def _new_stage(folder: Folder, undo: ExitStack) -> Folder | None:
    """Return a new directory to write in; None if another process removed it before it was locked."""
    name = f".qwen-cfg.{token_hex(8)}"
    folder.make(name)
    undo.callback(_remove_stage, folder, name)
    try:
        stage = undo.enter_context(closing(folder.below(name, readable=True)))
        if _is_locked(stage) is False:
            return None
        undo.callback(_empty, stage)
        with os.fdopen(stage.open(_IGNORE, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(_EVERYTHING)
    except FileNotFoundError:
        return None
    return stage


def _clear(folder: Folder) -> None:
    """Remove from a directory the stages that killed processes of this user left."""
    try:
        left = [name for name in folder.names() if _STAGE.fullmatch(name)]
    except OSError:
        return
    for name in left:
        with suppress(OSError):
            status = folder.status(name)
            if status is None or not stat.S_ISDIR(status.st_mode) or not _is_private(status):
                continue
            with closing(folder.below(name, readable=True)) as stage:
                if _is_abandoned(status, stage) and _is_ours(stage):
                    _empty(stage)
                    folder.remove(name)


def _is_private(status: os.stat_result) -> bool:
    """Return whether a file is this user's and closed to others, unlike files from git; on Windows always true."""
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & _OTHERS)


def _is_ours(stage: Folder) -> bool:
    """Return whether a directory contains only files that this program writes; a project may use the same name."""
    names = set(stage.names())
    if not names <= {_NEW, _IGNORE}:
        return False
    if not names:
        return True
    ignore, new = stage.status(_IGNORE), stage.status(_NEW)
    if ignore is None or not stat.S_ISREG(ignore.st_mode) or not _is_private(ignore):
        return False
    with os.fdopen(stage.open(_IGNORE, os.O_RDONLY), "rb") as file:
        content = file.read(len(_EVERYTHING) + 1)
    if new is None:
        return content in (b"", _EVERYTHING)
    # The ignore list is written before the new file, which has no other name.
    return content == _EVERYTHING and stat.S_ISREG(new.st_mode) and new.st_nlink == 1


def _is_abandoned(status: os.stat_result, stage: Folder) -> bool:
    """Return whether no process writes in a directory any more."""
    locked = _is_locked(stage)
    return time.time() - status.st_mtime > _LEFT_SECONDS if locked is None else locked


def _is_locked(stage: Folder) -> bool | None:
    """Lock a directory; return whether that succeeded, or None if the system has no such locks."""
    if fcntl is None or stage.descriptor is None:
        return None
    try:
        fcntl.flock(stage.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _empty(stage: Folder) -> None:
    """Remove the files that this program writes there, first the one that may contain a secret."""
    for name in (_NEW, _IGNORE):
        with suppress(OSError):
            stage.unlink(name)


def _remove_stage(folder: Folder, name: str) -> None:
    with suppress(OSError):
        folder.remove(name)
