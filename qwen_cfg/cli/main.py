"""The entry: parse, run the command, and turn every error into words and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING

from qwen_schema import ExitCode, QwenCfgError, redact_unknown

from .error_data import error_data
from .output import Output, standard_output
from .parser import COMMANDS, build_parser

if TYPE_CHECKING:
    from collections.abc import Sequence


def entry() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    output = standard_output()
    try:
        return _run(words, output)
    except QwenCfgError as error:
        return _report(error, words, output)
    except KeyboardInterrupt:
        output.notice("qwen-cfg: interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _report_defect(error, words, output)


def wants_json(words: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON, for errors that come before it is parsed."""
    pairs = zip(words, [*words, ""][1:], strict=True)
    options = ("--format", "--output-format")
    return any(
        (word in options and "json" in value) or word.startswith(tuple(f"{o}=json" for o in options))
        for word, value in pairs
    )


def _run(words: list[str], output: Output) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    args = build_parser(name if name in COMMANDS else None).parse_args(words)
    command = importlib.import_module(f"qwen_cfg.cli.{args.command}")
    return int(command.execute(args, output))


def _report(error: QwenCfgError, words: list[str], output: Output) -> int:
    place = f"{error.where}: " if error.where else ""
    output.notice(f"qwen-cfg: {place}{error.what}")
    if error.hint:
        output.notice(f"  {error.hint}")
    if wants_json(words):
        output.data(error_data(error))
    _trace(error, words, output)
    return error.exit_code


def _report_defect(error: Exception, words: list[str], output: Output) -> int:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    defect = QwenCfgError(
        f"this is a defect of qwen-cfg: {type(error).__name__} in {os.path.basename(frame.filename)}:{frame.lineno}",  # noqa: PTH119
        hint="Run it again with --debug for the traceback, and report it.",
    )
    output.notice(f"qwen-cfg: {defect.what}\n  {defect.hint}")
    if wants_json(words):
        output.data(error_data(defect))
    _trace(error, words, output)
    return defect.exit_code


def _trace(error: BaseException, words: list[str], output: Output) -> None:
    """Show the traceback where --debug asks for it, without what is or looks like a secret."""
    if "--debug" in words:
        output.notice(redact_unknown("".join(traceback.format_exception(error))))
