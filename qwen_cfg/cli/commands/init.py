"""The command `init`: sets up a project with a private env file, which git ignores, and an artifact."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import Compilation, compilation_of, trust_store
from qwen_cfg.application.config_file import concern_of_written
from qwen_cfg.application.exported_keys import usual_variable
from qwen_cfg.application.init_settings import (
    compilation_with,
    endpoint_of,
    init_settings,
    provider_named,
    with_key_from,
)
from qwen_cfg.application.trial import Trial, try_out
from qwen_cfg.application.typed_key import require_typed_key, vouch_for_typed_key
from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.formats import artifact_form
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.notices import show_omitted_login, show_unread_files, show_unused_values, show_warnings
from qwen_cfg.cli.options import add_field_flags
from qwen_cfg.cli.terminal.consent import accept_of, gate_of
from qwen_cfg.cli.terminal.first_settings import ask_for_settings
from qwen_cfg.cli.terminal.prompt import has_terminal
from qwen_cfg.core.paths import Standpoint
from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.trust.gate import Gate
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME, write_artifact
from qwen_cfg.writing.present_fields import fields_in, refuse_other_method, replacement_messages
from qwen_cfg.writing.rollback import whole_or_nothing
from qwen_cfg.writing.save_env_file import env_file_of, save_settings
from qwen_schema import ExitCode, OutputError, QwenCfgError, Secret, UsageError, declared_profiles
from qwen_schema.folders import any_link, no_link, outside_projects, require_no_link
from qwen_schema.providers import offered_providers
from qwen_schema.qwen_oauth import METHOD as LOGIN_METHOD
from qwen_schema.records import replace
from qwen_schema.save import clear
from qwen_schema.signals import delay_signals

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_schema.folders import MayFollow

_NO_ENV_FILE = EnvFileChoice("none")
_WRITE_HINT = "Make it writable, or use another directory."
_NOTHING_WRITTEN = "Nothing was written. To skip the test: --no-verify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default=ARTIFACT_NAME,
        help=f"the artifact to write (default: {ARTIFACT_NAME})",
    )
    parser.add_argument(
        "--provider",
        metavar="NAME",
        choices=[*offered_providers(), LOGIN_METHOD],
        help=f"the provider: {', '.join(offered_providers())} or {LOGIN_METHOD}; sets its base URL and usual model, "
        "unless flags set others. In a terminal, this answers the first question",
    )
    parser.add_argument(
        "--key-from",
        metavar="VARIABLE",
        help="read the API key from this exported variable, or from standard input (-); the key is copied into "
        ".qwen/.env, except from OPENAI_API_KEY, which is used directly",
    )
    parser.add_argument(
        "--no-verify", action="store_true", help="send nothing; without it, one request tests the key and the model"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace existing values and the artifact; the output lists what was replaced",
    )
    parser.add_argument("--profile", choices=list(declared_profiles()), help="which version of Qwen Code to follow")
    add_field_flags(parser)
    parser.epilog = examples(
        "init",
        "init --provider openrouter --key-from OPENROUTER_API_KEY",
        "init --openai-api-key keyring:qwen/me --no-verify",
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Get the settings from questions or flags, test them, and write the env file and the artifact."""
    request = request_of(args)
    cwd, home = request.process.cwd, request.process.home.path
    env_file, artifact = env_file_of(cwd), Path(args.output)
    _require_places(env_file, artifact, outside_projects(home))
    if not args.force:
        _refuse_to_replace(env_file, artifact)
    shown = Standpoint(cwd, home).show(env_file)
    present = fields_in(env_file, shown)
    texts = _settings(args, request, output)
    refuse_other_method(present, texts, shown)
    _require_trusted_endpoint(request, texts, output, is_there=os.path.lexists(env_file))
    was_there, had_env_file = os.path.lexists(artifact), os.path.lexists(env_file)
    # If only one of the two files were written, the next `init` would refuse to continue.
    with delay_signals(), whole_or_nothing(env_file, any_link if cwd == home else no_link):
        done = save_settings(texts, cwd, home, accept_of(output)).done if texts else ()
        # Values that the env file now has do not come from flags any more.
        flags = {name: flag for name, flag in request.flags.items() if name not in texts}
        compilation = compilation_of(replace(request, flags=flags), "survey")
        write_artifact(artifact, compilation.artifact_at(artifact), artifact_form(artifact), home)
    output.lines(*done, *replacement_messages(present, texts, shown))
    _finish(compilation, texts, artifact, output, verb="replaced" if was_there else "wrote")
    if not had_env_file:
        show_unread_files(compilation.diagnostics, output)
    output.lines("next: qwen-cfg resolve --explain, qwen-cfg doctor, qwen-cfg run")
    return ExitCode.OK


def _require_trusted_endpoint(
    request: Request, texts: Mapping[str, str | Secret], output: Output, *, is_there: bool
) -> None:
    """Ask before a key is written into an existing env file, which may set an endpoint.

    Raises:
        NotTrustedError: if the endpoint is not trusted.
    """
    key = texts.get("api_key")
    if is_there and isinstance(key, Secret) and "base_url" not in texts:
        require_typed_key(request, gate_of(request, output), usual_variable(), key)


def _refuse_to_replace(env_file: Path, artifact: Path) -> None:
    for path in (env_file, artifact):
        if os.path.lexists(path):
            shown = os.path.relpath(path)
            raise UsageError(
                "already exists; nothing changed",
                where=shown,
                hint="To see the result: qwen-cfg resolve --explain. To change one value: qwen-cfg set model NAME. "
                "To replace the values: qwen-cfg init --force",
            )


