"""The first line of a TOML artifact that names its JSON Schema, for the editors that read it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The default name of the schema of artifacts: the line is written where this file stands beside or above the artifact.
SCHEMA_NAME = "qwen.schema.json"

# How tombi and Taplo, and the editors with them, are told of a schema.
MARK = "#:schema "
_LONGEST = 1024


def schema_for(directory: Path, home: Path | None, before: str = "") -> str:
    """Return what the line of an artifact in a directory is to name; empty for no line.

    It is the first `qwen.schema.json` from the directory up to the top of the project, relative to the directory. The
    text `before` is that of the artifact to replace: a line in it that names another schema is the user's, and stays.
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
    """Return what the schema line of an artifact names; empty if it has none."""
    first = text[: _LONGEST + 1].partition("\n")[0].rstrip("\r")
    named = first.removeprefix(MARK).strip() if first.startswith(MARK) and len(first) <= _LONGEST else ""
    return named if named.isprintable() else ""


def first_upwards(name: str, directory: Path, home: Path | None) -> Path | None:
    """Return the first file of a name on the way up, which ends at the top of a git work tree, the home or the root."""
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
