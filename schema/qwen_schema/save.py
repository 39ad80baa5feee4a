"""Writing a file whole or not at all, so that a kill leaves nothing that git would take in."""

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
from .folders import closing, reached

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .folders import Folder, MayFollow

PRIVATE = 0o600

# A new file is written in a directory of its own beside its place, which git ignores before anything stands in it.
_STAGE = re.compile(r"\.qwen-cfg\.[0-9a-f]{16}")
_NEW, _IGNORE, _EVERYTHING = "new", ".gitignore", b"*\n"

# What another program has opened, named by its number: a shell's `>(…)`, for example.
_IS_OPEN = re.compile(r"/dev/(?:fd/[0-9]+|std(?:out|err))|/proc/(?:self|thread-self|[0-9]+)/fd/[0-9]+")

# How long a pipe without a reader is waited for, and how often it is looked at, in seconds.
_READER_SECONDS = 3.0
_LOOK_EVERY = 0.02

# So often a directory to write in is made before something else is wrong.
_TRIES = 5

# The rights of others, of which neither that directory nor its ignore list gives any.
_OTHERS = 0o077

# Where the file system has no locks, what nobody has touched for so long (in seconds) is left over.
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
    """Write a text to a file, in UTF-8, so that nobody ever sees half of it; `private` makes its mode 0600.

    A file that was there keeps its mode, and a link that may be followed stays one. What is no regular file (a pipe,
    /dev/null) is written to as it is, and so is an open file (/dev/fd/3). With `make`, missing directories are made.
    Without `follow_last`, the file takes the place of a link. `require` is called with the path that a regular file is
    first written under, before anything stands in it, and raises where that is not right.

    Raises:
        LinkInProjectError: if a link is on the way that may not be followed.
        OutputError: if it cannot be written; what was there is untouched.
    """
    try:
        if _IS_OPEN.fullmatch(str(path)):
            _require_public(path, private=private)
            _write_through(os.open(path, os.O_WRONLY | os.O_APPEND), text)
            return
        with reached(path, may_follow, make=make, follow_last=follow_last) as (folder, name):
            status = folder.status(name)
            if status is None or stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                _replace(folder, name, text, _mode(status, private=private), require)
            else:
                _require_public(path, private=private)
                _write_through(_opened(folder, name), text)
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return what a person is told when a file cannot be written."""
    return OutputError(
        f"the file cannot be written: {error.strerror}",
        where=str(path),
        hint="Is its directory there, and may you write to it?",
    )


def clear(path: Path, may_follow: MayFollow) -> None:
    """Remove what killed processes left beside a file. Nothing that cannot be removed is an error."""
    with suppress(OSError, OutputError), reached(path, may_follow) as (folder, _):
        _clear(folder)


def open_lock(path: Path, may_follow: MayFollow) -> int:
    """Return a descriptor of a file to lock, which is made if it is missing, as its directory is.

    Raises:
        OSError: if there can be none; no link is followed.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    with reached(path, may_follow, make=True, follow_last=False) as (folder, name):
        return folder.open(name, flags, PRIVATE)


def _mode(status: os.stat_result | None, *, private: bool) -> int | None:
    """Return the mode that a file is to have; None for the one that the umask leaves a new one."""
    if private:
        return PRIVATE
    return None if status is None or stat.S_ISLNK(status.st_mode) else stat.S_IMODE(status.st_mode)


def _require_public(path: Path, *, private: bool) -> None:
    if private:
        raise OutputError(
            "a secret is written to a regular file only",
            where=str(path),
            hint="Name one with -o, or leave the secret out.",
        )


def _opened(folder: Folder, name: str) -> int:
    """Return a descriptor of a pipe or a device to write to; a reader of a pipe is waited for, but not for ever."""
    deadline = time.monotonic() + _READER_SECONDS
    while True:
        try:
            descriptor = folder.open(name, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise OSError(errno.ENXIO, "it is a pipe, and nobody reads it") from None
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
    """Give a directory to write in, which git ignores and nobody else clears; it is gone in the end."""
    _clear(folder)
    with ExitStack() as undo:
        stages = (_begun(folder, undo) for _ in range(_TRIES))
        stage = next((stage for stage in stages if stage is not None), None)
        if stage is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        yield stage


def _begun(folder: Folder, undo: ExitStack) -> Folder | None:
    """Return a new directory to write in; None if another process cleared it before it was locked."""
    name = f".qwen-cfg.{token_hex(8)}"
    folder.make(name)
    undo.callback(_removed, folder, name)
    try:
        stage = undo.enter_context(closing(folder.below(name, readable=True)))
        if _is_locked(stage) is False:
            return None
        undo.callback(_emptied, stage)
        with os.fdopen(stage.open(_IGNORE, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(_EVERYTHING)
    except FileNotFoundError:
        return None
    return stage


def _clear(folder: Folder) -> None:
    """Remove what killed processes of this user left in a directory."""
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
                if _is_left(status, stage) and _is_ours(stage):
                    _emptied(stage)
                    folder.remove(name)


def _is_private(status: os.stat_result) -> bool:
    """Tell whether something is this user's, and nobody else may use it, as git makes nothing; Windows cannot tell."""
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & _OTHERS)


def _is_ours(stage: Folder) -> bool:
    """Tell whether a directory holds what this program writes there, and nothing else: a project may have the name."""
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


def _is_left(status: os.stat_result, stage: Folder) -> bool:
    """Tell whether a directory is one that no process writes in any more."""
    locked = _is_locked(stage)
    return time.time() - status.st_mtime > _LEFT_SECONDS if locked is None else locked


def _is_locked(stage: Folder) -> bool | None:
    """Lock a directory, and tell whether that could be done; None where there are no such locks."""
    if fcntl is None or stage.descriptor is None:
        return None
    try:
        fcntl.flock(stage.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _emptied(stage: Folder) -> None:
    """Remove what this program writes there, and first what may be a secret."""
    for name in (_NEW, _IGNORE):
        with suppress(OSError):
            stage.unlink(name)


def _removed(folder: Folder, name: str) -> None:
    with suppress(OSError):
        folder.remove(name)
