"""The command `envfile`: how env files are read, line by line, in both dialects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qwen_cfg.cli.arguments import require_terminal_for_secrets, working_directory
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.reports.error import error_data
from qwen_cfg.core.lookalikes import names_in
from qwen_schema import (
    EnvFileError,
    ExitCode,
    declared_fields,
    field_of_variable,
    looks_like_key,
    mask,
    redact_unknown,
    safe_text,
)
from qwen_schema import patterns as re
from qwen_schema.envfile import Assignment, last_of_each, read_assignments, read_env_text, unread_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from qwen_cfg.cli.output import Output
    from qwen_schema.envfile import UnreadLine

    Result = Callable[[Assignment], str]


# Names of variables as people write them, and nothing that could be a piece of Base64.
_USUAL_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,63}|[a-z_][a-z0-9_.-]{0,23}")
# Short words, joined by '_', '-' and '.': OPENAI-BASE-URL, openai.baseUrl, Openai_Model2.
_WORD = r"(?:[A-Z]{1,12}|[a-z]{1,12}|[A-Z]?[a-z]{2,12}(?:[A-Z][a-z]{2,11}){1,3}|[A-Z][a-z]{1,12})[0-9]{0,2}"
_OTHER_NAME = re.compile(rf"(?=.{{1,40}}\Z)_*{_WORD}(?:[_.-]+{_WORD})*")


_MORE = """
Values are shown for the variables that qwen-cfg declares and that hold no
secret; every other value is masked. A line that assigns nothing is shown in
its place, and so is a variable to which the npm package dotenv, as in Qwen
Code, and python-dotenv give different values.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="an env file")
    add_format_option(parser, TEXT, JSON, help_text="json: one document per line, one line per file")
    parser.add_argument("--show-secrets", action="store_true", help="on a terminal: show every value and line in full")
    parser.add_argument("--force", action="store_true", help="with --show-secrets: not only on a terminal")
    parser.epilog = f"{examples('envfile .env', 'envfile --format json .env ~/.qwen/.env')}{_MORE}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Show how each file is read; report a file that cannot be read, and continue with the next one."""
    require_terminal_for_secrets(args, output)
    if args.show_secrets:
        output.notice("qwen-cfg: every value is shown in full, secrets too.")
    directory, shown = working_directory(), _display(args.show_secrets)
    code = ExitCode.OK
    for name in args.files:
        try:
            text = read_env_text(directory / name, name)
        except EnvFileError as error:
            code = error.exit_code
            _tell_error(name, error, args.format, output)
        else:
            read = partial(_data, name, text, shown, verbatim=args.show_secrets)
            views = Views(partial(_show_text, name, text, shown, verbatim=args.show_secrets), read)
            show(args.format, views, output, secrets=args.show_secrets, indent=None)
    return code


def _tell_error(name: str, error: EnvFileError, form: str, output: Output) -> None:
    output.error(error)
    show(form, Views(lambda _: None, lambda: {"path": redact_unknown(name), **error_data(error)}), output, indent=None)


def _data(name: str, text: str, shown: Result, *, verbatim: bool) -> dict[str, Any]:
    assignments, named = read_assignments(text), partial(_name, verbatim=verbatim)
    return {
        "path": name,
        "assignments": [{"name": named(a.name), "value": shown(a), "line": a.line} for a in assignments],
        "values": {named(a.name): shown(a) for a in last_of_each(assignments).values()},
        "unread": [
            {"line": unread.line, "text": unread.text if verbatim else mask(unread.text)}
            for unread in unread_lines(text)
        ],
        "differs": [
            {"name": named(name), "line": line, "dotenv": ours, "python": theirs}
            for name, line, ours, theirs in _differences(text, shown)
        ],
    }


def _show_text(name: str, text: str, shown: Result, output: Output, *, verbatim: bool) -> None:
    named = partial(_name, verbatim=verbatim)
    help_text = [(a.line, f"{named(a.name)} = {_quoted(shown(a))}") for a in read_assignments(text)]
    help_text += [(line.line, _unread(line, verbatim=verbatim)) for line in unread_lines(text)]
    help_text += [
        (
            line,
            f"{named(name)} differs: {_quoted(ours)} to the npm package dotenv, {_quoted(theirs)} to python-dotenv",
        )
        for name, line, ours, theirs in _differences(text, shown)
    ]
    lines = [f"  {line:>4}  {what}" for line, what in sorted(help_text, key=lambda entry: entry[0])]
    output.lines(name, *(lines or ["  sets nothing"]), secrets=verbatim, look="envfile")


def _name(name: str, *, verbatim: bool) -> str:
    """Return a name as it may be shown: what is written as no name of a variable may be a part of a secret."""
    is_name = _USUAL_NAME.fullmatch(name) or (_OTHER_NAME.fullmatch(name) and not looks_like_key(name))
    return name if verbatim or is_name else mask(name)


def _unread(line: UnreadLine, *, verbatim: bool) -> str:
    """Return what is said of a line that assigns nothing, and may hold any secret."""
    names, _ = names_in(line.text)
    named = f", though it names {', '.join(names)}" if names else ""
    return f"not an assignment{named}: {repr(line.text) if verbatim else mask(line.text)}"


def _differences(text: str, shown: Result) -> list[tuple[str, int, str | None, str | None]]:
    from qwen_schema.envfile.dotenv_python import differing_names  # noqa: PLC0415 - slow to import

    found = []
    for name, (ours, theirs) in differing_names(text).items():
        line = (ours or theirs).line  # type: ignore[union-attr]
        found.append((name, line, shown(ours) if ours else None, shown(theirs) if theirs else None))
    return sorted(found, key=lambda difference: difference[1])


def _display(show: bool) -> Result:  # noqa: FBT001
    """Return how values are shown: masked, but for those of declared variables that hold no secret.

    What another program's variable holds is not known, and a value of several lines may have swallowed others.
    """
    feeds = field_of_variable(declared_fields())

    def display(assignment: Assignment) -> str:
        if show:
            return assignment.value
        if assignment.name in feeds and "\n" not in assignment.value:
            return safe_text(feeds[assignment.name], assignment.value)
        return mask(assignment.value)

    return display


def _quoted(value: str | None) -> str:
    return "not set" if value is None else repr(value)
