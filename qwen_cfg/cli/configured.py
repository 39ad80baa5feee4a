"""From a parsed command line to what the runtime takes: an artifact, compiled here or given, and its key."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_cfg.compile import to_artifact
from qwen_cfg.homes import home_of
from qwen_cfg.reading import working_directory
from qwen_cfg.remarks import key_remark
from qwen_cfg.rules import diagnose
from qwen_schema import Secret, SecretReference, Surroundings, UsageError, follow

from .artifact_file import read_artifact
from .incomplete import IncompleteError, tell
from .inputs import asked, resolution_of, secret_flags, secret_reference

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_cfg.resolution import Resolution
    from qwen_cfg.world import Given
    from qwen_runtime import Configured
    from qwen_schema import ResolvedConfig

    from .output import Output


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an artifact."""
    parser.add_argument(
        "--config", metavar="FILE", help="use this artifact and resolve nothing; only --secret-from may go with it"
    )


def configured(args: argparse.Namespace, output: Output) -> Configured:
    """Return the artifact of a command line, compiled here unless --config names one, with its key.

    Raises:
        UsageError: if --config goes with what an artifact has already.
        ConfigurationError: if nothing complete and valid resolves here, or the artifact or its key cannot be read.
    """
    if args.config is not None:
        return _with_key(given(args), args.given, working_directory(), home_of(os.environ).path)
    return resolved(resolution_of(asked(args), survey=False), output)


def resolved(resolution: Resolution, output: Output) -> Configured:
    """Return what `of_resolution` does, having told the warnings.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if --secret-from leads to no key.
    """
    tell(diagnose(resolution), output)
    try:
        return of_resolution(resolution)
    except IncompleteError as error:
        error.hint += " What else was looked at: qwen-cfg resolve --explain"
        raise


def of_resolution(resolution: Resolution) -> Configured:
    """Return the artifact of a resolution with its key.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if --secret-from leads to no key.
    """
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    world, key = resolution.world, resolution.decisions["api_key"].value
    # A key that has been read is not read again: a FIFO gives it once.
    known = key if isinstance(key, Secret) and resolution.options.secret_from is None else None
    use = _with_key(to_artifact(resolution), world.flags, world.cwd, world.home, known)
    return replace(use, remark=key_remark(resolution))


def given(args: argparse.Namespace) -> ResolvedConfig:
    """Return the artifact that --config names; its key is still to be read.

    Raises:
        UsageError: if anything goes with it that an artifact has already.
        ArtifactError: if the file is no artifact.
    """
    _, artifact = read_artifact(args.config)
    # A key that was a flag when the artifact was made has to be given again.
    reference = artifact.api_key if args.secret_from is None else secret_reference(args.secret_from)
    too_many = _too_many(args, {"api_key"} if reference.kind == "flag" else set())
    if too_many:
        raise UsageError(
            "an artifact has every field already, and with it goes none of " + ", ".join(too_many),
            where="--config",
            hint="Give the artifact, or give the flags.",
        )
    if reference.kind == "flag" and "api_key" in args.given:
        reference = SecretReference("flag", flag=args.given["api_key"].flag)
    return replace(artifact, config={**artifact.config, "api_key": reference})


def _too_many(args: argparse.Namespace, wanted: set[str]) -> list[str]:
    """Return the options that an artifact does not go with; the flags of the fields that are wanted do."""
    others = {
        "--env-file": args.env_file,
        "--no-env-file": args.no_env_file,
        "--profile": args.profile,
        "--env-dialect": args.env_dialect,
    }
    flags = [given.flag for name, given in args.given.items() if name not in wanted]
    return [*flags, *(option for option, value in others.items() if value)]


def _with_key(
    artifact: ResolvedConfig, flags: Mapping[str, Given], base: Path, home: Path | None, key: Secret | None = None
) -> Configured:
    """Return an artifact with its key, which is read from where the artifact says unless it is known.

    Raises:
        SecretReferenceError: if there is none.
    """
    from qwen_runtime import Configured  # noqa: PLC0415 - the HTTP client is slow to import
    from qwen_runtime.connection import require_supported  # noqa: PLC0415

    require_supported(artifact)
    if key is None:
        key = follow(artifact.api_key, Surroundings(os.environ, secret_flags(flags), base, home, artifact.dialect))
    return Configured(artifact, key, base, home)
