"""From a parsed command line to what the runtime takes: an artifact, compiled here or given, and its key."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.telemetry import note_artifact, observe
from qwen_cfg.compile import to_artifact, user_files
from qwen_cfg.homes import home_of
from qwen_cfg.owners import refused
from qwen_cfg.reading import working_directory
from qwen_cfg.remarks import key_remark
from qwen_cfg.rules import diagnose
from qwen_cfg.standing import standing_of
from qwen_cfg.trust import concern_of_artifact, is_named_by_user, sends_unusual
from qwen_cfg.trust.gate import gate, owners_allowed, without_asked
from qwen_schema import (
    Secret,
    SecretReference,
    Surroundings,
    UsageError,
    endpoint_of,
    follow,
    located,
)
from qwen_schema.qwen_oauth import METHOD

from .artifact_file import read_artifact
from .incomplete import IncompleteError, tell
from .login import placed, require_own, with_login
from .request import asked, files_of_user, resolution_of, secret_flags, secret_reference

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output
    from qwen_cfg.owners import ForeignFileError
    from qwen_cfg.resolution import Resolution
    from qwen_cfg.rules import Diagnostic
    from qwen_cfg.trust import Concern
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import ReadyConfig
    from qwen_schema import ResolvedConfig

    from .login import LoginPlace


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an artifact."""
    parser.add_argument(
        "--config", metavar="FILE", help="use this artifact and resolve nothing; only --secret-from may go with it"
    )


def configured(args: argparse.Namespace, output: Output) -> ReadyConfig:
    """Return the artifact of a command line, compiled here unless --config names one, with its key.

    Raises:
        UsageError: if --config goes with what an artifact has already.
        ConfigurationError: if nothing complete and valid resolves here, or the artifact or its key cannot be read.
        NotTrustedError: if the artifact names a command for its key, or a project's file decides where that goes.
    """
    let_through = gate(args, output)
    if args.config is not None:
        return note_artifact(_of_artifact(args, let_through))
    return resolved(resolution_of(asked(args), survey=False), output, let_through)


def resolved(resolution: Resolution, output: Output, let_through: Gate) -> ReadyConfig:
    """Return what `of_resolution` does, having told the warnings.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if there is no key where a pointer or --secret-from leads.
        NotTrustedError: if a project's file decides where the key goes, and the user does not trust it.
    """
    tell(warnings_of(resolution), output)
    try:
        return of_resolution(resolution, let_through)
    except IncompleteError as error:
        raise error.copy(hint=f"{error.hint} What else was looked at: qwen-cfg resolve --explain") from None


def warnings_of(resolution: Resolution) -> tuple[Diagnostic, ...]:
    """Return what the rules say, but for what the user is asked about, or has been."""
    return without_asked(diagnose(resolution), resolution)


def of_resolution(resolution: Resolution, let_through: Gate, key: Secret | None = None) -> ReadyConfig:
    """Return the artifact of a resolution with its key, which is not fetched if it is given.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if there is no key where a pointer or --secret-from leads.
        NotTrustedError: if a project's file decides where the key goes, and the user does not trust it.
    """
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    let_through.require_for(resolution)
    world, artifact = resolution.world, to_artifact(resolution)
    here = Surroundings(
        os.environ,
        secret_flags(world.flags),
        world.cwd,
        world.home,
        world.dialect,
        user_files=user_files(resolution),
        # No project's file has named one that got here.
        may_run_commands=True,
    )
    if artifact.text("auth_method") == METHOD:
        return with_login(placed(artifact, world.cwd, world.home), let_through)
    use = _with_key(artifact, here, key or _known_key(resolution, artifact))
    return replace(use, remark=key_remark(resolution))


def _known_key(resolution: Resolution, artifact: ResolvedConfig) -> Secret | None:
    """Return the key if it has been read: it is not read again, since a FIFO gives it once. A pointer is none."""
    key = resolution.decisions["api_key"].value
    is_elsewhere = resolution.options.secret_from is not None or artifact.api_key.pointer is not None
    return key if isinstance(key, Secret) and not is_elsewhere else None


