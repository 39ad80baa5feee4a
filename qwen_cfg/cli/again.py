"""Resolving again what an artifact was made from, and comparing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qwen_cfg.compile import to_artifact
from qwen_cfg.drift import Difference, drift
from qwen_cfg.reading import home_of, working_directory
from qwen_cfg.resolution import Inferred
from qwen_cfg.rules import diagnose
from qwen_cfg.world import EnvFileChoice, Given
from qwen_schema import SecretReference, located, show_value

from .incomplete import IncompleteError
from .inputs import Asked, resolution_of

if TYPE_CHECKING:
    from qwen_cfg.resolution import Resolution
    from qwen_schema import ResolvedConfig


@dataclass(frozen=True)
class Comparison:
    """What resolves now, in what it differs from the artifact, and whether the key is missing here."""

    new: ResolvedConfig
    differences: tuple[Difference, ...]
    key_is_missing: bool = False


def asked_again(request: Asked, old: ResolvedConfig) -> Asked:
    """Return a request completed with what the artifact was made with: its flags, env file, profile and dialect.

    What was just written is then never drift. The method that was inferred there stands if no key is here.
    """
    method = old.provenance["auth_method"]
    replayed = {
        name: Given(provenance.origin, show_value(value))
        for name, provenance in old.provenance.items()
        if provenance.layer == "flag" and not isinstance(value := old.config[name], SecretReference)
    }
    return Asked(
        {**replayed, **request.given},
        request.choice or _choice(old),
        request.profile or old.profile,
        request.dialect or old.dialect,
        request.secret_from,
        Inferred(old.text("auth_method"), method.origin) if method.layer == "default" else None,
    )


def compare(old: ResolvedConfig, request: Asked, *, strict: bool) -> Comparison:
    """Resolve again and compare with the artifact.

    A key that is missing here is taken to be where the artifact says; only `strict` makes drift of it.

    Raises:
        ConfigurationError: if what resolves here is invalid or incomplete otherwise.
    """
    resolution = resolution_of(request, survey=True)
    if resolution.needs_api_key:
        return _compare_without_key(old, request, strict=strict)
    new = _artifact(resolution, inline_secrets=old.api_key.kind == "literal")
    return Comparison(new, drift(old, new, strict=strict))


def _compare_without_key(old: ResolvedConfig, request: Asked, *, strict: bool) -> Comparison:
    reference, provenance = old.api_key, old.provenance["api_key"]
    resolution = resolution_of(replace(request, secret_from=reference), survey=True)
    new = _artifact(resolution, inline_secrets=False)
    new = replace(new, provenance={**new.provenance, "api_key": provenance})
    differences = drift(old, new, strict=strict)
    if strict:
        missing = Difference("api_key", "missing secret", str(reference), "no API key", provenance.origin, "nobody")
        differences = (missing, *differences)
    return Comparison(new, differences, key_is_missing=True)


def _artifact(resolution: Resolution, *, inline_secrets: bool) -> ResolvedConfig:
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    return to_artifact(resolution, inline_secrets=inline_secrets)


def _choice(old: ResolvedConfig) -> EnvFileChoice:
    if old.env_file.chosen_by != "flag" or old.env_file.path is None:
        return EnvFileChoice(old.env_file.chosen_by)
    return EnvFileChoice("flag", located(old.env_file.path, base=working_directory(), home=home_of(os.environ).path))
