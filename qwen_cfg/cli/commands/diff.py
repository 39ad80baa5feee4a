"""The command `diff`: shows the changes between two artifacts, two git revisions or two environments."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from qwen_cfg.cli.arguments import request_of, working_directory
from qwen_cfg.cli.formats import JSON, PROBLEM_FORMATS, TEXT, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_field_flags, add_resolution_options
from qwen_schema import QwenCfgError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from qwen_cfg.cli.output import Output
    from qwen_cfg.core.changes import Changes

_MOST_FILES = 2

# The progress line is updated after this number of artifacts.
_PROGRESS_STEP = 50

# The options for resolving. Only --env-from resolves.
_RESOLUTION = ("env_file", "no_env_file", "trust_project", "profile", "env_dialect", "secret_from", "flags")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "old",
        metavar="A",
        nargs="?",
        help="an artifact (a file, or a directory with a qwen.toml), a git revision, or an artifact in a revision "
        "(REVISION:FILE). A..B compares two revisions, and A...B compares B with its last common commit with A. A name "
        "that is both a file and a revision is read as the file. Nothing is checked out",
    )
    parser.add_argument("new", metavar="B", nargs="?", help="the other side of the comparison, if A is not a range")
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="with two revisions: compare only each qwen.toml below PATH, or the file PATH (after --, as in git; "
        "without PATH, every qwen.toml of the repository)",
    )
    _add_environment_options(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        help="also compare origins and the files that were read; without it, only values and the reference to the key "
        "are compared",
    )
    parser.add_argument("--summary", action="store_true", help="show only the totals, and not each artifact")
    add_format_option(parser, TEXT, JSON, *PROBLEM_FORMATS)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = (
        examples("diff old.toml qwen.toml", "diff main...HEAD", "diff v1 v2 -- services", "diff --env-from ci.env")
        + "\nexit codes: 0 no differences, 1 differences, 2 usage,\n3 an artifact is invalid\n"
    )


def _add_environment_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--env-from",
        action="append",
        default=[],
        metavar="FILE",
        help="compare environments instead: the result here with the result after the variables of FILE (in the format "
        "of an env file) are added to this environment. Given twice, compare the results of the two files. HOME and "
        "PATH are never read from FILE",
    )
    parser.add_argument(
        "--env-only",
        action="store_true",
        help="with --env-from: replace this environment by the variables of FILE, except HOME and PATH",
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Compare the two sides, and show the differences.

    Raises:
        QwenCfgError: if they cannot be compared; a format that lists problems shows the error too.
    """
    from qwen_cfg.cli.reports.diff import Diff  # noqa: PLC0415

    try:
        changes = _environments(args) if args.env_from else _artifacts(args, output)
    except QwenCfgError as error:
        if args.format in PROBLEM_FORMATS:
            _show_error(args, error, output)
        raise
    show(args.format, Diff(changes, summary=args.summary), output)
    return changes.exit_code


def _show_error(args: argparse.Namespace, error: QwenCfgError, output: Output) -> None:
    """Show an error in a format that lists problems, at the file that the error names, or else at `qwen.toml`."""
    import importlib  # noqa: PLC0415 - an error alone needs it

    from qwen_cfg.cli.reports.diff import error_results  # noqa: PLC0415

    names = [word for word in (args.old, args.new, *args.env_from) if word and error.where.startswith(word)]
    name = names[0] if names else "qwen.toml"
    importlib.import_module(f"qwen_cfg.cli.reports.{args.format}").show(error_results(name, error), output)


def _artifacts(args: argparse.Namespace, output: Output) -> Changes:
    from qwen_cfg.application.diff import diff_of  # noqa: PLC0415

    options = vars(args)
    wrong = next((name for name in ("env_only", *_RESOLUTION) if options.get(name)), None)
    if wrong is not None:
        option = next(iter(args.flags.values())).flag if wrong == "flags" else f"--{wrong.replace('_', '-')}"
        raise UsageError("only valid with --env-from: artifacts are compared as they are", where=option)
    words = [word for word in (args.old, args.new) if word is not None]
    return diff_of(working_directory(), words, args.paths, strict=args.strict, note=_progress(output))


def _progress(output: Output) -> Callable[[int, int], None]:
    """Return a function that shows the progress of a comparison that takes longer than a second."""
    start = monotonic()

    def note(done: int, total: int) -> None:
        if done % _PROGRESS_STEP == 0 and monotonic() - start > 1:
            output.progress(f"qwen-cfg: compared {done:,} of {total:,} artifacts")

    return note


def _environments(args: argparse.Namespace) -> Changes:
    from qwen_cfg.application.diff import environments  # noqa: PLC0415

    if args.old is not None:
        raise UsageError("cannot be combined with artifacts or revisions", where="--env-from")
    if len(args.env_from) > _MOST_FILES:
        raise UsageError("give it once, or twice to compare two files", where="--env-from")
    files = [Path(name) for name in args.env_from]
    return environments(request_of(args), files, args.env_from, only=args.env_only, strict=args.strict)
