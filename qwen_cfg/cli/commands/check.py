"""The command `check`: compares committed artifacts with what resolves here."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from qwen_cfg.cli.arguments import artifact_name, request_of, with_config
from qwen_cfg.cli.check_one import CheckOptions, as_argument, check_artifact, update_options
from qwen_cfg.cli.formats import JSON, PROBLEM_FORMATS, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_field_flags, add_resolution_options
from qwen_cfg.cli.reports.check import report_data, show_text
from qwen_cfg.rules import ALL_RULES, RULES, rules_for_check
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME
from qwen_schema import QwenCfgError, UsageError, did_you_mean, show_word

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.check_many import Target
    from qwen_cfg.cli.output import Output
    from qwen_cfg.cli.reports.check import Report
    from qwen_cfg.cli.reports.problem import Results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "files",
        metavar="PATH",
        nargs="*",
        help="an artifact, or a directory: every qwen.toml in it and below is checked, except those that git ignores "
        "(without PATH: the first qwen.toml from the working directory up)",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="also compare provenance and secret references, and report a missing key or env file as drift, for a "
        "machine that should have all of them; without it, only values are compared",
    )
    parser.add_argument(
        "--artifact-only",
        action="store_true",
        help="only validate PATH, without resolving; for a machine that has neither key nor env file",
    )
    parser.add_argument(
        "--select",
        action="extend",
        type=_codes,
        default=[],
        metavar="CODES",
        help="fail if these rules find something: codes separated by commas, or all "
        "(by default, warnings are shown and the check does not fail)",
    )
    parser.add_argument("--ignore", action="extend", type=_codes, default=[], metavar="CODES", help="skip these rules")
    parser.add_argument("--update", action="store_true", help="update the artifact if it has drift")
    add_format_option(parser, TEXT, JSON, *PROBLEM_FORMATS)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("check", "check --update", "check services/", "check --select all --format github .")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Load artifacts, resolve again, and show the differences and the findings of the rules.

    Raises:
        QwenCfgError: if the only artifact cannot be checked; a format that lists problems shows the error too.
    """
    options, name = _options_of(args), args.files[0] if args.files else ""
    try:
        targets = _many_targets(args.files, output)
        if targets is not None:
            return _check_targets(targets, options, args, output)
        report = check_artifact(with_config(request_of(args), name), options)
    except QwenCfgError as error:
        if args.format in PROBLEM_FORMATS:
            _show_error(artifact_name(name) or ARTIFACT_NAME, error, args.format, output)
        raise
    views = Views(partial(show_text, report), partial(report_data, report), partial(_results, report))
    show(args.format, views, output)
    return report.exit_code


def _options_of(args: argparse.Namespace) -> CheckOptions:
    if args.update and args.artifact_only:
        raise UsageError("cannot be combined with --update, which resolves", where="--artifact-only")
    if args.select and args.artifact_only:
        raise UsageError("cannot be combined with --artifact-only, which resolves nothing", where="--select")
    rules = rules_for_check(tuple(args.select), tuple(args.ignore))
    return CheckOptions(rules, bool(args.select), args.strict, args.update, args.artifact_only)


def _many_targets(names: list[str], output: Output) -> tuple[Target, ...] | None:
    """Return the artifacts that are named or found in directories; None if a single artifact is named.

    Raises:
        ArtifactError: if the only directory has no artifact that can be checked.
    """
    if not names or (len(names) == 1 and not os.path.isdir(names[0])):  # noqa: PTH112 - may be no path
        return None
    from qwen_cfg.cli.check_many import targets_of  # noqa: PLC0415 - for many alone

    targets = targets_of(names, output)
    if len(names) == len(targets) == 1:
        targets[0].require()
        return None if targets[0].name == artifact_name(names[0]) else targets
    return targets


def _check_targets(targets: tuple[Target, ...], options: CheckOptions, args: argparse.Namespace, output: Output) -> int:
    from qwen_cfg.cli.check_many import check_each  # noqa: PLC0415 - for many alone
    from qwen_cfg.cli.reports.checks import Checks  # noqa: PLC0415

    request = request_of(args)
    outcomes = check_each(targets, request, options, output)
    update = ["qwen-cfg", "check", *map(as_argument, args.files), *update_options(request, options)]
    checks = Checks(outcomes, update)
    if args.format != TEXT:
        checks.show_errors(output)
    show(args.format, checks, output)
    return checks.exit_code


def _show_error(name: str, error: QwenCfgError, format_name: str, output: Output) -> None:
    from qwen_cfg.cli.reports.checks import Checks  # noqa: PLC0415 - an error alone needs them
    from qwen_cfg.cli.reports.outcome import outcome_of_error  # noqa: PLC0415

    show(format_name, Checks([outcome_of_error(name, error)]), output)


def _results(report: Report) -> Results:
    from qwen_cfg.cli.reports.checks import Checks  # noqa: PLC0415 - for formats that list problems
    from qwen_cfg.cli.reports.outcome import outcome_of  # noqa: PLC0415

    return Checks([outcome_of(report)]).results()


def _codes(text: str) -> list[str]:
    """Return the codes of a list with commas.

    Raises:
        UsageError: if the list is empty (a script may pass an empty variable), or a code is unknown.
    """
    codes = [
        code.strip().upper() if code.strip() != ALL_RULES else ALL_RULES for code in text.split(",") if code.strip()
    ]
    if not codes:
        raise UsageError(
            "no rule is named", where="--select, --ignore", hint="Name rules, such as QC101,QC102, or all."
        )
    known = [*(rule.code for rule in RULES), ALL_RULES]
    for code in codes:
        if code not in known:
            hint = f"{did_you_mean(code, known)}To list the rules: qwen-cfg rule"
            raise UsageError(f"unknown rule {show_word(code)}", where="--select, --ignore", hint=hint)
    return codes
