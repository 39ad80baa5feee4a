"""The command `check`: does a committed artifact still say what resolves here?"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.replay import compare, replay
from qwen_cfg.cli.arguments import artifact_name, request_of, with_config
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.parser import add_field_flags, add_resolution_options
from qwen_cfg.core.drift import MISSING
from qwen_cfg.rules import ALL_RULES, RULES, rules_for_check
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME, lacks_schema, read_artifact, write_artifact
from qwen_schema import ExitCode, QwenCfgError, UsageError, did_you_mean, form_of, show_word
from qwen_schema.records import replace

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.application.replay import Comparison
    from qwen_cfg.cli.output import Output
    from qwen_schema import ResolvedConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="",
        help="the artifact, or a directory with a qwen.toml (without it: the first qwen.toml from the working "
        "directory up)",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="compare provenance and secret references too, and count a key or an env file that is missing here as "
        "drift, for a machine that has them all; without it, only values are compared",
    )
    parser.add_argument(
        "--artifact-only",
        action="store_true",
        help="only validate FILE, and resolve nothing: for a machine that has neither key nor env file",
    )
    parser.add_argument(
        "--select",
        action="extend",
        type=_codes,
        default=[],
        metavar="CODES",
        help="make findings of these rules count: codes separated by commas, or all "
        "(by default warnings are shown and do not count)",
    )
    parser.add_argument("--ignore", action="extend", type=_codes, default=[], metavar="CODES", help="skip these rules")
    parser.add_argument("--update", action="store_true", help="write the artifact again if it drifted")
    parser.add_argument(
        "--format", choices=["text", "json", "github"], default="text", help="github: workflow annotations"
    )
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("check", "check --update", "check --select all --format github qwen.toml")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Load the artifact, resolve again, and tell the differences and what the rules find.

    Raises:
        QwenCfgError: if that cannot be done; a workflow gets an annotation for it too.
    """
    try:
        return _check(args, output)
    except QwenCfgError as error:
        if args.format == "github":
            from qwen_cfg.cli.reports.github import annotation_of  # noqa: PLC0415

            output.annotation(annotation_of(error, artifact_name(args.file) or ARTIFACT_NAME))
        raise


def _check(args: argparse.Namespace, output: Output) -> int:
    from qwen_cfg.cli.reports.check import Report, tell  # noqa: PLC0415

    if args.update and args.artifact_only:
        raise UsageError("cannot be combined with --update: it resolves nothing", where="--artifact-only")
    if args.select and args.artifact_only:
        raise UsageError("cannot be combined with --artifact-only, which resolves nothing", where="--select")
    rules = rules_for_check(tuple(args.select), tuple(args.ignore))
    asked = with_config(request_of(args), args.file)
    assert asked.config is not None and asked.artifact_file is not None  # noqa: S101 - it has just been named
    name, path, request = asked.config, asked.artifact_file, replace(asked, config=None)
    text, old = read_artifact(path, name)
    compilation = compilation_of(replay(request, old), "survey", of_artifact=True)
    if args.artifact_only:
        tell(Report(name, text, old, compilation.generation, artifact_only=True), args.format, output)
        return ExitCode.OK
    comparison = compare(old, compilation, rules, strict=args.strict)
    home = request.process.home.path
    written = args.update and (_is_out_of_date(old, comparison) or lacks_schema(path, text, home))
    if written:
        write_artifact(Path(name), comparison.new, form_of(text), home)
        _vouch_for(comparison.new, path, compilation)
    strict = ["--strict"] if args.strict else []
    mend = shlex.join(["qwen-cfg", "check", _as_word(name), "--update", *strict, *request.as_words()])
    report = Report(
        name, text, old, compilation.generation, comparison, args.strict, written, mend, counted=bool(args.select)
    )
    tell(report, args.format, output)
    return report.exit_code


def _vouch_for(written: ResolvedConfig, path: Path, compilation: Compilation) -> None:
    """Remember a yes for the artifact where the user has said yes to the very endpoint and key that it has.

    Anything else that the artifact decides, such as a proxy, is asked about when it is used.
    """
    from contextlib import suppress  # noqa: PLC0415 - few artifacts are written again

    from qwen_cfg.application.compilation import trust_store  # noqa: PLC0415
    from qwen_cfg.application.config_file import concern_of_written  # noqa: PLC0415
    from qwen_cfg.trust.gate import Gate  # noqa: PLC0415

    gate = Gate(trust_store(compilation.request.process))
    with suppress(QwenCfgError):
        if gate.is_settled(compilation.concern):
            gate.vouch(concern_of_written(written, path, compilation.request), ["base_url"])


def _is_out_of_date(old: ResolvedConfig, comparison: Comparison) -> bool:
    """Tell whether writing again changes anything that was asked about: a profile or a dialect that is named is."""
    differs = any(difference.part not in MISSING for difference in comparison.differences)
    return differs or (old.profile, old.dialect) != (comparison.new.profile, comparison.new.dialect)


def _codes(text: str) -> list[str]:
    """Return the codes of a list with commas.

    Raises:
        UsageError: if there are none (an empty variable of a script is no choice), or one is the code of no rule.
    """
    codes = [
        code.strip().upper() if code.strip() != ALL_RULES else ALL_RULES for code in text.split(",") if code.strip()
    ]
    if not codes:
        raise UsageError("no rule named", where="--select, --ignore", hint="Name codes, such as QC101,QC102, or all.")
    known = [*(rule.code for rule in RULES), ALL_RULES]
    for code in codes:
        if code not in known:
            hint = f"{did_you_mean(code, known)}To list the rules: qwen-cfg rule"
            raise UsageError(f"unknown rule {show_word(code)}", where="--select, --ignore", hint=hint)
    return codes


def _as_word(name: str) -> str:
    """Return a file's name so that it is not taken for an option."""
    return f"./{name}" if name.startswith("-") else name
