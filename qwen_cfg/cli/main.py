"""The entry point: parses a command line, runs the command, and reports errors. The exit codes are in `errors.py`."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from qwen_cfg.application import telemetry
from qwen_schema.errors import ExitCode, OutputError, QwenCfgError, UsageError, unexpected_error
from qwen_schema.signals import Termination, ending_signal, error_of, ignore_signals

from .output import Output, standard_output
from .parser import COMMANDS, build_parser, find_command, first_argument, module_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_runtime.headless import OutputFormat

# Commands that may run for long. The others end before garbage collection saves anything.
_LONG_RUNNING = ("auth", "doctor", "init", "run", "verify")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    output, name = standard_output(), first_argument(words)
    start = telemetry.begin()
    exit_code, error = _run_to_end(words, output)
    command = name if name is not None and name in COMMANDS else "unknown"
    resolve = partial(_resolve_for_statistics, words)
    output.notice(*telemetry.end(command, start, exit_code, error, resolve, debug=_has_debug(words)))
    return exit_code


def json_form(words: Sequence[str]) -> str | None:
    """Return the JSON format that a command line names, if any. Errors before parsing need it."""
    options = ("--format", "--output-format")
    words = _own_words(words)
    pairs = zip(words, [*words, ""][1:], strict=True)
    values = [(word, value) if word in options else word.partition("=")[::2] for word, value in pairs]
    return next((form for option, form in values if option in options and form in ("json", "stream-json")), None)


def _run_to_end(words: list[str], output: Output) -> tuple[int, BaseException | None]:
    """Run a command line, and report an error that ends it; return the exit code and the error, if there is one."""
    cause: BaseException | None = None
    try:
        code = _run(words, output)
    except (Exception, KeyboardInterrupt, Termination) as error:
        cause = error
    number = ending_signal() or (signal.SIGINT if isinstance(cause, KeyboardInterrupt) else None)
    if number is not None:
        # Other errors follow from the signal: the terminal may be closed, for example.
        ignore_signals()
        interruption = error_of(number)
        with suppress(OutputError):
            _report_error(interruption, words, output, cause=cause)
        return interruption.exit_code, interruption
    if cause is None:
        return code, None
    reported = cause if isinstance(cause, QwenCfgError) else unexpected_error(cause)
    return _report_error(reported, words, output, cause=cause), cause


def _run(words: list[str], output: Output) -> int:
    if words[:1] == ["help"]:
        words = [*(word for word in words[1:] if word != "help"), "--help"]
    parser = build_parser(find_command(words))
    args = parser.parse_args(words)
    if args.command is None:
        output.notice(*parser.format_help(short=True).splitlines(), look="help")
        return ExitCode.USAGE
    output.color = getattr(args, "color", output.color)
    for directory in args.directory or ():
        _change_to(directory)
    if args.command in _LONG_RUNNING:
        gc.enable()
    return int(importlib.import_module(module_name(args.command)).execute(args, output))


def _resolve_for_statistics(words: list[str]) -> None:
    """Resolve, so that a command that has not resolved knows whether statistics are on. No pipe is read for that."""
    if {word.partition("=")[0] for word in _own_words(words)} & {
        "--config",
        "--no-usage-statistics",
    } or not telemetry.may_be_on():
        return
    from pathlib import Path  # noqa: PLC0415

    from qwen_cfg.application.compilation import compilation_of  # noqa: PLC0415 - few need it
    from qwen_cfg.application.request import Request  # noqa: PLC0415
    from qwen_cfg.core.world import EnvFileChoice  # noqa: PLC0415

    from .arguments import this_process  # noqa: PLC0415

    here = Path.cwd()
    has_pipe = any((above / name).is_fifo() for above in (here, *here.parents) for name in (".env", ".qwen/.env"))
    request = Request(this_process(), choice=EnvFileChoice("none") if has_pipe else None)
    # Resolving records the settings of the statistics.
    _ = compilation_of(request).resolution


def _report_error(error: QwenCfgError, words: list[str], output: Output, *, cause: BaseException | None = None) -> int:
    output.error(error)
    form = json_form(words)
    if form is not None and first_argument(words) == "run":
        from qwen_runtime.headless import write_failure  # noqa: PLC0415 - slow to import

        write_failure(error, cast("OutputFormat", form), output)
    elif form is not None:
        from .reports.error import error_data  # noqa: PLC0415

        output.data(error_data(error))
    _show_traceback(cause or error, words, output)
    return error.exit_code


def _change_to(directory: str) -> None:
    try:
        os.chdir(directory)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f"cannot change to this directory: {reason}", where=f"-C {directory}") from None


def _show_traceback(error: BaseException, words: list[str], output: Output) -> None:
    """Show the traceback if --debug is given, without anything that is or looks like a secret."""
    if _has_debug(words):
        import traceback  # noqa: PLC0415

        from qwen_schema import redact_unknown  # noqa: PLC0415

        output.notice(*redact_unknown("".join(traceback.format_exception(error))).splitlines())


def _has_debug(words: Sequence[str]) -> bool:
    return "--debug" in _own_words(words)


def _own_words(words: Sequence[str]) -> Sequence[str]:
    """Return the words before `--`. Prompts, files, or the command line of another program follow it."""
    return words[: (*words, "--").index("--")]
