"""The command `completion`: a script that completes commands, options and their choices in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.cli.parser import build_parser
from qwen_schema import ExitCode

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("shell", choices=["bash", "zsh", "tcsh"], help="for which shell")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Print the script."""
    import shtab  # noqa: PLC0415

    output.text(shtab.complete(build_parser(), args.shell) + "\n", verbatim=True)
    return ExitCode.OK
