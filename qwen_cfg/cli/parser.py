"""The parser: commands with their options, and for every declared field its flag."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

# What is not needed for every command line is loaded with its first use.
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

# Each command is the module of its name in this package, loaded when it is asked for.
COMMANDS = {
    "init": "set a project up: a private env file, and the artifact",
    "set": "change the model, the base URL or the key that init wrote",
    "resolve": "merge flags, environment and files into one config, or explain it",
    "why-not": "show which edits would make a value win; write nothing",
    "check": "compare committed artifacts with what resolves now",
    "diff": "compare two artifacts, git revisions or environments",
    "envfile": "show how env files are read, line by line",
    "run": "chat with the model, using only the resolved config",
    "exec": "start a program, such as qwen, with exactly this config",
    "verify": "compare what --explain says with what Qwen Code sends",
    "doctor": "test the connection step by step, from the name to the model",
    "auth": "log in with Qwen OAuth, show the login, or log out",
    "trust": "let a project's files decide where keys and prompts go",
    "terms": "show which terms apply here, and which data is sent and kept",
    "rule": "explain a rule's code and what to do about it",
    "schema": "print a JSON Schema: artifact, fields, or a command's JSON",
    "completion": "print a completion script for a shell",
}

_EPILOG = f"""\
{examples("init", "resolve --explain", 'run "What is a resolved config?"', "check qwen.toml")}
{RANKING[0].upper()}{RANKING[1:]}
In Qwen Code 0.21 and later, settings.json counts too: its values come after the
env file, but its model.name and its provider entries come first. To see what
counts in a directory, and why: qwen-cfg resolve --explain

exit codes: 0 all well, 1 a check found something, 2 usage,
3 configuration invalid or incomplete, 4 authentication refused,
5 not trusted, 6 the provider failed or could not be reached,
70 a bug in qwen-cfg, 130 interrupted, 129, 131, 143 ended by
SIGHUP, SIGQUIT, SIGTERM
"""


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of exiting, and never repeats words in which a secret may stand."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", WholeWords)
        has_help = options.pop("add_help", True)
        super().__init__(allow_abbrev=False, add_help=False, **options)
        if has_help:
            self.add_argument("-h", "--help", action=ShowHelp, help="show the short help (-h), or all of it (--help)")

    def error(self, message: str) -> NoReturn:
        """Turn what argparse has to say into a usage error."""
        from .usage_errors import plain_message  # noqa: PLC0415

        raise UsageError(qwen_schema.redact_unknown(plain_message(message)), hint=f"See: {self.prog} --help")

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
        """Parse, and name unknown options without their values. The command is None where none is named."""
        words = list(args or ())
        chosen = self.command(chosen_in(words))
        words, program = _without_program(words, chosen)
        _refuse_one_dash(words, chosen)
        if self.commands:
            self._refuse_before_command(words, chosen)
            self._refuse_flag_as_field(words, chosen)
        known: argparse.Namespace
        known, unknown = self.parse_known_args(words, namespace)
        # With an unknown option, what follows that is no argument.
        if program is not None and not (unknown and program):
            _take_program(known, program, chosen)
        if unknown:
            from .usage_errors import unknown_words  # noqa: PLC0415

            raise unknown_words(unknown, build_parser(), self.command(known.command), words)
        return known

    def command(self, name: str | None) -> Parser:
        """Return the parser of a command, or this one where it has no such command."""
        return self.commands.get(name or "", self)

    @property
    def commands(self) -> dict[str, Parser]:
        """The parsers of the commands, by name."""
        found: Any = next((a.choices for a in self._actions if a.dest == "command" and a.choices), {})
        return found  # type: ignore[no-any-return]

    @property
    def options(self) -> list[str]:
        """Every option, as it is spelled."""
        return list(self._option_string_actions)

    @property
    def actions(self) -> list[argparse.Action]:
        """Every argument and option."""
        return list(self._actions)

    def _refuse_before_command(self, words: list[str], chosen: Parser) -> None:
        """Refuse an unknown option in front: argparse would take its value for the command."""
        first = words[0] if words else ""
        name = first.partition("=")[0] if first.startswith("--") else first[:2]
        if first.startswith("-") and first != "--" and name not in self.options:
            from .usage_errors import unknown_words  # noqa: PLC0415

            raise unknown_words([first], build_parser(), chosen, words)

    def _refuse_flag_as_field(self, words: list[str], chosen: Parser) -> None:
        """Refuse `set --model x` for its flag: argparse would take its value for the name of a field."""
        if not any(action.dest == "field" and action.choices for action in chosen.actions):
            return
        flags = [word for word in words[: (*words, "--").index("--")] if word.startswith("--")]
        unknown = [word for word in flags if word.partition("=")[0] not in chosen.options]
        if unknown:
            from .usage_errors import unknown_words  # noqa: PLC0415

            raise unknown_words(unknown, build_parser(), chosen, words)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is no choice, and name the near right one."""
        if action.choices is not None and value not in action.choices:
            from .usage_errors import unknown_choice, unknown_command  # noqa: PLC0415

            is_command = action.dest == "command"
            raise (
                unknown_command(str(value), build_parser()) if is_command else unknown_choice(action, value, self.prog)
            )

    def format_help(self, *, short: bool = False) -> str:
        """Return the help, with the options that many commands share described by some of them only."""
        return help_text(self, short=short)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ARG002 - argparse's own
        """Print a help text through the one way out."""
        # No secret is in it, and what looks for one takes time to load.
        standard_output().lines(*message.splitlines(), secrets=True, look="help")


