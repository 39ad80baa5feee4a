"""Returns the runtime's input for a request, and shows the warnings."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.application.artifact_nearby import endpoint_notice
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.config_file import config_file
from qwen_cfg.application.incomplete import IncompleteError
from qwen_cfg.application.ready import config_with_key, file_config_with_key, ready, ready_from_file
from qwen_cfg.application.warning_memory import without_repeats
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
    """Return the artifact of a request with its key. The artifact is compiled, unless --config names one.

    With `repeats`, warnings are shown even if they were shown before.

    Raises:
        UsageError: if --config is combined with a value that the artifact has already.
        ConfigurationError: if the result is incomplete or invalid, or the artifact or its key cannot be read.
        NotTrustedError: if the artifact has a command for its key, or a project's file decides where the key goes.
    """
    if request.config is not None:
        file = config_file(request)
        show_warnings(diagnose_profile(chosen_profile_of(request, file.artifact)), output)
        return ready_from_file(file, gate)
    return ready_compilation(compilation_of(request), gate, output, repeats=repeats)


def keyed_config(request: Request, gate: Gate, output: Output) -> KeyedConfig:
    """Return the artifact of a request with its key, as `ready_config` does, for another program than the runtime.

    Raises:
        UsageError: if --config is combined with a value that the artifact has already.
        ConfigurationError: if the result is incomplete or invalid, or the artifact or its key cannot be read.
        NotTrustedError: if the artifact has a command for its key, or a project's file decides where the key goes.
    """
    if request.config is not None:
        # The installed version does not matter: the program gets the artifact's values.
        return file_config_with_key(config_file(request), gate)
    compilation = compilation_of(request)
    _require_complete(compilation, output, repeats=False)
    return config_with_key(compilation, gate)


def chosen_profile_of(request: Request, artifact: ResolvedConfig) -> ChosenProfile:
    """Return the profile of an artifact: the recorded one if --config names the artifact, else that of the request."""
    return (request if request.config is None else replace(request, artifact_profile=artifact.profile)).chosen_profile()


def ready_compilation(compilation: Compilation, gate: Gate, output: Output, *, repeats: bool = False) -> ReadyConfig:
    """Show the warnings of a compilation, and return its artifact with its key.

    Raises:
        IncompleteError: if a value is missing or not valid.
        SecretReferenceError: if the reference to the key leads to no key.
        NotTrustedError: if a project's file decides where the key goes, and the user does not trust it.
    """
    _require_complete(compilation, output, repeats=repeats)
    return ready(compilation, gate)


def _require_complete(compilation: Compilation, output: Output, *, repeats: bool) -> None:
    """Show the warnings of a compilation, and require that it is complete.

    Raises:
        IncompleteError: if a value is missing or not valid.
    """
    warnings = compilation.without_trust_questions(compilation.warnings)
    shown = warnings if repeats else without_repeats(compilation, warnings, is_seen=output.is_seen)
    show_warnings(shown, output)
    if not compilation.resolution.is_complete:
        hint = f"{_artifact_hint(compilation)}To see every source: qwen-cfg resolve --explain"
        raise IncompleteError(compilation.diagnostics, hint)
    if nearby := endpoint_notice(compilation):
        output.notice(nearby)


def _artifact_hint(compilation: Compilation) -> str:
    """Return a hint on the artifact of this directory, which is used only with --config; empty if there is none."""
    process = compilation.request.process
    with suppress(ArtifactError):
        return f"To use {find_artifact(process.cwd, process.home.path)}: --config, such as qwen-cfg run --config. "
    return ""
