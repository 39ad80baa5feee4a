"""The command `resolve`: writes or prints the resolved config, or explains it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

# What is not needed for every command line is loaded with its first use.
import qwen_schema
from qwen_cfg.application.artifact_nearby import endpoint_notice
from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.cli.arguments import request_of, require_terminal_for_secrets
from qwen_cfg.cli.formats import TEXT, Views, artifact_form, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.notices import show_omitted_login, show_warnings
from qwen_cfg.cli.options import add_color_option, add_field_flags, add_resolution_options
from qwen_cfg.writing.artifact_file import artifact_text, write_artifact
from qwen_cfg.writing.schema_line import schema_for
from qwen_schema import ExitCode, UsageError, declared_fields

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.cli.output import Output
    from qwen_cfg.core.world import World

_ALL_FIELDS = "*"
_STANDARD_OUTPUT = ("-", "/dev/stdout")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--explain",
        nargs="?",
        const=_ALL_FIELDS,
        metavar="FIELD",
        help="explain instead: the source of each value and the values that it overrides; with FIELD, only that "
        "field, in detail",
    )
    parser.add_argument(
        "--compare-profiles",
        action="store_true",
        help="show the results of every version of Qwen Code side by side instead",
    )
    parser.add_argument("--all", action="store_true", help="with --explain: also show fields that have their defaults")
    parser.add_argument(
        "--format",
        choices=["toml", "json", "text"],
        help="toml (the default) or json; with --explain or --compare-profiles, text (the default) or json",
    )
    _add_output_options(parser)
    add_color_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("resolve --explain", "resolve --explain base_url", "resolve -o qwen.toml")


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the file to write, and for keys in the output."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the resolved config to FILE, completely or not at all (- is standard output)",
    )
    parser.add_argument(
        "--inline-secrets",
        action="store_true",
        help="write the key itself into FILE (mode 0600; refused for a file that git tracks)",
    )
    parser.add_argument(
        "--show-secrets",
        action="store_true",
        help="with --explain or --compare-profiles, on a terminal: show keys in full",
    )
    parser.add_argument(
        "--force", action="store_true", help="with --show-secrets: also if the output is not a terminal"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Resolve, and write the artifact, explain it, or compare the profiles."""
    _check_usage(args, output)
    if args.show_secrets:
        output.notice("qwen-cfg: keys are shown in full, and remain in the terminal's scrollback.")
    if args.compare_profiles:
        from qwen_cfg.cli.reports.comparison import compare  # noqa: PLC0415

        comparison = compare(request_of(args), reveal=args.show_secrets)
        views = Views(partial(comparison.text, color=args.color), comparison.data)
        show(args.format or TEXT, views, output, secrets=args.show_secrets)
        return comparison.exit_code
    compilation = compilation_of(request_of(args), "survey")
    output_file = None if args.output in (None, *_STANDARD_OUTPUT) else Path(args.output)
    nearby_hint = endpoint_notice(compilation, output_file) if compilation.resolution.is_complete else ""
    output.notice(*([nearby_hint] if nearby_hint else []))
    if args.explain is None:
        show_warnings(compilation.without_trusted(compilation.warnings), output)
        if not compilation.resolution.is_complete:
            from qwen_cfg.application.incomplete import IncompleteError  # noqa: PLC0415

            raise IncompleteError(compilation.without_trusted(compilation.diagnostics))
        _write_result(args, compilation, output)
        return ExitCode.OK
    if args.output is not None and compilation.resolution.is_complete:
        _write_result(args, compilation, output)
    return _explain(args, compilation, output)


