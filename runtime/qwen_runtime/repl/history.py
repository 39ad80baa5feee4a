"""The history of typed texts, in a file that only its owner can read."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from qwen_schema import redact_unknown
from qwen_schema.bounded import Unreadable, read_file

if TYPE_CHECKING:
    from pathlib import Path

# In bytes; enough for years of typing.
_LARGEST_BYTES = 16 * 1024 * 1024


class RedactedHistory(FileHistory):
    """A history without texts that are or look like a secret. A text that cannot be stored is kept in memory."""

    def store_string(self, string: str) -> None:
        """Add a text to the file."""
        with suppress(OSError):
            super().store_string(redact_unknown(string))


def open_history(path: Path | None) -> tuple[History, str]:
    """Return the history, and the reason if texts cannot be stored."""
    if path is None:
        return InMemoryHistory(), ""
    try:
        _make_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            read_file(path, most=_LARGEST_BYTES)
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except Unreadable as error:
        return InMemoryHistory(), f"Input history is not saved: {path} {error}."
    except OSError as error:
        return InMemoryHistory(), f"Input history is not saved: {path} cannot be written ({error.strerror})."
    return RedactedHistory(str(path)), ""


def _make_directory(directory: Path) -> None:
    """Make a directory and its missing parents, each for its owner only.

    Source: XDG Base Directory Specification, "Referencing this specification".
    """
    if not directory.is_dir():
        _make_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)
