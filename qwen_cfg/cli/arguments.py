"""Converts a parsed command line to a request. Only the module of a command uses the parsed command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import qwen_schema
from qwen_cfg.application.request import Process, Request
from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.reading.qwen_home import home_of
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME, find_artifact
from qwen_schema import ArtifactError, ConfigurationError, UsageError
from qwen_schema.records import replace

if TYPE_CHECKING:
    import argparse

    from qwen_schema import SecretReference

    from .output import Output


def request_of(args: argparse.Namespace) -> Request:
    """Return the request that the options of a command make in this process.

    Raises:
        UsageError: if --secret-from is not a valid reference.
        ConfigurationError: if there is no working directory.
    """
    # Each command has only some of these options.
    options = vars(args)
    choice = EnvFileChoice("none") if options.get("no_env_file") else None
    if options.get("env_file"):
        choice = EnvFileChoice("flag", Path(options["env_file"]))
    reference = options.get("secret_from")
    request = Request(
        this_process(),
        options.get("flags", {}),
        choice,
        options.get("profile"),
        options.get("env_dialect"),
        None if reference is None else _secret_reference(reference),
        trust_project=options.get("trust_project", False),
    )
    return request if options.get("config") is None else with_config(request, options["config"])


def _secret_reference(text: str) -> SecretReference:
    from qwen_cfg.application.secret_from import secret_reference  # noqa: PLC0415 - few command lines name one

    return secret_reference(text)


def with_config(request: Request, name: str) -> Request:
    """Return a request for the artifact with this name, or in this directory. An empty name searches for one.

    Raises:
        ArtifactError: if none is found.
    """
    _refuse_mistyped_name(name)
    name = artifact_name(name) or find_artifact(request.process.cwd, request.process.home.path)
    return replace(request.at(Path(name)), config=name)


def _refuse_mistyped_name(name: str) -> None:
    """Refuse a missing file if its directory has a file with a similar name.

    Raises:
        ArtifactError: if there is one; the hint names it.
    """
    path = Path(name)
    if not name or os.path.lexists(path):
        return
    try:
        names = sorted(os.listdir(path.parent))  # noqa: PTH208 - names, not paths
    except (OSError, ValueError):
        return
    suggestion = qwen_schema.did_you_mean(path.name, [each for each in names if each.endswith((".toml", ".json"))])
    if suggestion:
        raise ArtifactError("there is no such file", where=name, hint=suggestion.strip())


def artifact_name(name: str) -> str:
    """Return the path of an artifact. For a directory, that is the `qwen.toml` in it."""
    return os.path.join(name, ARTIFACT_NAME) if os.path.isdir(name) else name  # noqa: PTH112, PTH118 - "./" stays


def this_process() -> Process:
    """Return the environment, the working directory and the home of this process.

    Raises:
        ConfigurationError: if there is no working directory.
    """
    return Process(os.environ, working_directory(), home_of(os.environ))


def working_directory() -> Path:
    """Return the working directory.

    Raises:
        ConfigurationError: if it was deleted, or cannot be accessed.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigurationError(
            f"the working directory cannot be found: {error.strerror}",
            where=os.environ.get("PWD", ""),
            hint="It may have been deleted or moved. Change to a directory that exists.",
        ) from None


def require_terminal_for_secrets(args: argparse.Namespace, output: Output) -> None:
    """Refuse `--show-secrets` if standard output is not a terminal, unless `--force` is given.

    Raises:
        UsageError: if secrets would be written to a file or another program.
    """
    if args.show_secrets and not output.is_terminal and not args.force:
        raise UsageError(
            "standard output is not a terminal, so keys would be written to a file or another program",
            where="--show-secrets",
            hint="If that is what you want, add --force.",
        )