def _of_artifact(args: argparse.Namespace, let_through: Gate) -> ReadyConfig:
    """Return the artifact that --config names with its key."""
    artifact = given(args)
    here = _around(args, artifact)
    _require_own(args, artifact, here)
    let_through.require(_concern(args, artifact, here))
    if artifact.text("auth_method") == METHOD:
        require_own(artifact, here.base, here.home)
        return with_login(placed(artifact, here.base, here.home), let_through)
    unusual = sends_unusual(artifact)
    if unusual is not None:
        where = endpoint_of(artifact.text("base_url"))
        let_through.output.notice(f"qwen-cfg: {args.config} sends the variable {unusual} as the API key to {where}")
    return _with_key(artifact, here)


def placed_here(artifact: ResolvedConfig) -> LoginPlace:
    """Return where the login of a given artifact is.

    Raises:
        ConfigurationError: if there is no home to keep a login in.
    """
    return placed(artifact, *from_here())


def from_here() -> tuple[Path, Path | None]:
    """Return where relative paths of an artifact start, and what `~` stands for."""
    return working_directory(), home_of(os.environ).path


def _require_own(args: argparse.Namespace, artifact: ResolvedConfig, here: Surroundings) -> None:
    """Refuse an env file of another user that an artifact names for its key; one that was typed may be anybody's.

    Raises:
        ForeignFileError: if it is one, and nobody has allowed it.
    """
    foreign = _foreign(args, artifact, here)
    if foreign is not None:
        raise foreign


def _foreign(args: argparse.Namespace, artifact: ResolvedConfig, here: Surroundings) -> ForeignFileError | None:
    reference = artifact.api_key
    if reference.kind != "env-file" or args.secret_from is not None:
        return None
    path = located(str(reference.path), base=here.base, home=here.home)
    try:
        return refused(path, str(reference.path), owners_allowed(all_of_them=args.trust_project))
    except OSError:
        return None


def concerns_of_given(args: argparse.Namespace) -> tuple[ForeignFileError | None, Concern | None]:
    """Return what the user has to be asked about before the artifact that --config names is used."""
    artifact = given(args)
    here = _around(args, artifact)
    return _foreign(args, artifact, here), _concern(args, artifact, here)


def _concern(args: argparse.Namespace, artifact: ResolvedConfig, here: Surroundings) -> Concern | None:
    return concern_of_artifact(artifact, Path(os.path.realpath(args.config)), args.config, here, standing_of)


def concern_of_written(artifact: ResolvedConfig, shown: str) -> Concern | None:
    """Return what the user would be asked about, were an artifact that was just written given."""
    return concern_of_artifact(artifact, Path(os.path.realpath(shown)), shown, _surroundings(artifact), standing_of)


def _around(args: argparse.Namespace, artifact: ResolvedConfig) -> Surroundings:
    """Return where the references of an artifact lead; it may run what the user names too, and no other command."""
    here = replace(_surroundings(artifact), flags=secret_flags(args.given))
    may_run = args.secret_from is not None or is_named_by_user(artifact.api_key, here)
    return replace(here, may_run_commands=may_run)


def _surroundings(artifact: ResolvedConfig) -> Surroundings:
    return Surroundings(os.environ, {}, *from_here(), artifact.dialect, user_files=files_of_user(artifact))


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


def _with_key(artifact: ResolvedConfig, here: Surroundings, key: Secret | None = None) -> ReadyConfig:
    """Return an artifact with its key, which is fetched from where the artifact says unless it is known.

    Raises:
        SecretReferenceError: if there is none.
        NotTrustedError: if the artifact names a command, and may run none.
    """
    from qwen_runtime import ReadyConfig  # noqa: PLC0415 - the HTTP client is slow to import

    if key is None:
        key = follow(artifact.api_key, here)
    return ReadyConfig(artifact, key, here.base, here.home, observe=observe)
