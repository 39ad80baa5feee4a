"""From a parsed command line to a resolution: the one way that `resolve`, `check` and `run` share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from qwen_cfg.application.telemetry import note_resolution
from qwen_cfg.homes import home_of
from qwen_cfg.paths import OAUTH_CACHE, home_level_files
from qwen_cfg.reading import read_world, users_directory, working_directory
from qwen_cfg.resolution import Inferred, Options, Resolution, profile_named, resolve_world
from qwen_cfg.trust.gate import owners_allowed
from qwen_cfg.world import EnvFileChoice, Given
from qwen_schema import (
    DEFAULT_PROFILE,
    BadValue,
    Profile,
    QwenCfgError,
    Secret,
    SecretReference,
    UsageError,
    declared_fields,
    parse_value,
    pointed,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from qwen_cfg.world import World
    from qwen_schema import ResolvedConfig
    from qwen_schema.envfile import Dialect

PROFILE_VARIABLE = "QWEN_CFG_PROFILE"


@dataclass(frozen=True)
class Asked:
    """What a command line asks of a resolution; where it says nothing, an artifact's own answers may stand."""

    given: Mapping[str, Given]
    choice: EnvFileChoice | None
    profile: str | None
    dialect: Dialect | None
    secret_from: SecretReference | None = None
    assumed: Inferred | None = None
    trust_project: bool = False


def asked(args: argparse.Namespace) -> Asked:
    """Return what the options of a command ask for.

    Raises:
        UsageError: if --secret-from names no kind of reference.
    """
    choice = None
    if args.no_env_file:
        choice = EnvFileChoice("none")
    elif args.env_file:
        choice = EnvFileChoice("flag", Path(args.env_file))
    reference = None if args.secret_from is None else secret_reference(args.secret_from)
    dialect = cast("Any", args.env_dialect)
    return Asked(args.given, choice, args.profile, dialect, reference, trust_project=args.trust_project)


def secret_flags(given: Mapping[str, Given]) -> dict[str, Secret]:
    """Return the secrets among the flags that were given, by the flag as it was spelled."""
    return {flag.flag: flag.text for flag in given.values() if isinstance(flag.text, Secret)}


def resolution_of(request: Asked, *, survey: bool) -> Resolution:
    """Read the world and resolve it.

    Raises:
        UsageError: if QWEN_CFG_PROFILE names no profile.
        ConfigurationError: if the working directory is gone, or an env file cannot be read.
    """
    profile = profile_of(request)
    return note_resolution(resolve_world(world_of(request, (profile,), survey=survey), profile, options_of(request)))


def profile_of(request: Asked) -> Profile:
    """Return the profile that is asked for, by a flag or by QWEN_CFG_PROFILE.

    Raises:
        UsageError: if that names none.
    """
    name = request.profile or os.environ.get(PROFILE_VARIABLE) or DEFAULT_PROFILE
    return profile_named(name, where=PROFILE_VARIABLE)


def options_of(request: Asked) -> Options:
    """Return how a request is to be resolved."""
    return Options(request.secret_from, request.assumed)


def world_of(request: Asked, profiles: tuple[Profile, ...], *, survey: bool) -> World:
    """Read the world for resolutions under some profiles.

    Raises:
        ConfigurationError: if the working directory is gone, or the env file that is named is none.
    """
    return read_world(
        flags=request.given,
        environ=os.environ,
        cwd=working_directory(),
        home=home_of(os.environ),
        profiles=profiles,
        choice=request.choice or EnvFileChoice(),
        dialect=request.dialect or "dotenv",
        survey=survey,
        allows=owners_allowed(all_of_them=request.trust_project),
    )


def moved_directory(artifact: ResolvedConfig) -> Path | None:
    """Return the user's directory in place of `~/.qwen` under the profile of an artifact; None if there is none."""
    try:
        profile = profile_named(artifact.profile)
        return users_directory(profile, os.environ, working_directory(), home_of(os.environ), artifact.dialect)
    except QwenCfgError:
        return None


def files_of_user(artifact: ResolvedConfig) -> tuple[Path, ...]:
    """Return the env files that are the user's own under the profile of an artifact."""
    return home_level_files(home_of(os.environ).path, moved_directory(artifact))


def secret_reference(text: str) -> SecretReference:
    """Return the reference that KIND:WHERE names.

    Raises:
        UsageError: if it names none. The text is not repeated: a key may have been put there.
    """
    kind, _, where = text.partition(":")
    path, _, variable = where.rpartition(":")
    key = declared_fields()["api_key"]
    match kind:
        case "environment" if _is_name(where):
            return SecretReference("environment", variable=where)
        case "env-file" if path and _is_name(variable):
            return SecretReference("env-file", path=path, variable=variable)
        case "flag" if not where:
            return SecretReference("flag", flag=key.flags[0])
        case "oauth-cache" if not where:
            return SecretReference("oauth-cache", path=OAUTH_CACHE)
        case "keyring" | "command" if (pointer := _pointer(text)) is not None:
            return pointer
    raise UsageError(
        "this names no place of a secret",
        where="--secret-from",
        hint="Right would be environment:VARIABLE, env-file:PATH:VARIABLE, keyring:SERVICE/NAME, command:WORDS, flag "
        "or oauth-cache.",
    )


def _pointer(text: str) -> SecretReference | None:
    """Return the reference that a pointer stands for; None if it is not well-formed, or holds a key."""
    try:
        parse_value(declared_fields()["api_key"], text)
    except BadValue:
        return None
    return pointed(text)


def _is_name(text: str) -> bool:
    return text.replace("_", "").isalnum() and text.isascii() and not text[0].isdigit()
