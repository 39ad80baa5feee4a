"""The command `init`: set a project up, with a private env file that git ignores, and the artifact."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.artifact_file import write_artifact
from qwen_cfg.application.incomplete import IncompleteError, tell
from qwen_cfg.application.ready import concern_of_written
from qwen_cfg.application.request import Asked, resolution_of
from qwen_cfg.application.typed import texts_of
from qwen_cfg.application.typed_pointer import without_commands
from qwen_cfg.compile import to_artifact
from qwen_cfg.homes import home_of
from qwen_cfg.keep import env_file_of, keep
from qwen_cfg.reading import working_directory
from qwen_cfg.rules import diagnose
from qwen_cfg.trust.gate import Gate, concern_here, trust_store, without_answered
from qwen_cfg.world import EnvFileChoice
from qwen_schema import ConfigurationError, ExitCode, QwenCfgError, Secret, UsageError, declared_profiles
from qwen_schema.ending import put_off
from qwen_schema.folders import outside_projects, require_no_link
from qwen_schema.save import clear

from .parser import add_field_flags
from .prompt import has_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from qwen_cfg.resolution import Resolution
    from qwen_runtime import Change
    from qwen_schema import ResolvedConfig
    from qwen_schema.folders import MayFollow

    from .output import Output

ARTIFACT = "qwen.toml"
_NO_FILE = EnvFileChoice("none")

# What is asked for, or given by flags, and goes into the env file.
_KEPT = ("api_key", "base_url", "model")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "-o", "--output", metavar="FILE", default=ARTIFACT, help=f"the artifact to write (default: {ARTIFACT})"
    )
    parser.add_argument(
        "--profile", choices=list(declared_profiles()), help="whose generation of Qwen Code's rules to follow"
    )
    add_field_flags(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Ask for the settings, or take them from flags; write the env file, see to .gitignore, and write the artifact."""
    cwd, home = working_directory(), home_of(os.environ).path
    artifact = Path(args.output)
    _require_places(env_file_of(cwd), artifact, outside_projects(home))
    _refuse_to_replace(env_file_of(cwd), artifact)
    texts = _asked_for(args, output) if has_terminal() and "api_key" not in args.given else _given(args)
    if without_commands(texts) != texts:
        raise ConfigurationError(
            "a file of a project may not name a command for the key",
            where=".qwen/.env",
            hint="Put it into ~/.qwen/.env, or export it: OPENAI_API_KEY='command:…'. Then run init without it.",
        )
    # A project that is half set up would be refused the next time.
    with put_off():
        for line in keep(texts, cwd, home).done if texts else ():
            output.lines(line)
        resolution = resolution_of(_request(args, texts), survey=True)
        let_through, endpoint = Gate(trust_store(), output), resolution.decisions["base_url"].winner
        if "base_url" in texts and endpoint is not None and endpoint.origin.path == env_file_of(resolution.world.cwd):
            # What was typed just now is asked about by nobody later.
            let_through.vouch_for(resolution)
        _write(artifact, resolution, let_through)
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


def _asked_for(args: argparse.Namespace, output: Output) -> dict[str, str | Secret]:
    """Ask in the dialogue of a first use, which shows what flags and the environment say.

    Raises:
        ConfigurationError: if the person thinks better of it.
    """
    from qwen_runtime import DialogueDefaults  # noqa: PLC0415 - the HTTP client is slow to import
    from qwen_runtime.dialogue import ask_settings  # noqa: PLC0415

    present = resolution_of(Asked(args.given, _NO_FILE, args.profile, None), survey=False).decisions
    winners = {name: present[name].winner for name in ("base_url", "model") if not present[name].by_default}
    current = DialogueDefaults(**{name: winner.revealed for name, winner in winners.items() if winner is not None})
    change = ask_settings(current, dumb=output.is_dumb, color=output.wants_color, place="init", only_key=True)
    if change is None:
        raise ConfigurationError("nothing was set up", hint="Run it again when you have the key.")
    return _of_change(change)


def _of_change(change: Change) -> dict[str, str | Secret]:
    texts = texts_of(change)
    return {name: texts[name] for name in _KEPT if name in texts}


def _given(args: argparse.Namespace) -> dict[str, str | Secret]:
    """Return what flags say; what the environment says stays there.

    Raises:
        ConfigurationError: if neither gives a key, and nobody can be asked.
    """
    given: dict[str, str | Secret] = {name: args.given[name].text for name in _KEPT if name in args.given}
    if "api_key" not in given and not os.environ.get("OPENAI_API_KEY"):
        raise ConfigurationError(
            "there is no API key, and nobody can be asked here",
            where="--openai-api-key, OPENAI_API_KEY",
            hint="Give one, or the place of one: --openai-api-key keyring:SERVICE/NAME",
        )
    from qwen_runtime import Change  # noqa: PLC0415 - the HTTP client is slow to import

    return texts_of(Change("the command line", given))


def _request(args: argparse.Namespace, texts: Mapping[str, str | Secret]) -> Asked:
    """Return the request for the artifact: what stands in the env file now is no flag any more."""
    flags = {name: given for name, given in args.given.items() if name not in texts}
    return Asked(flags, None, args.profile, None)


def _write(path: Path, resolution: Resolution, let_through: Gate) -> None:
    output = let_through.output
    tell(without_answered(diagnose(resolution), resolution), output)
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    made = to_artifact(resolution)
    write_artifact(path, made, "json" if path.suffix == ".json" else "toml")
    _vouch_for(path, made, resolution, let_through)
    output.lines(f"wrote {path}: commit it, and let CI run qwen-cfg check {path}")


def _vouch_for(path: Path, made: ResolvedConfig, resolution: Resolution, let_through: Gate) -> None:
    """Remember that an artifact is the user's own word, unless it has one of a project's file that nobody trusts."""
    concern = concern_here(resolution)
    with suppress(QwenCfgError):
        if concern is None or let_through.is_settled(concern):
            let_through.vouch(concern_of_written(made, str(path)))
