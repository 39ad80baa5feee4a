"""Changes declarations of the schema during a block; fields and profiles are made of them as usual."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING
from unittest.mock import patch

from qwen_cfg.core import merge, resolution
from qwen_cfg.core.layers import env_files
from qwen_cfg.reading import world
from qwen_schema import declared_fields, declared_profiles
from qwen_schema.tables.fields import FIELDS
from qwen_schema.tables.profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# The caches that depend on the declared fields.
_CACHES = (
    declared_fields,
    resolution.fields_under,
    env_files._declared_variables,
    world._declared_variables,
    merge._default_decision,
)


@contextmanager
def fields_with(notes: Mapping[str, Mapping[str, object]]) -> Iterator[None]:
    """Declare some fields with other `x-qwen` annotations."""
    changed = deepcopy({field: FIELDS[field] for field in notes})
    for field, note in notes.items():
        changed[field]["x-qwen"].update(note)
    with patch.dict(FIELDS, changed):
        _clear_caches()
        try:
            yield
        finally:
            _clear_caches()


def _clear_caches() -> None:
    for cached in _CACHES:
        cached.cache_clear()


@contextmanager
def profiles_with(tables: str) -> Iterator[None]:
    """Declare the profiles in a TOML text in addition to the declared ones."""
    changed = {name: {**PROFILES.get(name, {}), **values} for name, values in tomllib.loads(tables).items()}
    with patch.dict(PROFILES, changed):
        declared_profiles.cache_clear()
        try:
            yield
        finally:
            declared_profiles.cache_clear()
