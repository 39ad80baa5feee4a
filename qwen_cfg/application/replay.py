"""Resolving again what an artifact was made from, and comparing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qwen_cfg.compile import SECRET_FROM, to_artifact
from qwen_cfg.differences import Difference, drift, provenance_text
from qwen_cfg.homes import home_of
from qwen_cfg.reading import working_directory
from qwen_cfg.resolution import Inferred, resolve_world
from qwen_cfg.rules import diagnose
from qwen_cfg.trust.gate import without_answered
from qwen_cfg.world import EnvFileChoice, Given
from qwen_schema import (
    Secret,
    SecretReference,
    SecretReferenceError,
    Surroundings,
    kind_of_pointer,
    located,
    look_up,
    show_value,
)

from .incomplete import IncompleteError
from .request import Asked, resolution_of, secret_flags

if TYPE_CHECKING:
    from qwen_cfg.resolution import Resolution
    from qwen_cfg.rules import Diagnostic, Rule
    from qwen_schema import ResolvedConfig, Value


@dataclass(frozen=True)
class Comparison:
    """What resolves now, in what it differs from the artifact, what rules say of it, and whether the key is missing."""

    new: ResolvedConfig
    differences: tuple[Difference, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    key_is_missing: bool = False


def asked_again(request: Asked, old: ResolvedConfig) -> Asked:
    """Return a request completed with what the artifact was made with: its flags, env file, profile and dialect.

    What was just written is then never drift. The method that was inferred there stands if no key is here.
    """
    method = old.provenance["auth_method"]
    replayed = {
        name: Given(provenance.origin, text)
        for name, provenance in old.provenance.items()
        if provenance.layer == "flag" and (text := _text(old.config[name])) is not None
    }
    return Asked(
        {**replayed, **request.given},
        request.choice or _choice(old),
        request.profile or old.profile,
        request.dialect or old.dialect,
        request.secret_from or _declared_reference(old),
        Inferred(old.text("auth_method"), method.origin) if method.layer == "default" else None,
        request.trust_project,
    )


def compare(old: ResolvedConfig, request: Asked, rules: tuple[Rule, ...], *, strict: bool) -> Comparison:
    """Resolve again, compare with the artifact, and apply rules.

    A key that is missing here is taken to be where the artifact says; only `strict` makes drift of it.

    Raises:
        ConfigurationError: if what resolves here is invalid or incomplete otherwise.
    """
    resolution = resolution_of(request, survey=True)
    filled = _with_reference(resolution, old.api_key) if resolution.needs_api_key else resolution
    new = _artifact(filled, inline_secrets=old.api_key.kind == "literal" and _has_key_itself(resolution))
    if resolution.needs_api_key:
        new = replace(new, provenance={**new.provenance, "api_key": old.provenance["api_key"]})
    has_key = resolution.decisions["api_key"].winner is not None
    missing = resolution.needs_api_key or (not has_key and _leads_nowhere(resolution, request.secret_from))
    differences = drift(old, new, strict=strict)
    if missing and strict:
        differences = (_missing(old), *differences)
    return Comparison(new, differences, without_answered(diagnose(filled, rules), filled), missing)


def _with_reference(resolution: Resolution, reference: SecretReference) -> Resolution:
    """Resolve the same world once more, the key being taken to be where a reference says."""
    return resolve_world(resolution.world, resolution.profile, replace(resolution.options, secret_from=reference))


def _leads_nowhere(resolution: Resolution, reference: SecretReference | None) -> bool:
    """Tell whether there is no key where a declared reference says, nor a pointer to one.

    A login, and a FIFO, are not looked into; the keyring is not asked, and no command is run.
    """
    if reference is None or reference.kind == "oauth-cache":
        return False
    world = resolution.world
    if reference.path is not None and located(reference.path, base=world.cwd, home=world.home).is_fifo():
        return False
    here = Surroundings(os.environ, secret_flags(world.flags), world.cwd, world.home, world.dialect)
    try:
        look_up(reference, here)
    except SecretReferenceError:
        return True
    return False


def _has_key_itself(resolution: Resolution) -> bool:
    """Tell whether the key that won is here, rather than missing, or elsewhere as a pointer says."""
    winner = resolution.decisions["api_key"].winner
    return not resolution.needs_api_key and (winner is None or kind_of_pointer(winner.revealed) is None)


def _text(value: Value | SecretReference) -> str | Secret | None:
    """Return a value as the text of a flag; of a key only a pointer to it is known."""
    if not isinstance(value, SecretReference):
        return show_value(value)
    return None if value.pointer is None else Secret(value.pointer)


def _missing(old: ResolvedConfig) -> Difference:
    origin = provenance_text(old.provenance["api_key"])
    return Difference("api_key", "missing secret", str(old.api_key), "no API key", origin, "nobody")


def _declared_reference(old: ResolvedConfig) -> SecretReference | None:
    """Return the reference of an artifact that --secret-from declared, rather than one that was found."""
    return old.api_key if old.provenance["api_key"].origin == SECRET_FROM else None


def _artifact(resolution: Resolution, *, inline_secrets: bool) -> ResolvedConfig:
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    return to_artifact(resolution, inline_secrets=inline_secrets)


def _choice(old: ResolvedConfig) -> EnvFileChoice:
    if old.env_file.chosen_by != "flag" or not old.env_file.paths:
        return EnvFileChoice(old.env_file.chosen_by)
    named = old.env_file.paths[0]
    return EnvFileChoice("flag", located(named, base=working_directory(), home=home_of(os.environ).path))
