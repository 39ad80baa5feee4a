"""From a request to what the runtime takes, with the warnings that a person should see on the way."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.application.artifact_nearby import other_endpoint
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.config_file import config_file
from qwen_cfg.application.incomplete import IncompleteError
from qwen_cfg.application.ready import keyed, keyed_from_file, ready, ready_from_file
from qwen_cfg.application.shown_warnings import without_shown
from qwen_cfg.rules import diagnose_profile
from qwen_cfg.writing.artifact_file import find_artifact
from qwen_schema import ArtifactError
from qwen_schema.records import replace

from .notices import show_warnings

if TYPE_CHECKING:
    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.application.ready import KeyedConfig
    from qwen_cfg.application.request import Request
    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import ReadyConfig
    from qwen_schema import ResolvedConfig

    from .output import Output


def ready_config(request: Request, gate: Gate, output: Output, *, repeats: bool = False) -> ReadyConfig:
    """Return the artifact of a request, compiled here unless --config names one, with its key.

    With `repeats`, warnings that need no answer are shown although they were shown before.

    Raises:
        UsageError: if --config goes with what an artifact has already.
        ConfigurationError: if nothing complete and valid resolves here, or the artifact or its key cannot be read.
        NotTrustedError: if the artifact names a command for its key, or a project's file decides where that goes.
    """
    if request.config is not None:
        file = config_file(request)
        show_warnings(diagnose_profile(chosen_profile_of(request, file.artifact)), output)
        return ready_from_file(file, gate)
    return ready_compilation(compilation_of(request), gate, output, repeats=repeats)


def keyed_config(request: Request, gate: Gate, output: Output) -> KeyedConfig:
    """Return the artifact of a request with its key, as `ready_config` does, for a program that is not ours.

    Raises:
        UsageError: if --config goes with what an artifact has already.
        ConfigurationError: if nothing complete and valid resolves here, or the artifact or its key cannot be read.
        NotTrustedError: if the artifact names a command for its key, or a project's file decides where that goes.
    """
    if request.config is not None:
        # Which Qwen Code is installed does not matter: it gets the artifact's values.
        return keyed_from_file(config_file(request), gate)
    compilation = compilation_of(request)
    _show_and_require(compilation, output, repeats=False)
    return keyed(compilation, gate)


def chosen_profile_of(request: Request, artifact: ResolvedConfig) -> ChosenProfile:
    """Return whose rules an artifact was made by, which is compiled here unless --config names it."""
    return (request if request.config is None else replace(request, artifact_profile=artifact.profile)).chosen_profile()


def ready_compilation(compilation: Compilation, gate: Gate, output: Output, *, repeats: bool = False) -> ReadyConfig:
    """Return the artifact of a compilation with its key, after its warnings.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if there is no key where a pointer or --secret-from leads.
        NotTrustedError: if a project's file decides where the key goes, and the user does not trust it.
    """
    _show_and_require(compilation, output, repeats=repeats)
    return ready(compilation, gate)


def _show_and_require(compilation: Compilation, output: Output, *, repeats: bool) -> None:
    """Show the warnings of a compilation, and refuse one that is not complete."""
    warnings = compilation.without_asked(compilation.warnings)
    shown = warnings if repeats else without_shown(compilation, warnings, is_seen=output.is_seen)
    show_warnings(shown, output)
    if not compilation.resolution.is_complete:
        hint = f"{_artifact_here(compilation)}To see every source: qwen-cfg resolve --explain"
        raise IncompleteError(compilation.diagnostics, hint)
    if nearby := other_endpoint(compilation):
        output.notice(nearby)


def _artifact_here(compilation: Compilation) -> str:
    """Return how to use the artifact of this directory, which nothing uses unasked; empty if there is none."""
    process = compilation.request.process
    with suppress(ArtifactError):
        return f"To use {find_artifact(process.cwd, process.home.path)}: --config, such as qwen-cfg run --config. "
    return ""
