"""Other declarations than those of the schema, for a while: read by the same code, from files like those installed."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import qwen_schema.fields
import qwen_schema.profiles
from qwen_schema import declared_fields, declared_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def fields_with(notes: Mapping[str, Mapping[str, object]]) -> Iterator[None]:
    """Declare some fields with other `x-qwen` annotations than they have."""
    read_schema = qwen_schema.fields.read_schema

    def changed(name: str) -> dict[str, object]:
        schema = read_schema(name)
        for field, note in notes.items() if name == "fields" else ():
            schema["properties"][field]["x-qwen"].update(note)
        return schema

    with patch.object(qwen_schema.fields, "read_schema", changed):
        declared_fields.cache_clear()
        try:
            yield
        finally:
            declared_fields.cache_clear()


@contextmanager
def profiles_with(tables: str) -> Iterator[None]:
    """Declare what some TOML says beside the profiles that are declared."""
    declared = files("qwen_schema").joinpath("profiles.toml").read_text(encoding="utf-8")
    directory = Path(tempfile.mkdtemp(prefix="declared-"))
    (directory / "profiles.toml").write_text(f"{declared}\n{tables}", encoding="utf-8")
    with patch.object(qwen_schema.profiles, "__file__", str(directory / "profiles.py")):
        declared_profiles.cache_clear()
        try:
            yield
        finally:
            declared_profiles.cache_clear()
            shutil.rmtree(directory)
