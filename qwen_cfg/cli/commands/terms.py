"""The command `terms`: shows which terms and privacy notice apply here, and how this program uses data."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.config_file import config_file
from qwen_cfg.application.incomplete import IncompleteError
from qwen_cfg.cli.arguments import request_of
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_config_option, add_field_flags, add_resolution_options
from qwen_cfg.core.paths import Standpoint
from qwen_schema import (
    STATISTICS_HOLD,
    STATISTICS_NEVER_HOLD,
    THIS_PROGRAM,
    ExitCode,
    practice_of,
    printable,
    terms_of,
)
from qwen_schema.records import asdict

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.application.request import Process, Request
    from qwen_cfg.cli.output import Output
    from qwen_schema import Practice, Terms

# The fields that decide which terms apply, and the methods in the order of the output if none is set.
_FIELDS = ("auth_method", "base_url", "usage_statistics", "usage_statistics_endpoint")
_METHODS = ("qwen-oauth", "openai")

_UNDECIDED = (
    "No authentication method is set here. The first terms apply to a Qwen OAuth login, the others to an API key."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_format_option(parser, TEXT, JSON, help_text="text (the default) or json")
    add_config_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("terms", "terms --config qwen.toml")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Show the terms that apply. No request is sent, and no key is needed."""
    request = request_of(args)
    settings = _settings(request)
    method = settings["auth_method"]
    methods = _METHODS if method is None else (str(method),)
    terms = [terms_of(method, str(settings["base_url"])) for method in methods]
    practice = practice_of(
        statistics=settings["usage_statistics"] is True,
        statistics_endpoint=str(settings["usage_statistics_endpoint"]),
        state=_state_directory(request.process),
    )

    def text(output: Output) -> None:
        output.lines(*_text(terms, practice, output.width).splitlines(), look="terms")

    show(args.format, Views(text, lambda: _data(method, terms, practice)), output)
    return ExitCode.OK


def _settings(request: Request) -> Mapping[str, object]:
    if request.config is not None:
        return config_file(request).artifact.config
    return _resolved_settings(compilation_of(request))


def _resolved_settings(compilation: Compilation) -> Mapping[str, object]:
    """Return the values of the fields that decide which terms apply. Other fields may be missing or invalid.

    Raises:
        IncompleteError: if one of these fields is not valid.
    """
    decisions = {name: compilation.resolution.decisions[name] for name in _FIELDS}
    invalid = [name for name, decision in decisions.items() if decision.problem]
    if invalid:
        raise IncompleteError(tuple(d for d in compilation.diagnostics if d.finding.field in invalid))
    return {name: decision.value for name, decision in decisions.items()}


def _state_directory(process: Process) -> str | None:
    """Return the state directory for display; None if there is none."""
    state = process.state
    return None if state is None else Standpoint(state, process.home.path).show_directory(state)


def _text(terms: list[Terms], practice: Practice, width: int) -> str:
    sections = [(each.applies_to, each.rows) for each in terms] + [(THIS_PROGRAM, practice.rows)]
    parts = [f"{heading}\n{_table(rows, width)}" for heading, rows in sections]
    return "\n".join(parts if len(terms) == 1 else [f"{textwrap.fill(_UNDECIDED, width)}\n", *parts])


def _table(rows: list[tuple[str, str]], width: int) -> str:
    column = 2 + max(len(name) for name, _ in rows) + 2
    if any(len(word) > width - column for _, value in rows for word in value.split()):
        # A URL does not fit next to its name.
        return "".join(f"  {name}\n{_fill(value, width, ' ' * 4, 4)}\n" for name, value in rows)
    return "".join(f"{_fill(value, width, f'  {name}'.ljust(column), column)}\n" for name, value in rows)


def _fill(value: str, width: int, indent: str, column: int) -> str:
    return textwrap.fill(
        printable(value),
        width,
        initial_indent=indent,
        subsequent_indent=" " * column,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _data(method: object, terms: list[Terms], practice: Practice) -> dict[str, Any]:
    return {
        "auth_method": method,
        "terms": [asdict(each) for each in terms],
        "program": {
            "sends": practice.sends,
            "keeps": practice.keeps,
            "training": practice.training,
            "usage_statistics": {
                "on": practice.statistics,
                "endpoint": practice.statistics_endpoint,
                "hold": STATISTICS_HOLD,
                "never_hold": STATISTICS_NEVER_HOLD,
            },
        },
    }