def _require_places(env_file: Path, artifact: Path, may_follow: MayFollow) -> None:
    """Require that both files can be written, before anything is written. Remove what a killed process left behind.

    Raises:
        UsageError: if a name cannot be that of a file.
        OutputError: if a directory is not writable.
    """
    for path in (env_file, artifact):
        require_no_link(path, may_follow)
        clear(path, may_follow)
    if not artifact.parent.is_dir():
        raise UsageError("no such directory", where=str(artifact.parent), hint="Create it, or name another directory.")
    if artifact.is_dir():
        raise UsageError("this is a directory", where=str(artifact), hint="Name a file.")
    above = next(path for path in (env_file.parent, *env_file.parents) if path.exists())
    for directory in (artifact.parent, above):
        if directory.is_dir() and not os.access(directory, os.W_OK | os.X_OK):
            is_read_only = hasattr(os, "statvfs") and os.statvfs(directory).f_flag & os.ST_RDONLY
            reason = os.strerror(errno.EROFS if is_read_only else errno.EACCES)
            raise OutputError(f"this directory is not writable: {reason}", where=str(directory), hint=_WRITE_HINT)


def _settings(args: argparse.Namespace, request: Request, output: Output) -> dict[str, str | Secret]:
    """Return the values to write, by field, from flags or from questions."""
    if has_terminal() and "api_key" not in request.flags and args.key_from is None:
        return ask_for_settings(request, output, args.provider or "", Trial(request, sends=not args.no_verify))
    if args.key_from is not None:
        request = with_key_from(request, args.key_from)
    trial = Trial(request, sends=not args.no_verify)
    texts = init_settings(request, provider_named(args.provider), trial)
    texts = {**_required_defaults(request, texts), **texts}
    if trial.sends:
        _test_settings(request, texts, trial, output)
    return texts


def _test_settings(request: Request, texts: Mapping[str, str | Secret], trial: Trial, output: Output) -> None:
    """Test settings with a request, and show what was tested.

    Raises:
        QwenCfgError: if the test fails.
    """
    method = request.flags.get("auth_method")
    if "auth_method" in texts or (method is not None and method.text != "openai"):
        output.notice("qwen-cfg: not tested: no request is made for this authentication method")
        return
    decisions = compilation_with(request, texts).resolution.decisions
    if decisions["base_url"].problem is not None:
        output.notice("qwen-cfg: not tested: the base URL is not valid")
        return
    for name in ("base_url", "model"):
        winner = decisions[name].winner
        if winner is not None and winner.origin.is_from_project:
            # An earlier approval was for another key.
            output.notice(f"qwen-cfg: not tested: {winner.origin} sets {name}, and no key is sent there for a test")
            return
    key = texts.get("api_key")
    base_url, model = endpoint_of(decisions)
    try:
        output.lines(try_out(trial, base_url, key if isinstance(key, Secret) else None, model))
    except QwenCfgError as error:
        raise error.copy(hint=f"{error.hint} {_NOTHING_WRITTEN}".strip()) from None


def _required_defaults(request: Request, texts: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    """Return the defaults to write with the key, under profiles in which a key alone does not set the method.

    If a flag or the settings of Qwen Code set the method, no defaults are needed.
    """
    if "auth_method" in texts:
        return {}
    compilation = compilation_of(replace(request, choice=_NO_ENV_FILE))
    if compilation.profile.credential_decides_method or compilation.resolution.auth_method is not None:
        return {}
    with_key = compilation_of(compilation.request.with_flags("init", {**texts, "auth_method": "openai"}))
    decisions = with_key.resolution.decisions
    return {
        name: decision.winner.revealed
        for name in ("base_url", "model")
        if (decision := decisions[name]).by_default and decision.winner is not None
    }


def _finish(
    compilation: Compilation, texts: Mapping[str, str | Secret], path: Path, output: Output, *, verb: str
) -> None:
    """Record the typed values as approved by the user, and show warnings about the values that were written."""
    request, decisions = compilation.request, compilation.resolution.decisions
    gate = Gate(trust_store(request.process))
    winners = {name: winner for name in texts if (winner := decisions[name].winner) is not None}
    env_file_path = env_file_of(compilation.world.cwd)
    # Values that the user has just typed need no approval later.
    typed = [name for name, winner in winners.items() if winner.origin.path == env_file_path]
    gate.vouch(compilation.concern, typed)
    vouch_for_typed_key(request, gate, usual_variable(), typed)
    show_warnings(compilation.without_trusted(compilation.warnings), output)
    show_omitted_login(compilation.resolution, compilation.artifact_at(path), output)
    _approve_artifact(path, compilation, gate)
    show_unused_values(compilation.resolution, texts, output)
    output.lines(
        f"{verb} {path} by the {compilation.chosen_profile.rules}: commit it, and let CI run qwen-cfg check {path}"
    )


def _approve_artifact(path: Path, compilation: Compilation, gate: Gate) -> None:
    """Record the artifact as approved, unless its endpoint comes from a project file that is not trusted."""
    endpoint = compilation.resolution.decisions["base_url"].winner
    env_file_path = env_file_of(compilation.world.cwd)
    is_own = endpoint is not None and (not endpoint.origin.is_from_project or endpoint.origin.path == env_file_path)
    with suppress(QwenCfgError):
        if (compilation.concern is None and is_own) or gate.is_settled(compilation.concern):
            gate.accept(concern_of_written(compilation.artifact_at(path), path, compilation.request))
