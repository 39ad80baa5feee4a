"""The command `set`: changes one value of a project that `init` set up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_cfg.application.change import texts_of
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.init_settings import SAVED_FIELDS, key_named
from qwen_cfg.application.setting import place_of, set_value
from qwen_cfg.application.trial import Trial
from qwen_cfg.application.typed_key import require_typed_key
from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.notices import show_warnings
from qwen_cfg.cli.terminal.consent import accept_of, gate_of
from qwen_cfg.cli.terminal.prompt import has_terminal
from qwen_cfg.rules import LEFT_OVER, Diagnostic
from qwen_cfg.rules.leftovers import leftover_in
from qwen_cfg.trust.gate import IN_CI
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME
from qwen_schema import ConfigurationError, ExitCode, Secret, UsageError, declared_profiles, kind_of_pointer
from qwen_schema.records import replace

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output

_EPILOG = """
The value is written into ./.qwen/.env, the file that init wrote. If another
source overrides that file (an exported variable, settings.json), nothing is
written, and the error names the source. A key cannot be an argument, because
other users can read the arguments of a process. A reference to a key, such as
keyring:SERVICE/NAME, can be an argument.
"""

# The advice if a question about the endpoint cannot be asked.
_TRUST_COMMAND = "qwen-cfg set base_url URL, with the endpoint that you want to use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("field", choices=[*reversed(SAVED_FIELDS)], metavar="FIELD", help="model, base_url or api_key")
    parser.add_argument(
        "value", nargs="?", metavar="VALUE", help="the new value; without it, a terminal asks for the API key"
    )
    parser.add_argument(
        "--key-from",
        metavar="VARIABLE",
        help="with api_key: read the key from this exported variable, or from standard input (-)",
    )
    parser.add_argument("--profile", choices=list(declared_profiles()), help="which version of Qwen Code to follow")
    lines = ("set model gpt-4o-mini", "set api_key", "set api_key --key-from OPENROUTER_API_KEY")
    parser.epilog = f"{examples(*lines)}{_EPILOG}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Find the file that sets the value, and change the value if it is the file that `init` writes."""
    request = request_of(args)
    place = place_of(compilation_of(request), args.field)
    gate = replace(gate_of(request, output), command=_TRUST_COMMAND, alternatives=IN_CI)
    if args.field == "api_key":
        # Ask before the key is typed: the file may name a foreign endpoint.
        require_typed_key(request, gate, place.variable)
    text = _key(args, request, output) if args.field == "api_key" else _text(args)
    if isinstance(text, str) and (leftover := leftover_in(args.field, text)) is not None:
        show_warnings((Diagnostic(LEFT_OVER, "warning", leftover),), output)
    done, after = set_value(request, place, text, gate, accept_of(output))
    output.lines(*done)
    if os.path.lexists(ARTIFACT_NAME) and after.resolution.is_complete:
        output.lines(f"to update {ARTIFACT_NAME} too: qwen-cfg check --update {ARTIFACT_NAME}")
    output.lines("to test it: qwen-cfg doctor")
    return ExitCode.OK


def _text(args: argparse.Namespace) -> str | Secret:
    """Return the value on the command line.

    Raises:
        UsageError: if there is none.
        ConfigurationError: if it is not valid for the field.
    """
    from qwen_runtime import Change  # noqa: PLC0415 - the HTTP client is slow to import

    if args.key_from is not None:
        raise UsageError(f"only valid with api_key, not with {args.field}", where="--key-from")
    if not args.value:
        raise UsageError(f"{args.field} needs a value", hint=f"Give one: qwen-cfg set {args.field} VALUE")
    return texts_of(Change("VALUE", {args.field: args.value}))[args.field]


def _key(args: argparse.Namespace, request: Request, output: Output) -> Secret:
    """Return the key from the user, from a variable, from standard input, or a reference on the command line.

    Raises:
        UsageError: if the key itself is on the command line, or there is no terminal to ask at.
        ConfigurationError: if it cannot be a key, or the user cancels.
    """
    from qwen_runtime import Change  # noqa: PLC0415

    winner = compilation_of(request).resolution.decisions["base_url"].winner
    base_url = "" if winner is None else winner.revealed
    trial = Trial(request, sends=False)
    if args.value is not None and kind_of_pointer(args.value) is None:
        raise UsageError(
            "a key on the command line can be read by other users, and stays in the shell's history",
            hint="Omit it, and type it when asked. Or name a variable: --key-from VARIABLE (- for standard input)",
        )
    if args.value is None and args.key_from is None:
        return _key_from_user(base_url, trial, output)
    key = args.value if args.key_from is None else key_named(request, args.key_from)
    problem = trial.key_problem(key, base_url)
    if problem:
        raise ConfigurationError(f"this cannot be the API key: {problem.rstrip('.')}", where=args.key_from or "VALUE")
    key = texts_of(Change(args.key_from or "VALUE", {"api_key": key}))["api_key"]
    assert isinstance(key, Secret)  # noqa: S101 - the field is secret
    return key


def _key_from_user(base_url: str, trial: Trial, output: Output) -> Secret:
    from qwen_runtime.terminal.dialogue import ask_new_key  # noqa: PLC0415 - the HTTP client is slow to import

    if not has_terminal():
        raise UsageError(
            "there is no terminal to ask for the key",
            hint="Name a variable: --key-from VARIABLE (- for standard input)",
        )
    key = ask_new_key(base_url, trial, dumb=output.is_dumb, color=output.wants_color)
    if key is None:
        raise ConfigurationError("nothing was changed", hint="Run it again when you have the key.")
    return key
