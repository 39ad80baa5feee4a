"""The keys that the environment has: in the usual variable, and in those that the providers' own programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields, declared_providers, kind_of_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping


def usual_variable() -> str:
    """Return the variable that every program looks for the key in."""
    return declared_fields()["api_key"].variables[0].name


def exported_keys(environ: Mapping[str, str], *, with_usual: bool) -> dict[str, Secret]:
    """Return the keys in the environment by variable; `with_usual` tells whether the usual one is among them.

    What another provider's variable says is a key, and no pointer: no program of that provider follows one.
    """
    own = [name for provider in declared_providers().values() for name in provider.key_variables]
    keys = {name: environ[name] for name in own if environ.get(name) and kind_of_pointer(environ[name]) is None}
    usual = usual_variable()
    if with_usual and environ.get(usual):
        keys = {usual: environ[usual], **keys}
    return {name: Secret(text) for name, text in keys.items()}
