"""The command `doctor`: tests the connection to the provider step by step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_color_option, add_config_option, add_field_flags, add_resolution_options
from qwen_cfg.cli.ready_config import chosen_profile_of, ready_config
from qwen_cfg.cli.terminal.consent import gate_of

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output
    from qwen_runtime.doctor import Step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--chat", action="store_true", help="also ask the model for one word, which costs a few tokens")
    add_format_option(parser, TEXT, JSON, help_text="text (the default; shows each step when it is done) or json")
    add_config_option(parser)
    add_color_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("doctor", "doctor --chat", "doctor --config qwen.toml --format json")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Resolve, run every step, and show its result."""
    from qwen_cfg.cli.reports.doctor import Examination, closing, document, heading, line  # noqa: PLC0415
    from qwen_runtime.doctor import examine  # noqa: PLC0415 - the HTTP client is slow to import

    request = request_of(args)
    use = ready_config(request, gate_of(request, output), output, repeats=True)
    for notice in use.notices:
        output.notice(notice)
    done: list[Step] = []

    def text(output: Output) -> None:
        output.screen(partial(heading, use, chosen_profile_of(request, use.artifact).rules), args.color)
        for step in examine(use, chat=args.chat):
            output.screen(partial(line, step), args.color)
            done.append(step)
        output.screen(partial(closing, Examination(tuple(done))), args.color)

    def data() -> object:
        done.extend(examine(use, chat=args.chat))
        return document(use.artifact, Examination(tuple(done)))

    show(args.format, Views(text, data), output)
    return Examination(tuple(done)).exit_code
