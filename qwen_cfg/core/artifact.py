"""Converts a resolution to the artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import (
    ConfigurationError,
    EnvFileUse,
    Provenance,
    ResolvedConfig,
    Secret,
    SecretReference,
    SettingsUse,
    Value,
    declared_fields,
    is_unicode,
    locate_path,
    reference_of_pointer,
)
from qwen_schema.records import replace

from .layers import DEFAULT, layer_named
from .merge import with_winner
from .paths import home_level_files, without_dots

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema.artifact import ReferenceKind

    from .merge import Decision
    from .origin import Candidate, Layer
    from .paths import Standpoint
    from .resolution import Resolution

# The origin of a requested secret reference.
SECRET_FROM = "--secret-from"  # noqa: S105 - an option

_OAUTH_LOGIN = Provenance("default", "the Qwen OAuth login", "user")


def to_artifact(
    resolution: Resolution, *, inline_secrets: bool = False, of_this_machine: bool = False
) -> ResolvedConfig:
    """Return the resolved config of a complete resolution, without secrets unless `inline_secrets` is set.

    Settings of the machine have their defaults, unless a flag or a project's file sets them for every machine. With
    `of_this_machine`, they have the values in use here.

    Raises:
        ConfigurationError: if the resolution is incomplete, or `inline_secrets` is set and there is no key.
    """
    if not resolution.is_complete:
        raise ConfigurationError("the configuration is incomplete, so there is no resolved config")
    if resolution.google_project is not None and resolution.options.secret_from is None:
        raise ConfigurationError(
            "vertex-ai uses Google's application default credentials here, and a resolved config cannot refer to them",
            where=str(resolution.google_project.origin),
            hint="To see what is resolved: --explain. For a resolved config, set GOOGLE_API_KEY.",
        )
    read = tuple(file.shown for file in resolution.files)
    for shown in read:
        if not is_unicode(shown):
            raise ConfigurationError(
                "the name of the env file is not UTF-8, so an artifact cannot name it",
                where=shown,
                hint="Rename it.",
            )
    decisions = resolution.decisions
    if not of_this_machine:
        decisions = {name: _for_every_machine(resolution, d) if d.field.machine else d for name, d in decisions.items()}
    return ResolvedConfig(
        profile=resolution.profile.name,
        dialect=resolution.world.dialect,
        config={name: _config(resolution, d, inline_secrets=inline_secrets) for name, d in decisions.items()},
        provenance={name: _provenance(resolution, d) for name, d in decisions.items()},
        env_file=EnvFileUse(resolution.world.choice.chosen_by, read),
        excluded=resolution.excluded,
        settings=_settings(resolution),
        proxy_login=resolution.proxy_login if of_this_machine else None,
    )


def _settings(resolution: Resolution) -> tuple[SettingsUse, ...]:
    scopes = resolution.settings.scopes if resolution.settings is not None else ()
    return tuple(SettingsUse(scope.file.scope, scope.file.shown) for scope in scopes if scope.outcome == "read")


def rebase(artifact: ResolvedConfig, here: Standpoint, there: Standpoint) -> ResolvedConfig:
    """Return an artifact with its paths, relative to `here`, made relative to `there`; each names the same file."""
    if here == there:
        return artifact
    files = artifact.files

    def moved_path(path: str) -> str:
        return portable_path(path, there) if path.startswith("~/") else there.show(without_dots(here.cwd / path))

    def origin(text: str) -> str:
        file = next((file for file in files if text.startswith(f"{file}:")), None)
        return text if file is None else moved_path(file) + text.removeprefix(file)

    def value(name: str, of: Value | SecretReference) -> Value | SecretReference:
        if isinstance(of, SecretReference):
            return of if of.path is None else replace(of, path=moved_path(of.path))
        is_path = declared_fields()[name].schema.get("format") == "file-path"
        return moved_path(str(of)) if is_path and of else of

    return replace(
        artifact,
        config={name: value(name, of) for name, of in artifact.config.items()},
        provenance={name: replace(p, origin=origin(p.origin)) for name, p in artifact.provenance.items()},
        env_file=replace(artifact.env_file, paths=tuple(map(moved_path, artifact.env_file.paths))),
        settings=tuple(replace(use, path=moved_path(use.path)) for use in artifact.settings),
        excluded=tuple(replace(entry, origin=origin(entry.origin)) for entry in artifact.excluded),
    )


def portable_path(text: str, standpoint: Standpoint) -> str:
    """Return a path in the form that is the same on every machine (`./`, `../`, `~/`)."""
    if not text or text.startswith("~/"):
        return text
    return standpoint.show(without_dots(standpoint.cwd / text))


def user_files(resolution: Resolution) -> tuple[Path, ...]:
    """Return the user's own env files, read or not."""
    return home_level_files(resolution.world.home, resolution.directory.users_own)


