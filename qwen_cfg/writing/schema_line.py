"""The first line of a TOML artifact that names its JSON Schema, for the editors that read it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The default name of the schema of artifacts. The line is written if this file is beside or above the artifact.
SCHEMA_NAME = "qwen.schema.json"

# The form in which tombi and Taplo, and editors that use them, read the path of a schema.
MARK = "#:schema "
_LONGEST = 1024


def schema_for(directory: Path, home: Path | None, before: str = "") -> str:
    """Return the schema path for an artifact in a directory; empty for no schema line.

    It is the path of the first `qwen.schema.json` from the directory up to the top of the project, relative to the
    directory. `before` is the text of the artifact that is replaced: its own line is kept if it names another schema.
    """
    named = schema_in(before)
    if named and named.rpartition("/")[2] != SCHEMA_NAME:
        return named
    path = first_upwards(SCHEMA_NAME, directory, home)
    if path is None or not path.is_file() or _is_anothers(path):
        return ""
    name = os.path.relpath(path, directory)
    return name if name.startswith(os.pardir) else f"./{name}"


def schema_in(text: str) -> str:
    """Return the path in the schema line of an artifact; empty if there is no such line."""
    first = text[: _LONGEST + 1].partition("\n")[0].rstrip("\r")
    named = first.removeprefix(MARK).strip() if first.startswith(MARK) and len(first) <= _LONGEST else ""
    return named if named.isprintable() else ""


def first_upwards(name: str, directory: Path, home: Path | None) -> Path | None:
    """Return the nearest file of a name upward. The search ends at the top of a git work tree, the home or the root."""
    for place in (directory, *directory.parents):
        path = place / name
        if os.path.lexists(path):
            return path
        if place == home or os.path.lexists(place / ".git"):
            break
    return None


def _is_anothers(path: Path) -> bool:
    from qwen_cfg.reading.ownership import foreign_owner  # noqa: PLC0415 - few projects have a schema

    with suppress(OSError):
        return foreign_owner(path) is not None
    return True
