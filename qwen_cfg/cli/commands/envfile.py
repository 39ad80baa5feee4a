"""The command `envfile`: shows how both dialects read env files, line by line."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qwen_cfg.cli.arguments import require_terminal_for_secrets, working_directory
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.reports.error import error_data
from qwen_cfg.core.similar_names import names_in
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
from qwen_schema.envfile import Assignment, last_of_each, parts_of, read_env_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from qwen_cfg.cli.output import Output
    from qwen_schema.envfile import UnreadLine

    # The text to show for the value of an assignment.
    ValueText = Callable[[Assignment], str]


# Usual names of variables, which are too short or too plain to be a piece of Base64.
_USUAL_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,63}|[a-z_][a-z0-9_.-]{0,23}")
# Short words, joined by '_', '-' and '.': OPENAI-BASE-URL, openai.baseUrl, Openai_Model2.
_WORD = r"(?:[A-Z]{1,12}|[a-z]{1,12}|[A-Z]?[a-z]{2,12}(?:[A-Z][a-z]{2,11}){1,3}|[A-Z][a-z]{1,12})[0-9]{0,2}"
_OTHER_NAME = re.compile(rf"(?=.{{1,40}}\Z)_*{_WORD}(?:[_.-]+{_WORD})*")


_EPILOG = """
The values of variables that qwen-cfg declares are shown if they are not secret;
all other values are masked. Lines that assign nothing are shown too, and so are
variables that the npm package dotenv, which Qwen Code uses, and python-dotenv
read differently.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="an env file")
    add_format_option(
        parser, TEXT, JSON, help_text="text (the default), or json (one document per file, each on a line)"
    )
    parser.add_argument("--show-secrets", action="store_true", help="on a terminal: show every value and line in full")
    parser.add_argument("--force", action="store_true", help="with --show-secrets: not only on a terminal")
    parser.epilog = f"{examples('envfile .env', 'envfile --format json .env ~/.qwen/.env')}{_EPILOG}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Show how each file is read; report a file that cannot be read, and continue with the next one."""
    require_terminal_for_secrets(args, output)
    if args.show_secrets:
        output.notice("qwen-cfg: every value is shown in full, including secrets.")
    directory, value_text = working_directory(), _value_text(args.show_secrets)
    code = ExitCode.OK
    for name in args.files:
        try:
            text = read_env_text(directory / name, name)
        except EnvFileError as error:
            code = error.exit_code
            _show_error(name, error, args.format, output)
        else:
            data = partial(_data, name, text, value_text, verbatim=args.show_secrets)
            views = Views(partial(_show_text, name, text, value_text, verbatim=args.show_secrets), data)
            show(args.format, views, output, secrets=args.show_secrets, indent=None)
    return code


def _show_error(name: str, error: EnvFileError, form: str, output: Output) -> None:
    output.error(error)
    show(form, Views(lambda _: None, lambda: {"path": redact_unknown(name), **error_data(error)}), output, indent=None)


def _data(name: str, text: str, value_text: ValueText, *, verbatim: bool) -> dict[str, Any]:
    (assignments, skipped), safe_name = parts_of(text), partial(_safe_name, verbatim=verbatim)
    return {
        "path": name,
        "assignments": [{"name": safe_name(a.name), "value": value_text(a), "line": a.line} for a in assignments],
        "values": {safe_name(a.name): value_text(a) for a in last_of_each(assignments).values()},
        "unread": [{"line": unread.line, "text": unread.text if verbatim else mask(unread.text)} for unread in skipped],
        "differs": [
            {"name": safe_name(name), "line": line, "dotenv": npm_value, "python": python_value}
            for name, line, npm_value, python_value in _differences(text, assignments, value_text)
        ],
    }


def _show_text(name: str, text: str, value_text: ValueText, output: Output, *, verbatim: bool) -> None:
    (assignments, skipped), safe_name = parts_of(text), partial(_safe_name, verbatim=verbatim)
    notes = [(a.line, f"{safe_name(a.name)} = {_quote(value_text(a))}") for a in assignments]
    notes += [(unread.line, _unread_text(unread, verbatim=verbatim)) for unread in skipped]
    notes += [
        (
            line,
            f"{safe_name(name)} differs: {_quote(npm_value)} to the npm package dotenv, "
            f"{_quote(python_value)} to python-dotenv",
        )
        for name, line, npm_value, python_value in _differences(text, assignments, value_text)
    ]
    lines = [f"  {line:>4}  {note}" for line, note in sorted(notes, key=lambda entry: entry[0])]
    output.lines(name, *(lines or ["  sets nothing"]), secrets=verbatim, look="envfile")


def _safe_name(name: str, *, verbatim: bool) -> str:
    """Return a name for display. A name that is not usual for a variable is masked: it may be part of a secret."""
    is_usual = _USUAL_NAME.fullmatch(name) or (_OTHER_NAME.fullmatch(name) and not looks_like_key(name))
    return name if verbatim or is_usual else mask(name)


def _unread_text(unread: UnreadLine, *, verbatim: bool) -> str:
    """Return the description of a line that assigns nothing. The line is masked, since it may contain a secret."""
    names, _ = names_in(unread.text)
    contains = f", although it contains {', '.join(names)}" if names else ""
    return f"not an assignment{contains}: {repr(unread.text) if verbatim else mask(unread.text)}"


def _differences(
    text: str, assignments: tuple[Assignment, ...], value_text: ValueText
) -> list[tuple[str, int, str | None, str | None]]:
    """Return the variables that the dialects read differently: name, line, and the value in each dialect."""
    from qwen_schema.envfile.dotenv_python import (  # noqa: PLC0415 - slow to import
        dialect_differences,
        read_assignments_python,
    )

    differences = []
    for name, (npm, python) in dialect_differences(assignments, read_assignments_python(text)).items():
        line = (npm or python).line  # type: ignore[union-attr]
        differences.append((name, line, value_text(npm) if npm else None, value_text(python) if python else None))
    return sorted(differences, key=lambda difference: difference[1])


def _value_text(show_secrets: bool) -> ValueText:  # noqa: FBT001
    """Return the function that shows values: masked, except those of declared variables that are not secret.

    The variables of other programs may be secret, and a value of several lines may have included other lines.
    """
    fields = field_of_variable(declared_fields())

    def value_text(assignment: Assignment) -> str:
        if show_secrets:
            return assignment.value
        if assignment.name in fields and "\n" not in assignment.value:
            return safe_text(fields[assignment.name], assignment.value)
        return mask(assignment.value)

    return value_text


def _quote(value: str | None) -> str:
    return "not set" if value is None else repr(value)
