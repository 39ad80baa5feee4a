"""The lock for refreshing the tokens, held by one program at a time: a file in the format of Qwen Code.

The file is created exclusively, contains a random identifier, and is stale if untouched for ten seconds; a stale file
is renamed before it is removed (QwenLM/qwen-code, sharedTokenManager.ts). This program touches the file while it holds
the lock, so that no program removes it during a slow answer. It also locks the directory, so that two of its own
processes cannot find the same file stale.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from qwen_schema import OutputError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pathlib import Path

STALE_SECONDS = 10.0
_TOUCHED_EVERY = 2.0
_LOOK_EVERY = 0.05


class RefreshLock:
    """The lock of one login. Creating the object does not take it; `purpose` is the word for error messages."""

    def __init__(self, path: Path, purpose: str = "refreshed") -> None:
        self._path = path
        self._purpose = purpose
        self._directory: int | None = None
        self._file: int | None = None
        self._released = threading.Event()
        self._toucher: threading.Thread | None = None
        self._seen: tuple[tuple[int, int], float] | None = None

    def try_take(self) -> bool:
        """Take the lock unless another program holds it.

        Raises:
            OutputError: if the lock cannot be created.
        """
        if not self._take_directory():
            return False
        try:
            taken = self._make() or (self._is_stale() and self._remove_stale() and self._make())
        except OSError as error:
            self.release()
            raise OutputError(
                f"the login cannot be {self._purpose}: its lock cannot be created: {error.strerror}",
                where=str(self._path),
            ) from None
        if not taken:
            self._leave_directory()
            return False
        self._released.clear()
        self._toucher = threading.Thread(target=self._keep_fresh, daemon=True)
        self._toucher.start()
        return True

    def take(self, seconds: float) -> bool:
        """Take the lock as soon as it is free, and return whether that was within the given seconds.

        Raises:
            OutputError: if the lock cannot be created.
        """
        until = time.monotonic() + seconds
        while not (taken := self.try_take()) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
        return taken

    def release(self) -> None:
        """Release the lock."""
        self._released.set()
        if self._toucher is not None:
            self._toucher.join()
        if self._file is not None:
            with suppress(OSError):
                if os.path.samestat(os.fstat(self._file), self._path.lstat()):
                    self._path.unlink()
            os.close(self._file)
            self._file = None
        self._leave_directory()

    def _make(self) -> bool:
        try:
            self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return False
        os.write(self._file, str(uuid4()).encode())
        return True

    def _is_stale(self) -> bool:
        """Return whether the file is stale, by its own time or as observed by this process."""
        try:
            status = self._path.lstat()
        except OSError:
            # The holder has released it.
            return False
        now, identity = time.monotonic(), (status.st_ino, status.st_mtime_ns)
        if self._seen is None or self._seen[0] != identity:
            self._seen = (identity, now)
        return time.time() - status.st_mtime > STALE_SECONDS or now - self._seen[1] > STALE_SECONDS

    def _remove_stale(self) -> bool:
        """Remove a stale file; put it back if it has been replaced in the meantime."""
        aside = self._path.with_name(f"{self._path.name}.stale.{uuid4()}")
        try:
            self._path.rename(aside)
            status = aside.lstat()
        except OSError:
            return False
        is_same = self._seen is not None and self._seen[0] == (status.st_ino, status.st_mtime_ns)
        with suppress(OSError):
            if not is_same:
                os.link(aside, self._path, follow_symlinks=False)
        with suppress(OSError):
            aside.unlink()
        return is_same

    def _keep_fresh(self) -> None:
        while not self._released.wait(_TOUCHED_EVERY):
            with suppress(OSError, TypeError):
                os.utime(self._file if self._file is not None else self._path)

    def _take_directory(self) -> bool:
        """Exclude the other processes of this program; on file systems without such locks, do nothing."""
        if fcntl is None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory = os.open(self._path.parent, os.O_RDONLY)
            fcntl.flock(self._directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._leave_directory()
            return False
        except OSError:
            self._leave_directory()
        return True

    def _leave_directory(self) -> None:
        if self._directory is not None:
            os.close(self._directory)
            self._directory = None
