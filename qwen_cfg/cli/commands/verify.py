"""The command `verify`: starts Qwen Code, and compares its request with what `--explain` says."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from qwen_cfg.cli.arguments import this_process
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_schema import UsageError
from qwen_schema.profiles import declared_profiles

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

# The time limit for Qwen Code, in seconds, and the highest one; it usually needs about five seconds.
_DEFAULT_LIMIT, _HIGHEST_LIMIT = 60.0, 600.0

_EPILOG = """
Qwen Code is started once, in this directory, with private copies of its
settings. A server on this machine answers in place of the provider; nothing
is sent anywhere else.

exit codes: 0 agrees, 1 differs, or there is no request to compare
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "program",
        metavar="-- QWEN",
        nargs="*",
        help="the Qwen Code to start, and its arguments (default: qwen -p ping, with the qwen on the PATH)",
    )
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        default=_DEFAULT_LIMIT,
        metavar="SECONDS",
        help=f"stop the program after this time (default: {_DEFAULT_LIMIT:g})",
    )
    add_format_option(parser, TEXT, JSON, help_text="text (the default) or json")
    parser.add_argument(
        "--profile",
        choices=[name for name, profile in declared_profiles().items() if profile.reads_settings],
        help="compare with the rules of this profile instead of the installed version's",
    )
    parser.add_argument(
        "--trust-project",
        action="store_true",
        help="start Qwen Code even if the project's settings name programs, which Qwen Code starts without asking",
    )
    parser.epilog = examples("verify", "verify --format json", "verify -- qwen --model qwen3-coder-plus") + _EPILOG


def execute(args: argparse.Namespace, output: Output) -> int:
    """Start Qwen Code, compare its request, and show the result for each field."""
    from qwen_cfg.application.request import Request  # noqa: PLC0415
    from qwen_cfg.application.verification import verify  # noqa: PLC0415 - its servers are slow to import
    from qwen_cfg.cli.reports.verify import document, exit_code, lines  # noqa: PLC0415

    if os.name != "posix":
        raise UsageError("verify needs a POSIX system: Linux, macOS or WSL")
    request = Request(this_process(), profile=args.profile, trust_project=args.trust_project)
    if output.progress_columns:
        output.progress("Starting Qwen Code; this takes a few seconds")
    verification = verify(request, args.program, args.time_limit)
    views = Views(lambda output: output.lines(*lines(verification)), lambda: document(verification))
    show(args.format, views, output)
    return exit_code(verification)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _HIGHEST_LIMIT:
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0 and at most {_HIGHEST_LIMIT:g}")
    return seconds
