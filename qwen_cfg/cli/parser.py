"""The command line parser, with a parser for each command."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

# Modules that only some command lines need are imported at their first use.
import qwen_schema
from qwen_schema.errors import UsageError
from qwen_schema.fields import declared_fields
from qwen_schema.tables.ranking import RANKING

from .actions import ShowVersion
from .help import ShowHelp, WholeWords, examples, help_text, usage_of
from .output import standard_output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

# The commands, each with its summary. A command is a module in `commands/`, imported when the command is used.
COMMANDS = {
    "init": "set up a project with a private env file and an artifact",
    "set": "change the model, the base URL or the key that init wrote",
    "resolve": "merge flags, environment and files into one config, or explain it",
    "why-not": "show which edits would give a field a value; write nothing",
    "check": "compare committed artifacts with what resolves here",
    "diff": "compare two artifacts, git revisions or environments",
    "envfile": "show how env files are read, line by line",
    "run": "chat with the model, using only the resolved config",
    "exec": "start a program, such as qwen, with exactly this config",
    "verify": "compare what --explain says with what Qwen Code sends",
    "doctor": "test the connection to the provider, step by step",
    "auth": "log in with Qwen OAuth, show the login, or log out",
    "trust": "let a project's files decide where keys and prompts go",
    "terms": "show which terms apply here, and which data is sent and stored",
    "rule": "explain a rule and what to do about it",
    "schema": "print a JSON Schema: artifact, fields, or a command's JSON",
    "completion": "print a completion script for a shell",
}

# argparse looks for a translation of each text that it may show, which loads `locale` and asks for files that no Python
# has. Its messages are taken apart as they are (`mistyped.py`).
vars(argparse)["_"] = str

_EPILOG = f"""\
{examples("init", "resolve --explain", 'run "What is a resolved config?"', "check qwen.toml")}
{RANKING[0].upper()}{RANKING[1:]}
In Qwen Code 0.21 and later, settings.json counts too: its values come after the
env file, but its model.name and its provider entries come first. To see what
counts in a directory, and why: qwen-cfg resolve --explain

