"""Reading the text of an env file from the disk, once and within bounds."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

from ..errors import EnvFileError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 1024 * 1024
FIFO_SECONDS = 3.0

_KINDS = (
    (stat.S_ISREG, "file"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISBLK, "block device"),
    (stat.S_ISCHR, "character device"),
)


def kind_of(mode: int) -> str:
    """Return what a file mode says a thing is, in a word."""
    return next((word for test, word in _KINDS if test(mode)), "special file")


def read_env_text(path: Path, shown: str) -> str:
    """Return the text of a regular file or a FIFO (whose writer it waits for, 3 s at most).

    `shown` is the path as messages name it.

    Raises:
        EnvFileError: if it cannot be read, is over 1 MiB, is not UTF-8, or holds a NUL byte.
    """
    try:
        raw = _read_bytes(path, shown)
    except FileNotFoundError:
        raise EnvFileError("there is no such file", where=shown, hint="Is the path right?") from None
    except OSError as error:
        raise EnvFileError(
            f"the env file cannot be read: {error.strerror}",
            where=shown,
            hint="Make it readable for you, or move it away: going on without it would change which file counts.",
        ) from None
    return _decoded(raw, shown)


def _decoded(raw: bytes, shown: str) -> str:
    if len(raw) > LARGEST_BYTES:
        raise EnvFileError(
            "the env file is over 1 MiB", where=shown, hint="An env file holds a few lines; is this one?"
        )
    if b"\x00" in raw:
        line = _line_at(raw, raw.index(b"\x00"))
        raise EnvFileError(
            "the env file holds a NUL byte",
            where=f"{shown}:{line}",
            hint="Save it as UTF-8 (UTF-16 has NUL bytes in every line).",
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = _line_at(raw, error.start)
        raise EnvFileError("the env file is not UTF-8", where=f"{shown}:{line}", hint="Save it as UTF-8.") from None


def _line_at(raw: bytes, position: int) -> int:
    before = raw[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1


def _read_bytes(path: Path, shown: str) -> bytes:
    # Non-blocking, so that opening a FIFO that nobody writes to returns.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        kind = kind_of(os.fstat(descriptor).st_mode)
        if kind == "fifo":
            return _read_fifo(descriptor, shown)
        if kind != "file":
            raise EnvFileError(f"the env file is a {kind}", where=shown, hint="Name a file.")
        pieces, size = [], 0
        while size <= LARGEST_BYTES and (piece := file.read(LARGEST_BYTES + 1)):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)


def _read_fifo(descriptor: int, shown: str) -> bytes:
    import select  # noqa: PLC0415 - FIFOs are rare, and Windows has no poll

    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    deadline = time.monotonic() + FIFO_SECONDS
    received = b""
    while len(received) <= LARGEST_BYTES:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(remaining * 1000):
            raise EnvFileError(
                f"the env file is a FIFO, and nobody finished writing to it within {FIFO_SECONDS:g} seconds",
                where=shown,
                hint="Start what writes to it (a secret manager, often), or use --no-env-file.",
            )
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        received += piece
    return received
