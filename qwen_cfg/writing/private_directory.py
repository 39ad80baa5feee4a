"""A private directory for a program that is started: locked while the program runs, and cleared by the next start."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from qwen_cfg.reading.state_directory import STARTED
from qwen_schema import OutputError, UsageError
from qwen_schema.folders import any_link
from qwen_schema.records import record
from qwen_schema.save import open_lock

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK = "lock"


@record
class PrivateDirectory:
    """A directory of mode 0700, and the descriptor of its lock: while that is open anywhere, the directory is kept."""

    path: Path
    lock: int

    def write(self, name: str, text: str) -> Path:
        """Write a file of mode 0600 into the directory, and return its path.

        Raises:
            OutputError: if the file cannot be written.
        """
        path = self.path / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        except OSError as error:
            raise OutputError(f"it cannot be written: {error.strerror}", where=str(path)) from None
        return path

    def remove(self) -> None:
        """Remove the directory and its content."""
        with suppress(OSError):
            os.close(self.lock)
        shutil.rmtree(self.path, ignore_errors=True)


def make_private_directory(state: Path | None) -> PrivateDirectory:
    """Make a directory in the state directory, and remove the directories of programs that have ended.

    Raises:
        OutputError: if the directory cannot be made.
        UsageError: if the system has no locks.
    """
    if fcntl is None:
        raise UsageError("this needs a POSIX system: Linux, macOS or WSL")
    if state is None:
        raise OutputError("there is no state directory for a private file", hint="Set HOME, or XDG_STATE_HOME.")
    base = state / STARTED
    try:
        with _locked(base):
            _clear(base)
            path = base / os.urandom(8).hex()
            path.mkdir(0o700)
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise OutputError(f"a private directory cannot be made: {error.strerror}", where=str(base)) from None
    return PrivateDirectory(path, lock)


@contextmanager
def _locked(base: Path) -> Iterator[None]:
    descriptor = open_lock(base / _LOCK, any_link)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear(base: Path) -> None:
    """Remove the directories without a held lock. The caller holds the lock under which directories are made."""
    for path in base.iterdir():
        if path.is_symlink() or not path.is_dir() or _is_held(path / _LOCK):
            continue
        shutil.rmtree(path, ignore_errors=True)


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
