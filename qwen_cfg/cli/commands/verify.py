"""The command `verify`: ask the real program whether it does what `--explain` says."""

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

# How long Qwen Code may take, in seconds; it takes some five.
_USUAL, _LONGEST = 60.0, 600.0

_EPILOG = """
Qwen Code is started once, in this directory, with private copies of its
settings. It reaches a server on this machine that answers in place of the
provider; nothing is sent anywhere else.

exit codes: 0 agrees, 1 differs, or no request can be compared
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "program",
        metavar="-- QWEN",
        nargs="*",
        help="another Qwen Code than the qwen on the PATH, and its arguments (default: qwen -p ping)",
    )
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        default=_USUAL,
        metavar="SECONDS",
        help=f"end the program after so many seconds (default: {_USUAL:g})",
    )
    add_format_option(parser, TEXT, JSON, help_text="text or json")
    parser.add_argument(
        "--profile",
        choices=[name for name, profile in declared_profiles().items() if profile.reads_settings],
        help="compare with the rules of this profile, and not of the installed version's",
    )
    parser.add_argument(
        "--trust-project",
        action="store_true",
        help="start Qwen Code although the project's settings name programs, which it starts without asking",
    )
    parser.epilog = examples("verify", "verify --format json", "verify -- qwen --model qwen3-coder-plus") + _EPILOG


def execute(args: argparse.Namespace, output: Output) -> int:
    """Start it, compare, and tell field by field."""
    from qwen_cfg.application.request import Request  # noqa: PLC0415
    from qwen_cfg.application.verification import verify  # noqa: PLC0415 - its servers are slow to import
    from qwen_cfg.cli.reports.verify import document, exit_code, lines  # noqa: PLC0415

    if os.name != "posix":
        raise UsageError("verify needs a POSIX system: Linux, macOS or WSL")
    request = Request(this_process(), profile=args.profile, trust_project=args.trust_project)
    if output.progress_columns:
        output.progress("Qwen Code is being asked; this takes a few seconds")
    found = verify(request, args.program, args.time_limit)
    show(args.format, Views(lambda output: output.lines(*lines(found)), lambda: document(found)), output)
    return exit_code(found)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0 and at most {_LONGEST:g}")
    return seconds
