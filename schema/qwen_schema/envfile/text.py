"""Reads the text of an env file or an artifact from the disk, with limits on size and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.bounded import NobodyWrites, TooLarge, Unreadable, read_file
from qwen_schema.errors import ConfigurationError, EnvFileError

from ..records import record

if TYPE_CHECKING:
    from pathlib import Path


@record
class Subject:
    """A file in messages: its path as shown, its kind as a noun, and the class and hint of its errors."""

    shown: str
    noun: str
    error: type[ConfigurationError]
    unreadable_hint: str

    def refusal(self, what: str, hint: str, line: int | None = None) -> ConfigurationError:
        """Return an error about this file, and a line of it if one is given."""
        where = self.shown if line is None else f"{self.shown}:{line}"
        return self.error(what, where=where, hint=hint)


def read_env_text(path: Path, shown: str) -> str:
    """Return the text of an env file: a regular file, or a FIFO with a time limit of 3 s.

    `shown` is the path in messages.

    Raises:
        EnvFileError: if it cannot be read, is over 1 MiB, is not UTF-8, or contains a NUL byte.
    """
    hint = "Make the file readable, or move it; otherwise another file would silently be used."
    return read_text(path, Subject(shown, "env file", EnvFileError, hint))


def read_text(path: Path, subject: Subject) -> str:
    """Return the text of a file, with the same limits.

    Raises:
        ConfigurationError: of the subject's class, if it cannot be read, is over 1 MiB, is not UTF-8, or contains a NUL
            byte.
    """
    try:
        raw = read_file(path, fifo=True)
    except FileNotFoundError:
        raise subject.refusal("the file does not exist", "Check the path.") from None
    except OSError as error:
        what = f"the {subject.noun} cannot be read: {error.strerror}"
        raise subject.refusal(what, subject.unreadable_hint) from None
    except Unreadable as unreadable:
        raise subject.refusal(f"the {subject.noun} {unreadable}", _hint(unreadable, subject)) from None
    return decode_text(raw, subject)


def _hint(unreadable: Unreadable, subject: Subject) -> str:
    match unreadable:
        case TooLarge():
            return "This file should be small; check the path."
        case NobodyWrites() if subject.error is EnvFileError:
            return "Start the program that writes to it (often a secret manager), or use --no-env-file."
        case NobodyWrites():
            return "Start the program that writes to it."
    return "Name a file."


def decode_text(raw: bytes, subject: Subject) -> str:
    """Return the text of a file's bytes.

    Raises:
        ConfigurationError: of the subject's class, if it is not UTF-8, or contains a NUL byte.
    """
    if b"\x00" in raw:
        line, hint = _line_at(raw, raw.index(b"\x00")), "Save it as UTF-8 (UTF-16 has NUL bytes in every line)."
        raise subject.refusal(f"the {subject.noun} contains a NUL byte", hint, line)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = _line_at(raw, error.start)
        raise subject.refusal(f"the {subject.noun} is not UTF-8", "Save it as UTF-8.", line) from None


def _line_at(raw: bytes, position: int) -> int:
    before = raw[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1
