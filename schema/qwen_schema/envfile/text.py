"""Reading the text of a file from the disk, once and within bounds: an env file, or an artifact."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, EnvFileError

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


@dataclass(frozen=True)
class Subject:
    """What is read: how messages name it, and which error it is that it cannot be read."""

    shown: str
    noun: str
    error: type[ConfigurationError]
    unreadable_hint: str

    def refusal(self, what: str, hint: str, line: int | None = None) -> ConfigurationError:
        """Return the error that names this file, and the line in it."""
        where = self.shown if line is None else f"{self.shown}:{line}"
        return self.error(what, where=where, hint=hint)


def read_env_text(path: Path, shown: str) -> str:
    """Return the text of an env file: a regular file, or a FIFO, whose writer it waits for (3 s at most).

    `shown` is the path as messages name it.

    Raises:
        EnvFileError: if it cannot be read, is over 1 MiB, is not UTF-8, or holds a NUL byte.
    """
    hint = "Make it readable for you, or move it away: going on without it would change which file counts."
    return read_text(path, Subject(shown, "env file", EnvFileError, hint))


def read_text(path: Path, subject: Subject) -> str:
    """Return the text of a file within the same bounds.

    Raises:
        ConfigurationError: of the subject's kind, if it cannot be read, is over 1 MiB, is not UTF-8, or holds a NUL
            byte.
    """
    try:
        raw = _read_bytes(path, subject)
    except FileNotFoundError:
        raise subject.refusal("there is no such file", "Is the path right?") from None
    except OSError as error:
        what = f"the {subject.noun} cannot be read: {error.strerror}"
        raise subject.refusal(what, subject.unreadable_hint) from None
    return decoded(raw, subject)


def decoded(raw: bytes, subject: Subject) -> str:
    """Return the text that the bytes of a file are.

    Raises:
        ConfigurationError: of the subject's kind, if it is over 1 MiB, is not UTF-8, or holds a NUL byte.
    """
    if len(raw) > LARGEST_BYTES:
        raise subject.refusal(f"the {subject.noun} is over 1 MiB", "It has a few lines; is this one?")
    if b"\x00" in raw:
        line, hint = _line_at(raw, raw.index(b"\x00")), "Save it as UTF-8 (UTF-16 has NUL bytes in every line)."
        raise subject.refusal(f"the {subject.noun} holds a NUL byte", hint, line)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = _line_at(raw, error.start)
        raise subject.refusal(f"the {subject.noun} is not UTF-8", "Save it as UTF-8.", line) from None


def _line_at(raw: bytes, position: int) -> int:
    before = raw[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1


def _read_bytes(path: Path, subject: Subject) -> bytes:
    # Non-blocking, so that opening a FIFO that nobody writes to returns.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        kind = kind_of(os.fstat(descriptor).st_mode)
        if kind == "fifo":
            return _read_fifo(descriptor, subject)
        if kind != "file":
            raise subject.refusal(f"the {subject.noun} is a {kind}", "Name a file.")
        pieces, size = [], 0
        while size <= LARGEST_BYTES and (piece := file.read(LARGEST_BYTES + 1)):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)


def _read_fifo(descriptor: int, subject: Subject) -> bytes:
    import select  # noqa: PLC0415 - FIFOs are rare, and Windows has no poll

    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    deadline = time.monotonic() + FIFO_SECONDS
    received = b""
    while len(received) <= LARGEST_BYTES:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poll.poll(remaining * 1000):
            raise subject.refusal(
                f"the {subject.noun} is a FIFO, and nobody finished writing to it within {FIFO_SECONDS:g} seconds",
                "Start what writes to it (a secret manager, often), or use --no-env-file."
                if subject.error is EnvFileError
                else "Start what writes to it.",
            )
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        received += piece
    return received
