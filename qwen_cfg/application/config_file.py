"""The artifact that --config names. Nothing is resolved, and the origins that it records are not trusted."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import home_level_files
from qwen_cfg.core.resolution import profile_named
from qwen_cfg.reading.ownership import ownership_error
from qwen_cfg.reading.world import users_directory
from qwen_cfg.trust import concern_of_artifact, is_named_by_user, sends_unusual
from qwen_cfg.trust.file_provenance import file_provenance_of
from qwen_cfg.writing.artifact_file import read_artifact
from qwen_schema import QwenCfgError, SecretReference, Surroundings, UsageError, endpoint_of, locate_path
from qwen_schema.records import record, replace

from .compilation import allowed_owners
from .machine import with_machine

if TYPE_CHECKING:
    from qwen_cfg.reading.ownership import ForeignFileError
    from qwen_cfg.trust import Concern
    from qwen_schema import ResolvedConfig

    from .request import Process, Request


@record
class ConfigFile:
    """An artifact from a file, with the file's name in the request; its key is not read yet."""

    request: Request
    name: str
    path: Path
    artifact: ResolvedConfig

    @cached_property
    def surroundings(self) -> Surroundings:
        """The context of its references; a command may be run only if the user names it, too."""
        here = replace(surroundings_of(self.artifact, self.request.process), flags=self.request.secrets)
        may_run = self.request.secret_from is not None or is_named_by_user(self.artifact.api_key, here)
        return replace(here, may_run_commands=may_run)

    @cached_property
    def with_machine_settings(self) -> ResolvedConfig:
        """The artifact with the settings of this machine.

        Raises:
            ConfigurationError: if one of them is not valid.
        """
        return with_machine(self.artifact, self.surroundings)

    @cached_property
    def owner_error(self) -> ForeignFileError | None:
        """The error if the artifact names another user's env file for its key; None if the user named the file."""
        reference, request = self.artifact.api_key, self.request
        if reference.kind != "env-file" or request.secret_from is not None:
            return None
        path = locate_path(str(reference.path), base=self.surroundings.base, home=self.surroundings.home)
        try:
            allows = allowed_owners(request.process, all_of_them=request.trusts_project)
            return ownership_error(path, str(reference.path), allows, request.process.environ)
        except OSError:
            return None

    @cached_property
    def concern(self) -> Concern | None:
        """The concern that needs an approval before the artifact is used; None if there is none."""
        return _concern(self.artifact, self.path, self.name, self.surroundings)

    @property
    def unusual_variable_notice(self) -> str:
        """A notice if the artifact reads the key from a variable whose name is not one for API keys; else empty."""
        variable = sends_unusual(self.artifact)
        if variable is None:
            return ""
        where = endpoint_of(self.artifact.text("base_url"))
        return f"{self.name} sends the variable {variable} as the API key to {where}"


def config_file(request: Request) -> ConfigFile:
    """Return the artifact that --config names in a request.

    Raises:
        UsageError: if the request also has flags for fields that the artifact has.
        ArtifactError: if the file is not an artifact.
    """
    assert request.config is not None and request.artifact_file is not None  # noqa: S101 - callers have checked it
    _, artifact = read_artifact(request.artifact_file, request.config)
    # The artifact does not contain a key that was a flag, so the flag is needed again.
    reference = request.secret_from or artifact.api_key
    conflicting = _conflicting_options(request, {"api_key"} if reference.kind == "flag" else set())
    if conflicting:
        raise UsageError(
            "an artifact already has every field, so it cannot be combined with " + ", ".join(conflicting),
            where="--config",
            hint="Use either the artifact or the flags.",
        )
    if reference.kind == "flag" and "api_key" in request.flags:
        reference = SecretReference("flag", flag=request.flags["api_key"].flag)
    artifact = replace(artifact, config={**artifact.config, "api_key": reference})
    return ConfigFile(request, request.config, request.artifact_file, artifact)


def concern_of_written(artifact: ResolvedConfig, path: Path, request: Request) -> Concern | None:
    """Return the concern that `run --config` would ask about, for an artifact that was just written."""
    return _concern(artifact, path, str(path), surroundings_of(artifact, request.at(path).process))


def surroundings_of(artifact: ResolvedConfig, process: Process) -> Surroundings:
    """Return the context of an artifact's references in a process, without flags."""
    home = process.home.path
    return Surroundings(
        process.environ,
        {},
        process.cwd,
        home,
        artifact.dialect,
        user_files=home_level_files(home, moved_directory(artifact, process)),
    )


def moved_directory(artifact: ResolvedConfig, process: Process) -> Path | None:
    """Return the user's directory in place of `~/.qwen` under an artifact's profile; None if there is none."""
    try:
        profile = profile_named(artifact.profile)
        return users_directory(profile, process.environ, process.cwd, process.home, artifact.dialect)
    except QwenCfgError:
        return None


def _concern(artifact: ResolvedConfig, path: Path, name: str, here: Surroundings) -> Concern | None:
    return concern_of_artifact(artifact, Path(os.path.realpath(path)), name, here, file_provenance_of)


def _conflicting_options(request: Request, wanted: set[str]) -> list[str]:
    """Return the options that cannot be combined with an artifact; the flags of the `wanted` fields can."""
    choice = request.choice.chosen_by if request.choice else None
    others = {
        "--env-file": choice == "flag",
        "--no-env-file": choice == "none",
        "--profile": request.profile,
        "--env-dialect": request.dialect,
    }
    flags = [flag.flag for name, flag in request.flags.items() if name not in wanted]
    return [*flags, *(option for option, value in others.items() if value)]
