"""Checks whether the user sets the same pointer to a key as an artifact; the pointer then needs no approval."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError, SecretReference, declared_fields, look_up

if TYPE_CHECKING:
    from qwen_schema import Surroundings


def is_named_by_user(reference: SecretReference, here: Surroundings) -> bool:
    """Return whether the key variable in the environment or in a file of the user contains a reference's pointer.

    A FIFO is not read: that would empty it.
    """
    if reference.pointer is None:
        return False
    variable = declared_fields()["api_key"].variables[0].name
    files = [path for path in here.user_files if path.is_file()]
    places = [SecretReference("env-file", path=str(path), variable=variable) for path in files]
    for place in (SecretReference("environment", variable=variable), *places):
        with suppress(ConfigurationError, OSError):
            if look_up(place, here).reveal() == reference.pointer:
                return True
    return False