def _config(resolution: Resolution, decision: Decision, *, inline_secrets: bool) -> Value | SecretReference:
    if decision.field.secret:
        return _inline_reference(decision) if inline_secrets else _reference(resolution, decision)
    value = decision.value
    assert value is not None and not isinstance(value, Secret)  # noqa: S101 - it is complete
    if decision.field.schema.get("format") == "file-path":
        return portable_path(str(value), resolution.world.standpoint)
    return value


def _for_every_machine(resolution: Resolution, decision: Decision) -> Decision:
    candidates = [decision.winner, *(lost.candidate for lost in decision.shadowed if lost.fate == "beaten")]
    settled_by = (
        with_winner(decision, c) for c in candidates if c is not None and _is_for_every_machine(resolution, c)
    )
    return next((one for one in settled_by if one.problem is None), decision)


def _is_for_every_machine(resolution: Resolution, candidate: Candidate) -> bool:
    """Return whether a value applies to every machine: a flag sets it or names its file, or a project sets it."""
    origin, named = candidate.origin, resolution.world.choice.path
    is_in_named = named is not None and origin.path == named
    return origin.layer == "flag" or origin.source.is_default or origin.is_from_project or is_in_named


def _inline_reference(decision: Decision) -> SecretReference:
    if not isinstance(decision.value, Secret):
        raise ConfigurationError(
            "there is no API key to inline", where="--inline-secrets", hint="Set OPENAI_API_KEY, or remove the flag."
        )
    pointer = reference_of_pointer(decision.value.reveal())
    if pointer is not None:
        raise ConfigurationError(
            f"there is no API key to inline: it comes from {pointer}, which is read only when the key is needed",
            where="--inline-secrets",
            hint="Remove the flag: the artifact then names the place of the key, which is not a secret.",
        )
    return SecretReference("literal", value=decision.value)


def key_reference(resolution: Resolution) -> SecretReference:
    """Return the secret reference to the key of a resolution."""
    return _reference(resolution, resolution.decisions["api_key"])


def _reference(resolution: Resolution, decision: Decision) -> SecretReference:
    reference = resolution.options.secret_from
    if reference is not None:
        if (reference.kind == "oauth-cache") != (resolution.auth_method == "qwen-oauth"):
            raise ConfigurationError(
                f"the method is {resolution.auth_method}, but --secret-from names {reference}",
                where=SECRET_FROM,
                hint="Use oauth-cache with --auth-type qwen-oauth, and every other kind with openai.",
            )
        return _login(resolution) if reference.kind == "oauth-cache" else reference
    if resolution.auth_method == "qwen-oauth" or decision.winner is None:
        return _login(resolution)
    pointer = reference_of_pointer(decision.winner.revealed)
    if pointer is not None:
        return pointer
    origin = decision.winner.origin
    return origin.source.reference(origin)


def _login(resolution: Resolution) -> SecretReference:
    return SecretReference("oauth-cache", path=resolution.login_path)


def _provenance(resolution: Resolution, decision: Decision) -> Provenance:
    if decision.field.secret:
        return _secret_provenance(resolution, decision)
    return _candidate_provenance(decision.winner)


def _candidate_provenance(winner: Candidate | None) -> Provenance:
    assert winner is not None  # noqa: S101 - it is complete
    origin = winner.origin
    return Provenance(origin.layer, origin.place, origin.reach, origin.variable)


def _secret_provenance(resolution: Resolution, decision: Decision) -> Provenance:
    """Return the provenance of the secret that the artifact refers to; --secret-from may change it."""
    reference = resolution.options.secret_from
    if reference is None:
        return _candidate_provenance(decision.winner) if resolution.auth_method != "qwen-oauth" else _OAUTH_LOGIN
    layer = _layer_of(reference.kind)
    is_users = reference.path is not None and _is_home_level(resolution, reference.path)
    return Provenance(layer.name, SECRET_FROM, "user" if is_users else layer.reach, reference.variable)


def _layer_of(kind: ReferenceKind) -> Layer:
    """Return the layer of a secret reference of some kind."""
    match kind:
        case "flag" | "environment" | "env-file" | "settings":
            return layer_named(kind)
        case "oauth-cache" | "keyring" | "command" | "literal":
            return DEFAULT


def _is_home_level(resolution: Resolution, path: str) -> bool:
    return locate_path(path, base=resolution.world.cwd, home=resolution.world.home) in user_files(resolution)
