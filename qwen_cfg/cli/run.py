"""The command `run`: compile, hand the artifact to the runtime, and print the answer."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_cfg.compile import to_artifact
from qwen_cfg.reading import home_of, working_directory
from qwen_cfg.rules import diagnose
from qwen_schema import ExitCode, Secret, Surroundings, UsageError, follow, is_unicode

from .artifact_file import read_artifact
from .incomplete import IncompleteError, tell
from .inputs import asked, resolution_of, secret_flags, secret_reference
from .parser import add_field_flags, add_resolution_options

if TYPE_CHECKING:
    import argparse

    from qwen_schema import ResolvedConfig

    from .output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("-p", "--prompt", metavar="TEXT", help="the prompt; without it, standard input is the prompt")
    parser.add_argument(
        "--config", metavar="FILE", help="run this artifact and resolve nothing; only --secret-from may go with it"
    )
    add_resolution_options(parser)
    add_field_flags(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Ask one question and print the answer."""
    from qwen_runtime import ask, require_supported  # noqa: PLC0415 - the HTTP client is slow to import

    base, home = working_directory(), home_of(os.environ).path
    prompt = _prompt(args)
    artifact, key = _given(args) if args.config is not None else _compiled(args, output)
    require_supported(artifact)
    if key is None:
        here = Surroundings(os.environ, secret_flags(args.given), base, home, artifact.dialect)
        key = follow(artifact.api_key, here)
    answer = ask(artifact, key, prompt, base=base, home=home)
    output.text(answer.text.rstrip("\n") + "\n", verbatim=not output.is_terminal)
    return ExitCode.OK


def _compiled(args: argparse.Namespace, output: Output) -> tuple[ResolvedConfig, Secret | None]:
    """Return the artifact of what resolves here, with the key if it has been read already."""
    resolution = resolution_of(asked(args), survey=False)
    diagnostics = diagnose(resolution)
    tell(diagnostics, output)
    if not resolution.is_complete:
        raise IncompleteError(diagnostics)
    key = resolution.decisions["api_key"].value if args.secret_from is None else None
    return to_artifact(resolution), key if isinstance(key, Secret) else None


def _given(args: argparse.Namespace) -> tuple[ResolvedConfig, None]:
    """Return the artifact that --config names; its key is still to be read."""
    _, artifact = read_artifact(args.config)
    # A key that was a flag when the artifact was made has to be given again.
    fields = args.given.keys() - ({"api_key"} if artifact.api_key.kind == "flag" else set())
    if fields or args.env_file or args.no_env_file or args.profile or args.env_dialect:
        raise UsageError("an artifact has every field already", where="--config", hint="Give it, or give the flags.")
    if args.secret_from is None:
        return artifact, None
    return replace(artifact, config={**artifact.config, "api_key": secret_reference(args.secret_from)}), None


def _prompt(args: argparse.Namespace) -> str:
    prompt = args.prompt if args.prompt is not None else _standard_input()
    if not is_unicode(prompt):
        raise UsageError("the prompt is not UTF-8", hint="Give it as UTF-8.")
    if not prompt.strip():
        raise UsageError("there is no prompt", hint='Give one: qwen-cfg run -p "…"')
    return str(prompt)


def _standard_input() -> str:
    """Return what stands on standard input; a terminal, and an input that was closed, have nothing to say."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read().decode("utf-8", errors="surrogateescape")
