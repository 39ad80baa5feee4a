"""The command `init`: set a project up, with a private env file that git ignores, and the artifact."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.change import texts_of, without_commands
from qwen_cfg.application.compilation import Compilation, compilation_of, trust_store
from qwen_cfg.application.config_file import concern_of_written
from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.notices import show_warnings
from qwen_cfg.cli.parser import add_field_flags
from qwen_cfg.cli.terminal.consent import accept_of
from qwen_cfg.cli.terminal.prompt import has_terminal
from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.trust.gate import Gate
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME, write_artifact
from qwen_cfg.writing.env_file import env_file_of, keep
from qwen_schema import ConfigurationError, ExitCode, QwenCfgError, Secret, UsageError, declared_profiles
from qwen_schema.ending import put_off
from qwen_schema.folders import outside_projects, require_no_link
from qwen_schema.save import clear

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_runtime import Change
    from qwen_schema.codec import Form
    from qwen_schema.folders import MayFollow

_NO_FILE = EnvFileChoice("none")

# What is asked for, or given by flags, and goes into the env file.
_KEPT = ("api_key", "base_url", "model")


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
        "--profile", choices=list(declared_profiles()), help="whose generation of Qwen Code's rules to follow"
    )
    add_field_flags(parser)
    parser.epilog = examples("init", "init --openai-api-key keyring:qwen/me --model gpt-4o")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Ask for the settings, or take them from flags; write the env file, see to .gitignore, and write the artifact."""
    request = request_of(args)
    cwd, home = request.process.cwd, request.process.home.path
    artifact = Path(args.output)
    _require_places(env_file_of(cwd), artifact, outside_projects(home))
    _refuse_to_replace(env_file_of(cwd), artifact)
    texts = _ask(request, output) if has_terminal() and "api_key" not in request.flags else _from_flags(request)
    if without_commands(texts) != texts:
        raise ConfigurationError(
            "a file of a project may not name a command for the key",
            where=".qwen/.env",
            hint="Put it into ~/.qwen/.env, or export it: OPENAI_API_KEY='command:…'. Then run init without it.",
        )
    texts = {**_needed_beside(request, texts), **texts}
    # A project that is half set up would be refused the next time.
    with put_off():
        for line in keep(texts, cwd, home, accept_of(output)).done if texts else ():
            output.lines(line)
        # What stands in the env file now is no flag any more.
        flags = {name: flag for name, flag in request.flags.items() if name not in texts}
        _compile(replace(request, flags=flags), texts, artifact, output)
    output.lines("now: qwen-cfg resolve --explain, qwen-cfg doctor, qwen-cfg run")
    return ExitCode.OK


def _refuse_to_replace(env_file: Path, artifact: Path) -> None:
    for path in (env_file, artifact):
        if os.path.lexists(path):
            shown = os.path.relpath(path)
            raise UsageError(
                "this is there already, and nothing is replaced",
                where=shown,
                hint="See what it comes to: qwen-cfg resolve --explain. To begin anew, move it away.",
            )


def _require_places(env_file: Path, artifact: Path, may_follow: MayFollow) -> None:
    """Refuse before anything is written what could not be written to its end; what a killed process left is removed."""
    for path in (env_file, artifact):
        require_no_link(path, may_follow)
        clear(path, may_follow)
    if not artifact.parent.is_dir():
        raise UsageError("there is no such directory", where=str(artifact.parent), hint="Make it, or name another.")


def _ask(request: Request, output: Output) -> dict[str, str | Secret]:
    """Ask in the dialogue of a first use, which shows what flags and the environment say.

    Raises:
        ConfigurationError: if the person thinks better of it.
    """
    from qwen_runtime import DialogueDefaults  # noqa: PLC0415 - the HTTP client is slow to import
    from qwen_runtime.terminal.dialogue import ask_settings  # noqa: PLC0415

    present = compilation_of(replace(request, choice=_NO_FILE)).resolution.decisions
    winners = {name: present[name].winner for name in ("base_url", "model") if not present[name].by_default}
    current = DialogueDefaults(**{name: winner.revealed for name, winner in winners.items() if winner is not None})
    change = ask_settings(current, dumb=output.is_dumb, color=output.wants_color, place="init", only_key=True)
    if change is None:
        raise ConfigurationError("nothing was set up", hint="Run it again when you have the key.")
    return _of_change(change)


def _of_change(change: Change) -> dict[str, str | Secret]:
    texts = texts_of(change)
    return {name: texts[name] for name in _KEPT if name in texts}


def _from_flags(request: Request) -> dict[str, str | Secret]:
    """Return what flags say; what the environment says stays there.

    Raises:
        ConfigurationError: if neither gives a key, and nobody can be asked.
    """
    texts: dict[str, str | Secret] = {name: request.flags[name].text for name in _KEPT if name in request.flags}
    if "api_key" not in texts and not request.process.environ.get("OPENAI_API_KEY"):
        raise ConfigurationError(
            "there is no API key, and nobody can be asked here",
            where="--openai-api-key, OPENAI_API_KEY",
            hint="Give one, or the place of one: --openai-api-key keyring:SERVICE/NAME",
        )
    from qwen_runtime import Change  # noqa: PLC0415 - the HTTP client is slow to import

    return texts_of(Change("the command line", texts))


def _needed_beside(request: Request, texts: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    """Return the defaults that have to stand beside the key, where a key alone decides no method.

    Nothing is needed where a flag or the settings of Qwen Code name the method.
    """
    compilation = compilation_of(replace(request, choice=_NO_FILE))
    if compilation.profile.credential_decides_method or compilation.resolution.auth_method is not None:
        return {}
    with_key = compilation_of(compilation.request.with_flags("init", {**texts, "auth_method": "openai"}))
    decisions = with_key.resolution.decisions
    return {
        name: decision.winner.revealed
        for name in ("base_url", "model")
        if (decision := decisions[name]).by_default and decision.winner is not None
    }


def _compile(request: Request, texts: Mapping[str, str | Secret], path: Path, output: Output) -> None:
    """Compile what stands here now, and write the artifact."""
    compilation = compilation_of(request, "survey")
    gate, decisions = Gate(trust_store(request.process)), compilation.resolution.decisions
    winners = {name: winner for name in texts if (winner := decisions[name].winner) is not None}
    kept = env_file_of(compilation.world.cwd)
    # What was typed just now is asked about by nobody later.
    gate.vouch(compilation.concern, [name for name, winner in winners.items() if winner.origin.path == kept])
    show_warnings(compilation.unanswered(compilation.warnings), output)
    form: Form = "json" if path.suffix == ".json" else "toml"
    write_artifact(path, compilation.artifact_at(path), form, request.process.home.path)
    _vouch_for(path, compilation, gate)
    output.lines(f"wrote {path} by the {compilation.generation.rules}: commit it, and let CI run qwen-cfg check {path}")


def _vouch_for(path: Path, compilation: Compilation, gate: Gate) -> None:
    """Remember that an artifact is the user's own word, unless it has one of a project's file that nobody trusts."""
    with suppress(QwenCfgError):
        if compilation.concern is None or gate.is_settled(compilation.concern):
            gate.accept(concern_of_written(compilation.artifact_at(path), path, compilation.request))
