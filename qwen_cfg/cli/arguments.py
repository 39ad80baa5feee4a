"""A parsed command line as a request; only a command's own module sees the parsed one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.request import Process, Request
from qwen_cfg.application.secret_from import secret_reference
from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.reading.qwen_home import home_of
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME, find_artifact
from qwen_schema import ArtifactError, ConfigurationError, UsageError, did_you_mean
from qwen_schema.records import replace

if TYPE_CHECKING:
    import argparse

    from .output import Output


def request_of(args: argparse.Namespace) -> Request:
    """Return what the options of a command ask for, in this process.

    Raises:
        UsageError: if --secret-from names no kind of reference.
        ConfigurationError: if there is no working directory.
    """
    # Not every command has every option.
    options = vars(args)
    choice = EnvFileChoice("none") if options.get("no_env_file") else None
    if options.get("env_file"):
        choice = EnvFileChoice("flag", Path(options["env_file"]))
    reference = options.get("secret_from")
    request = Request(
        this_process(),
        options.get("given", {}),
        choice,
        options.get("profile"),
        options.get("env_dialect"),
        None if reference is None else secret_reference(reference),
        trust_project=options.get("trust_project", False),
    )
    return request if options.get("config") is None else with_config(request, options["config"])


def with_config(request: Request, name: str) -> Request:
    """Return a request with the artifact of a name, or of a directory; one is looked for if the name is empty.

    Raises:
        ArtifactError: if none is found.
    """
    _refuse_near_name(name)
    name = artifact_name(name) or find_artifact(request.process.cwd, request.process.home.path)
    return replace(request.at(Path(name)), config=name)


def _refuse_near_name(name: str) -> None:
    """Refuse the name of no file where a file beside has much the same name.

    Raises:
        ArtifactError: naming that file.
    """
    path = Path(name)
    if not name or os.path.lexists(path):
        return
    try:
        beside = sorted(os.listdir(path.parent))  # noqa: PTH208 - names are wanted
    except (OSError, ValueError):
        return
    near = did_you_mean(path.name, [each for each in beside if each.endswith((".toml", ".json"))])
    if near:
        raise ArtifactError("there is no such file", where=name, hint=near.strip())


def artifact_name(name: str) -> str:
    """Return the name of the artifact that is meant: a directory stands for the `qwen.toml` in it."""
    return os.path.join(name, ARTIFACT_NAME) if os.path.isdir(name) else name  # noqa: PTH112, PTH118 - "./" stays


def this_process() -> Process:
    """Return the process as it is.

    Raises:
        ConfigurationError: if there is no working directory.
    """
    return Process(os.environ, working_directory(), home_of(os.environ))


def working_directory() -> Path:
    """Return the working directory.

    Raises:
        ConfigurationError: if it has been deleted, or may not be looked at.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigurationError(
            f"the working directory cannot be found: {error.strerror}",
            where=os.environ.get("PWD", ""),
            hint="It may have been deleted or moved. Change to a directory that exists.",
        ) from None


def require_own_eyes(args: argparse.Namespace, output: Output) -> None:
    """Let `--show-secrets` show them on a terminal alone, unless `--force` goes with it.

    Raises:
        UsageError: if they would go elsewhere.
    """
    if args.show_secrets and not output.is_terminal and not args.force:
        raise UsageError(
            "standard output is not a terminal, so keys would be written to a file or another program",
            where="--show-secrets",
            hint="If that is what you want, add --force.",
        )
