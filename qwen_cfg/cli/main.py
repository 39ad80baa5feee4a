"""The entry: parse, run the command, and turn every error into words and an exit code."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.application import telemetry
from qwen_schema.ending import Termination, ended_by, error_of, ignore_more
from qwen_schema.errors import ExitCode, OutputError, QwenCfgError, UsageError, unexpected

from .output import Output, standard_output
from .parser import COMMANDS, build_parser, chosen_in, command_in, module_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


# The commands that may run for long, or talk to a server: only what is short can do without collecting garbage.
_LASTING = ("auth", "doctor", "init", "run", "verify")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    output, name = standard_output(), command_in(words)
    started = telemetry.begin()
    exit_code, error = _ended(words, output)
    told = name if name in COMMANDS else "unknown"
    notices = telemetry.end(str(told), started, exit_code, error, lambda: _resolve(words), debug=_is_debugged(words))
    output.notice(*notices)
    return exit_code


def json_form(words: Sequence[str]) -> str | None:
    """Return which form of JSON a command line asks for, if any, for errors that come before it is parsed."""
    options = ("--format", "--output-format")
    words = _own(words)
    pairs = zip(words, [*words, ""][1:], strict=True)
    split = [(word, value) if word in options else word.partition("=")[::2] for word, value in pairs]
    return next((form for option, form in split if option in options and form in ("json", "stream-json")), None)


def _ended(words: list[str], output: Output) -> tuple[int, BaseException | None]:
    """Run a command line; return its exit code, and the error that ended it if it was one."""
    cause: BaseException | None = None
    try:
        code = _run(words, output)
    except (Exception, KeyboardInterrupt, Termination) as failure:
        cause = failure
    number = ended_by() or (signal.SIGINT if isinstance(cause, KeyboardInterrupt) else None)
    if number is not None:
        # Whatever else failed then did so because of the signal: a terminal that is closed cannot be written.
        ignore_more()
        error = error_of(number)
        with suppress(OutputError):
            _report(error, words, output, cause=cause)
        return error.exit_code, error
    if cause is None:
        return code, None
    error = cause if isinstance(cause, QwenCfgError) else unexpected(cause)
    return _report(error, words, output, cause=cause), cause


def _run(words: list[str], output: Output) -> int:
    if words[:1] == ["help"]:
        words = [*(word for word in words[1:] if word != "help"), "--help"]
    parser = build_parser(chosen_in(words))
    args = parser.parse_args(words)
    if args.command is None:
        output.notice(*parser.format_help(short=True).splitlines(), look="help")
        return ExitCode.USAGE
    output.color = getattr(args, "color", output.color)
    for directory in args.directory or ():
        _change_to(directory)
    if args.command in _LASTING:
        gc.enable()
    return int(importlib.import_module(module_of(args.command)).execute(args, output))


def _resolve(words: list[str]) -> None:
    """Resolve for a command that has not, if telemetry may be on; no pipe is emptied for that."""
    if {word.partition("=")[0] for word in _own(words)} & {
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
    # That it resolves is noted.
    _ = compilation_of(request).resolution


def _report(error: QwenCfgError, words: list[str], output: Output, *, cause: BaseException | None = None) -> int:
    output.error(error)
    form = json_form(words)
    if form is not None and command_in(words) == "run":
        from qwen_runtime.headless import write_failure  # noqa: PLC0415 - slow to import

        stated: Any = form
        write_failure(error, stated, output)
    elif form is not None:
        from .reports.error import error_data  # noqa: PLC0415

        output.data(error_data(error))
    _trace(cause or error, words, output)
    return error.exit_code


def _change_to(directory: str) -> None:
    try:
        os.chdir(directory)
    except (OSError, ValueError) as error:
        wrong = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f"cannot use that directory: {wrong}", where=f"-C {directory}") from None


def _trace(error: BaseException, words: list[str], output: Output) -> None:
    """Show the traceback where --debug asks for it, without what is or looks like a secret."""
    if _is_debugged(words):
        import traceback  # noqa: PLC0415

        from qwen_schema import redact_unknown  # noqa: PLC0415

        output.notice(*redact_unknown("".join(traceback.format_exception(error))).splitlines())


def _is_debugged(words: Sequence[str]) -> bool:
    return "--debug" in _own(words)


def _own(words: Sequence[str]) -> Sequence[str]:
    """Return the words before `--`: what follows are prompts, files, or the words of a program that is started."""
    return words[: (*words, "--").index("--")]
