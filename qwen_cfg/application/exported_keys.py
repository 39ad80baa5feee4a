"""The keys in the environment: in the usual variable, and in the variables of providers' own programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields, declared_providers, kind_of_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping


def usual_variable() -> str:
    """Return the usual variable of the key, which most programs read."""
    return declared_fields()["api_key"].variables[0].name


def exported_keys(environ: Mapping[str, str], *, with_usual: bool) -> dict[str, Secret]:
    """Return the keys in the environment by variable; `with_usual` includes the usual variable.

    A pointer in a provider's own variable is left out: no program of that provider follows pointers.
    """
    own = [name for provider in declared_providers().values() for name in provider.key_variables]
    keys = {name: environ[name] for name in own if environ.get(name) and kind_of_pointer(environ[name]) is None}
    usual = usual_variable()
    if with_usual and environ.get(usual):
        keys = {usual: environ[usual], **keys}
    return {name: Secret(text) for name, text in keys.items()}