class _NotLoaded:
    """Stands for the parser of a command that is not on the command line: making one takes time."""

    def __init__(self, **_: object) -> None:
        pass

    def _check_help(self, action: argparse.Action) -> None:
        """Take a help text as it is; argparse looks at it since Python 3.13."""


def module_of(command: str) -> str:
    """Return the name of the module of a command."""
    return f"qwen_cfg.cli.commands.{command.replace('-', '_')}"


def words_of(words: Sequence[str]) -> list[str]:
    """Return the words of a command line without the directories to work in."""
    is_value = [False, *(word == "-C" for word in words)]
    return [word for word, of in zip(words, is_value, strict=False) if not of]


def command_in(words: Sequence[str]) -> str | None:
    """Return the command of a command line as far as can be checked before it is parsed."""
    return next((word for word in words_of(words) if not word.startswith("-")), None)


def chosen_in(words: Sequence[str]) -> str:
    """Return the first word of a command line that is the name of a command; empty if none is."""
    return next((word for word in words_of(words) if word in COMMANDS), "")


def build_parser(only: str | None = None) -> Parser:
    """Return the parser. With `only`, no other command's module is loaded; its help then has just the summary.

    With an empty one, none is. What is said of a mistyped word, all commands have to be known for.
    """
    parser = Parser(
        prog="qwen-cfg",
        description="Which key, endpoint and model does Qwen Code use here, and who says so?",
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
    kind: Any = commands
    for name, summary in COMMANDS.items():
        if only not in (None, name):
            kind._parser_class = _NotLoaded
            commands.add_parser(name, help=summary)
            continue
        kind._parser_class = Parser
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        importlib.import_module(module_of(name)).add_arguments(command)
        command.usage = usage_of(command.prog, command.actions)
    parser.usage = usage_of(parser.prog, parser.actions)
    return parser


def _refuse_one_dash(words: Sequence[str], chosen: Parser) -> None:
    """Refuse `-model x` and `-output=…`, which would be taken for `-m odel` and the FILE `utput=…` to write."""
    names = [word.partition("=")[0] for word in words if word.startswith("-") and not word.startswith("--")]
    if not names:
        return
    flags = {flag for field in declared_fields().values() for flag in field.flags} | set(chosen.options)
    for name in names:
        if f"-{name}" in flags and name not in flags:
            raise UsageError(
                f"unknown option '{name}'", hint=f"Did you mean -{name}, with two dashes? See: {chosen.prog} --help"
            )


def _without_program(words: list[str], chosen: Parser) -> tuple[list[str], list[str] | None]:
    """Return the words of qwen-cfg and those after `--`; None for the latter where a command starts no program."""
    if not any(action.dest == "program" for action in chosen.actions):
        return words, None
    end = (*words, "--").index("--")
    return words[:end], words[end + 1 :]


def _take_program(known: argparse.Namespace, program: list[str], chosen: Parser) -> None:
    """Note the words of the program that a command starts.

    Raises:
        UsageError: if they do not stand after `--`: its options would be taken for ours.
    """
    if known.program:
        first = qwen_schema.show_word(known.program[0])
        raise UsageError(f"unexpected argument {first}", hint=f"Put -- before the program: {chosen.prog} -- PROGRAM")
    known.program = program
