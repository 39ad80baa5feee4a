"""Reads settings files as Qwen Code does: their text, and the JSON in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bounded import read_file
from .jsonc import parse_jsonc

if TYPE_CHECKING:
    from pathlib import Path

    from .jsonc import Node

LARGEST_SETTINGS_BYTES = 4 * 1024 * 1024


def read_settings_text(path: Path) -> str:
    """Return the text of a settings file; bytes that are not UTF-8 are replaced, as Node.js does.

    Raises:
        OSError: if the file cannot be read.
        Unreadable: if it is not a file, or larger than 4 MiB.
    """
    return read_file(path, most=LARGEST_SETTINGS_BYTES).decode("utf-8", errors="replace")


def read_settings(path: Path) -> Node:
    """Return the JSON value of a settings file; a byte order mark before it is skipped.

    Raises:
        OSError: if the file cannot be read.
        Unreadable: if it is not a file, or larger than 4 MiB.
        JsonError: if it is not JSON with comments.
    """
    return parse_jsonc(read_settings_text(path).removeprefix("\ufeff"))
