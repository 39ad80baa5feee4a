"""The command `why-not`: shows which edits would make a field have a value."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_field_flags, add_resolution_options
from qwen_schema import ExitCode

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "wanted",
        metavar="FIELD=VALUE",
        help="the field and the value that it should have. For a key, its source: api_key=env:VARIABLE, "
        "api_key=file:PATH or api_key=keyring:SERVICE/NAME; the key itself is refused",
    )
    add_format_option(parser, TEXT, JSON, help_text="text (the default) or json")
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = (
        examples(
            "why-not model=qwen3-coder-plus", "why-not api_key=env:OPENAI_API_KEY", "why-not --format json debug=true"
        )
        + "\nexit codes: 0 the field has the value, or edits can set it, 1 no edit can\n"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Resolve, try edits in memory, and show the edits after which the field has the value."""
    from qwen_cfg.application.compilation import compilation_of  # noqa: PLC0415
    from qwen_cfg.application.why_not import why_not  # noqa: PLC0415
    from qwen_cfg.cli.reports.why_not import show_why_not, why_not_data  # noqa: PLC0415

    compilation = compilation_of(request_of(args), "survey")
    answer = why_not(args.wanted, compilation)
    result = (answer, compilation.chosen_profile)
    show(args.format, Views(partial(show_why_not, *result), partial(why_not_data, *result)), output)
    return ExitCode.OK if answer.is_possible else ExitCode.FINDINGS