def _check_usage(args: argparse.Namespace, output: Output) -> None:
    if args.compare_profiles:
        _check_comparison_usage(args)
    elif args.explain is None:
        explain_only = {"--show-secrets": args.show_secrets, "--all": args.all, "--format text": args.format == "text"}
        for option in (option for option, is_given in explain_only.items() if is_given):
            raise UsageError("only valid with --explain", where=option)
    elif args.explain not in (_ALL_FIELDS, *declared_fields()):
        raise UsageError(
            f"unknown field {qwen_schema.show_word(args.explain)}",
            where="--explain",
            hint=f"{qwen_schema.did_you_mean_field(args.explain)}Expected one of {', '.join(declared_fields())}.",
        )
    elif args.format == "toml":
        raise UsageError("an explanation is text or json", where="--format")
    if args.inline_secrets and args.output in (None, *_STANDARD_OUTPUT):
        raise UsageError("only valid with -o FILE", where="--inline-secrets", hint="Name the file to write with -o.")
    if args.inline_secrets and args.secret_from is not None:
        raise UsageError("cannot be combined with --secret-from", where="--secret-from")
    require_terminal_for_secrets(args, output)


def _check_comparison_usage(args: argparse.Namespace) -> None:
    conflicting = {
        "--explain": args.explain is not None,
        "--output": args.output is not None,
        "--all": args.all,
        "--inline-secrets": args.inline_secrets,
        "--format toml": args.format == "toml",
    }
    for option in (option for option, is_given in conflicting.items() if is_given):
        raise UsageError("cannot be combined with --compare-profiles", where=option)


def _write_result(args: argparse.Namespace, compilation: Compilation, output: Output) -> None:
    """Write the artifact to the file, or to standard output."""
    if args.output in (None, *_STANDARD_OUTPUT):
        # It has no secret. Its bytes must not depend on the secrets that this process knows, so nothing is redacted.
        artifact, process = compilation.file_artifact(), compilation.request.process
        schema = schema_for(process.cwd, process.home.path)
        output.text(artifact_text(artifact, args.format or "toml", schema), verbatim=True)
        show_omitted_login(compilation.resolution, artifact, output)
        return
    path = Path(args.output)
    _refuse_env_file(path, compilation.world)
    home = compilation.request.process.home.path
    artifact = compilation.artifact_at(path, inline_secrets=args.inline_secrets)
    # With --explain, --format is the format of the explanation.
    form = args.format if args.explain is None and args.format is not None else artifact_form(path)
    write_artifact(path, artifact, form, home)
    show_omitted_login(compilation.resolution, artifact, output)
    if compilation.chosen_profile.is_found or output.is_terminal:
        output.notice(f"qwen-cfg: wrote {path} by the {compilation.chosen_profile.rules}")


def _refuse_env_file(path: Path, world: World) -> None:
    """Refuse to overwrite an env file or a settings file that any version of Qwen Code reads here."""
    settings = "a settings file of Qwen Code"
    for states, kind in ((world.path_states, "an env file"), (world.settings_states, settings)):
        files = (place for place, state in states.items() if state.is_env_file)
        if os.path.realpath(path) in map(os.path.realpath, files):
            raise UsageError(f"this is {kind}, which is not overwritten", where=str(path), hint="Name another file.")


def _explain(args: argparse.Namespace, compilation: Compilation, output: Output) -> int:
    from qwen_cfg.explanation import about, explain  # noqa: PLC0415

    resolution, diagnostics = compilation.resolution, compilation.without_trusted(compilation.diagnostics)
    code = ExitCode.OK if resolution.is_complete else ExitCode.CONFIGURATION
    explanation = explain(
        resolution,
        diagnostics,
        other_profiles=compilation.other_profiles,
        chosen_profile=compilation.chosen_profile,
        reveal=args.show_secrets,
    )
    if args.explain != _ALL_FIELDS:
        explanation = about(explanation, args.explain)

    def text(output: Output) -> None:
        from qwen_cfg.explanation.text import field_screen, screen  # noqa: PLC0415 - JSON needs no screen

        render = partial(screen, everything=args.all) if args.explain == _ALL_FIELDS else field_screen
        output.screen(lambda width: render(explanation, width=width), args.color)

    def data() -> object:
        from qwen_cfg.explanation.data import explanation_data  # noqa: PLC0415

        if resolution.is_complete:
            return explanation_data(explanation, code, None)
        from qwen_cfg.application.incomplete import IncompleteError  # noqa: PLC0415

        error = IncompleteError(diagnostics).as_data()
        return explanation_data(explanation, code, error)

    show(args.format or TEXT, Views(text, data), output, secrets=args.show_secrets)
    return code