exit codes: 0 success, 1 a check found something, 2 usage error,
3 configuration invalid or incomplete, 4 authentication refused,
5 not trusted, 6 the provider failed or could not be reached,
70 a bug in qwen-cfg, 130 interrupted, 129, 131, 143 ended by
SIGHUP, SIGQUIT, SIGTERM
"""


class Parser(argparse.ArgumentParser):
    """A parser that raises errors instead of exiting, and never repeats words that may contain a secret."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", WholeWords)
        has_help = options.pop("add_help", True)
        super().__init__(allow_abbrev=False, add_help=False, **options)
        if has_help:
            self.add_argument(
                "-h", "--help", action=ShowHelp, help="show the short help (-h) or the complete help (--help)"
            )

    def error(self, message: str) -> NoReturn:
        """Raise a usage error for an error of argparse."""
        from .usage_errors import plain_message  # noqa: PLC0415

        raise UsageError(qwen_schema.redact_unknown(plain_message(message)), hint=f"See: {self.prog} --help")

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
        """Parse a command line. The command is None if none is named.

        Raises:
            UsageError: for an unknown word; an unknown option is named without its value.
        """
        words = list(args or ())
        command_parser = self.command(find_command(words))
        words, program = _split_program(words, command_parser)
        _refuse_one_dash(words, command_parser)
        if self.commands:
            self._refuse_before_command(words, command_parser)
            self._refuse_flag_as_field(words, command_parser)
        known: argparse.Namespace
        known, unknown = self.parse_known_args(words, namespace)
        # After an unknown option, the next word may be its value and no argument.
        if program is not None and not (unknown and program):
            _store_program(known, program, command_parser)
        if unknown:
            from .usage_errors import unknown_words  # noqa: PLC0415

            raise unknown_words(unknown, build_parser(), self.command(known.command), words)
        return known

    def command(self, name: str | None) -> Parser:
        """Return the parser of a command, or this parser if it has no such command."""
        return self.commands.get(name or "", self)

    @property
    def commands(self) -> dict[str, Parser]:
        """The parsers of the commands, by name."""
        parsers: Any = next((a.choices for a in self._actions if a.dest == "command" and a.choices), {})
        return parsers  # type: ignore[no-any-return]

    @property
    def options(self) -> list[str]:
        """Every option string, such as `--model`."""
        return list(self._option_string_actions)

    @property
    def actions(self) -> list[argparse.Action]:
        """Every argument and option."""
        return list(self._actions)

    def _refuse_before_command(self, words: list[str], command_parser: Parser) -> None:
        """Refuse an unknown option before the command: argparse would take its value for the command."""
        first = words[0] if words else ""
        name = first.partition("=")[0] if first.startswith("--") else first[:2]
        if first.startswith("-") and first != "--" and name not in self.options:
            from .usage_errors import unknown_words  # noqa: PLC0415

            raise unknown_words([first], build_parser(), command_parser, words)

    def _refuse_flag_as_field(self, words: list[str], command_parser: Parser) -> None:
        """Refuse a flag in place of a field (`set --model x`): argparse would take its value for the field."""
        if not any(action.dest == "field" and action.choices for action in command_parser.actions):
            return
        flags = [word for word in words[: (*words, "--").index("--")] if word.startswith("--")]
        unknown = [word for word in flags if word.partition("=")[0] not in command_parser.options]
        if unknown:
            from .usage_errors import unknown_words  # noqa: PLC0415

            raise unknown_words(unknown, build_parser(), command_parser, words)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is not one of the choices, and suggest a similar one."""
        if action.choices is not None and value not in action.choices:
            from .usage_errors import unknown_choice, unknown_command  # noqa: PLC0415

            is_command = action.dest == "command"
            raise (
                unknown_command(str(value), build_parser()) if is_command else unknown_choice(action, value, self.prog)
            )

    def format_help(self, *, short: bool = False) -> str:
        """Return the help text. Only some commands describe the options that many commands share."""
        return help_text(self, short=short)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ARG002 - argparse's own
        """Print a help text to standard output."""
        # It contains no secret, and the code that searches for secrets takes time to import.
        standard_output().lines(*message.splitlines(), secrets=True, look="help")


class _EmptyParser:
    """Stands in for the parser of a command that is not used: building a parser takes time."""

    def __init__(self, **_: object) -> None:
        pass

    def _check_help(self, action: argparse.Action) -> None:
        """Accept any help text. argparse calls this since Python 3.13."""


def module_name(command: str) -> str:
    """Return the name of the module of a command."""
    return f"qwen_cfg.cli.commands.{command.replace('-', '_')}"


def without_directories(words: Sequence[str]) -> list[str]:
    """Return the words of a command line without the values of `-C`."""
    is_directory = [False, *(word == "-C" for word in words)]
    return [word for word, skip in zip(words, is_directory, strict=False) if not skip]


def first_argument(words: Sequence[str]) -> str | None:
    """Return the first word of a command line that is not an option; None if there is none."""
    return next((word for word in without_directories(words) if not word.startswith("-")), None)


def find_command(words: Sequence[str]) -> str:
    """Return the first word of a command line that is a command; empty if there is none."""
    return next((word for word in without_directories(words) if word in COMMANDS), "")


def build_parser(only: str | None = None) -> Parser:
    """Return the parser. With `only`, no other command's module is imported, and the others have just a summary.

    An empty `only` imports no command. Errors about mistyped words need every command, which is the default.
    """
    parser = Parser(
        prog="qwen-cfg",
        description="Show which key, endpoint and model Qwen Code uses here, and their sources.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "-C",
        action="append",
        dest="directory",
        metavar="DIRECTORY",
        help="run as if started in DIRECTORY; may be repeated, as in git",
    )
    parser.add_argument("--version", action=ShowVersion, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    # argparse reads this private attribute, whose type is not declared.
    subparsers: Any = commands
    for name, summary in COMMANDS.items():
        if only not in (None, name):
            subparsers._parser_class = _EmptyParser
            commands.add_parser(name, help=summary)
            continue
        subparsers._parser_class = Parser
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        importlib.import_module(module_name(name)).add_arguments(command)
        command.usage = usage_of(command.prog, command.actions)
    parser.usage = usage_of(parser.prog, parser.actions)
    return parser


def _refuse_one_dash(words: Sequence[str], command_parser: Parser) -> None:
    """Refuse long options with one dash: argparse would read `-model x` as `-m odel`, and `-output=…` as `-o`."""
    names = [word.partition("=")[0] for word in words if word.startswith("-") and not word.startswith("--")]
    if not names:
        return
    flags = {flag for field in declared_fields().values() for flag in field.flags} | set(command_parser.options)
    for name in names:
        if f"-{name}" in flags and name not in flags:
            raise UsageError(
                f"unknown option '{name}'",
                hint=f"Did you mean -{name}, with two dashes? See: {command_parser.prog} --help",
            )


def _split_program(words: list[str], command_parser: Parser) -> tuple[list[str], list[str] | None]:
    """Return the words before and after `--`; None in place of the latter if the command starts no program."""
    if not any(action.dest == "program" for action in command_parser.actions):
        return words, None
    end = (*words, "--").index("--")
    return words[:end], words[end + 1 :]


def _store_program(known: argparse.Namespace, program: list[str], command_parser: Parser) -> None:
    """Store the command line of the program that a command starts.

    Raises:
        UsageError: if the program is not after `--`: its options would be parsed as options of qwen-cfg.
    """
    if known.program:
        first = qwen_schema.show_word(known.program[0])
        raise UsageError(
            f"unexpected argument {first}", hint=f"Put -- before the program: {command_parser.prog} -- PROGRAM"
        )
    known.program = program
