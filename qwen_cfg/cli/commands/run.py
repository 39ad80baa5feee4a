"""The command `run`: resolves, passes the artifact to the runtime, and chats, in a terminal or without one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_config_option, add_field_flags, add_resolution_options
from qwen_cfg.cli.ready_config import ready_config
from qwen_cfg.cli.terminal.consent import gate_of
from qwen_cfg.cli.terminal.prompt import has_terminal, prompt_of
from qwen_schema import UsageError, looks_like_key, show_word

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output
    from qwen_runtime.headless import OutputFormat


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("question", nargs="?", metavar="PROMPT", help="same as -p PROMPT")
    parser.add_argument(
        "-p",
        "--prompt",
        metavar="PROMPT",
        help="send this prompt, print the answer and exit; standard input is added as context. "
        "Without a prompt, standard input is the prompt, and in a terminal a conversation starts",
    )
    parser.add_argument("--system", metavar="TEXT", default="", help="instructions placed before the conversation")
    parser.add_argument(
        "--output-format",
        # The same as qwen_runtime.headless.FORMATS, which is slow to import.
        choices=["text", "json", "stream-json"],
        default="text",
        help="text (only the answer), json (one object), or stream-json (one object per line, as events happen)",
    )
    parser.add_argument("--no-browser", action="store_true", help="for a login: open no browser, only show the address")
    add_config_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples(
        "run", 'run "What is a resolved config?"', "run -p 'Review this.' --output-format json < a.diff"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Send one prompt and print the answer, or start a conversation."""
    prompt_argument = _prompt(args)
    _refuse_prompt_as_file(args)
    request = request_of(args)
    gate = gate_of(request, output)
    if prompt_argument is None and args.output_format == "text" and has_terminal():
        from qwen_cfg.cli.terminal.conversation import converse  # noqa: PLC0415 - the line editor is slow to import

        return converse(request, gate, output, system=args.system, browser=not args.no_browser)
    from qwen_runtime.headless import ask_once  # noqa: PLC0415 - the HTTP client is slow to import

    use = ready_config(request, gate, output)
    prompt = prompt_of(prompt_argument, output)
    return ask_once(use, prompt, output, cast("OutputFormat", args.output_format), system=args.system)


def _refuse_prompt_as_file(args: argparse.Namespace) -> None:
    """Refuse a prompt that is read as the FILE of `--config`.

    Raises:
        UsageError: if no such file exists, and the word does not look like a file name.
    """
    name: str = args.config or ""
    looks_like_file = any(mark in name for mark in "./\\") and not any(map(str.isspace, name))
    if name and not looks_like_file and not os.path.lexists(name):
        raise UsageError(
            f"there is no such file {show_word(name)}",
            where="--config",
            hint="To use the artifact found here, use -p for the prompt: qwen-cfg run --config -p PROMPT",
        )


def _prompt(args: argparse.Namespace) -> str | None:
    """Return the prompt of the command line; None if there is none.

    Raises:
        UsageError: if there are two prompts, or the argument is a key, which would be sent to the model.
    """
    question: str | None = args.question
    if question is None:
        return args.prompt  # type: ignore[no-any-return]
    if args.prompt is not None:
        raise UsageError(f"two prompts: -p, and the argument {show_word(question)}", hint="Give one prompt, in quotes.")
    if looks_like_key(question):
        raise UsageError("the prompt looks like an API key", hint="To send it anyway, use -p.")
    return question
