"""The parser: commands with their options, and for every declared field its flag."""

from __future__ import annotations

import argparse
import difflib
import importlib
import re
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn, cast

from qwen_cfg.application.flags import spellings
from qwen_cfg.core.layers import ranking, usual_layers
from qwen_cfg.core.world import Given
from qwen_schema import (
    DEFAULT_PROFILE,
    Secret,
    UsageError,
    declared_fields,
    declared_profiles,
    redact_unknown,
    show_value,
)
from qwen_schema.envfile import DIALECTS

from .output import standard_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_schema import Field

# Each command is the module of its name in this package, loaded when it is asked for.
COMMANDS = {
    "init": "set a project up: a private env file that git ignores, and the artifact",
    "resolve": "merge flags, environment and env file into the resolved config, or explain it",
    "check": "compare a committed artifact with what resolves now",
    "envfile": "show how env files are read, line by line",
    "run": "ask the model, with the resolved config and nothing else",
    "doctor": "try what would be used: name, connection, TLS, proxy, key, model",
    "auth": "log in with Qwen OAuth, tell which login there is, or log out",
    "trust": "let a project's file say where keys and prompts go, list that, or take it back",
    "terms": "tell which terms and privacy notice apply here, and what is sent and kept",
    "rule": "tell what the code of a rule means, and what to do about it",
    "completion": "print a completion script for a shell",
}

_WIDEST_METAVAR = 40
_EPILOG = f"""\
{textwrap.fill(f"{ranking(usual_layers(declared_profiles()[DEFAULT_PROFILE]))}.", 72)}

exit codes: 0 all well, 1 a check found something, 2 usage,
3 configuration invalid or incomplete, 4 authentication refused,
5 not trusted, 6 the provider failed or could not be reached,
70 a defect of qwen-cfg, 130 interrupted, 129, 131, 143 ended by
SIGHUP, SIGQUIT, SIGTERM
"""


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of exiting, and never repeats words in which a secret may stand."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Turn what argparse has to say into a usage error."""
        raise UsageError(redact_unknown(_unquoted(message)), hint=f"See: {self.prog} --help")

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
        """Parse, and name unknown options without their values."""
        _refuse_one_dash(args or (), self.prog)
        known: argparse.Namespace
        known, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = self._command(known.command)
            raise UsageError(_unknown(unknown, command.options), hint=f"See: {command.prog} --help")
        return known

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ARG002 - argparse's own
        """Print a help text through the one way out."""
        standard_output().text(message, verbatim=True)

    @property
    def options(self) -> list[str]:
        """Every option, as it is spelled."""
        return list(self._option_string_actions)

    def _command(self, name: str) -> Parser:
        chosen = next((a.choices for a in self._actions if a.dest == "command" and a.choices), {})
        return cast("dict[str, Parser]", chosen).get(name, self)


def build_parser(only: str | None = None) -> Parser:
    """Return the parser. With `only`, no other command's module is loaded; its help then has just the summary."""
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
        help="work there instead of in the working directory; more than one follow each other, as in git",
    )
    parser.add_argument("--version", action=_ShowVersion, help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if only in (None, name):
            importlib.import_module(f"qwen_cfg.cli.commands.{name}").add_arguments(command)
    return parser


def add_field_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of every declared field, in a group of their own."""
    group = parser.add_argument_group("fields", "What a flag says beats every other layer. An empty value is none.")
    for field in declared_fields().values():
        group.add_argument(
            *spellings(field),
            action=_Give,
            field=field,
            nargs=0 if field.is_switch else None,
            metavar=_metavar(field),
            help=_help(field),
        )
    parser.set_defaults(given={})


def add_resolution_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how to resolve."""
    group = parser.add_argument_group("resolution")
    files = group.add_mutually_exclusive_group()
    files.add_argument("--env-file", metavar="PATH", help="read this env file, and search for none")
    files.add_argument("--no-env-file", action="store_true", help="read no env file")
    group.add_argument(
        "--trust-project",
        action="store_true",
        help="let the project's files say where keys and prompts go, this once (or QWEN_CFG_TRUST_PROJECT=1)",
    )
    group.add_argument(
        "--profile",
        choices=list(declared_profiles()),
        help="whose generation of Qwen Code's rules to follow: "
        + "; ".join(f"{p.name} ({p.qwen_code})" for p in declared_profiles().values())
        + f" (default: QWEN_CFG_PROFILE, else that of the qwen on the PATH, else {DEFAULT_PROFILE})",
    )
    group.add_argument(
        "--env-dialect",
        choices=list(DIALECTS),
        help="whose reading of an env file counts: the npm package dotenv's, as in Qwen Code, or python-dotenv's",
    )
    group.add_argument(
        "--secret-from",
        metavar="KIND:WHERE",
        help="how the artifact refers to the key: environment:VARIABLE, env-file:PATH:VARIABLE, keyring:SERVICE/NAME, "
        "command:WORDS (run without a shell, when the key is needed), flag, oauth-cache",
    )


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an artifact."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        nargs="?",
        const="",
        help="use this artifact and resolve nothing; only --secret-from may go with it (without FILE: the first "
        "qwen.toml from the working directory up)",
    )


def add_color_option(parser: argparse.ArgumentParser) -> None:
    """Add the choice of colour."""
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="colour on a terminal that wants it (auto), or not (NO_COLOR is honoured)",
    )


class _Give(argparse.Action):
    """Notes a field's flag as it was spelled, with its text."""

    def __init__(self, field: Field, **options: Any) -> None:
        super().__init__(**{**options, "dest": "given", "default": argparse.SUPPRESS})
        self.field = field

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse's own
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        flag = option_string or self.option_strings[0]
        text = values if isinstance(values, str) else str(not flag.startswith("--no-")).lower()
        given = Given(flag, Secret(text) if self.field.secret else text)
        namespace.given = {**namespace.given, self.field.name: given}


class _ShowVersion(argparse.Action):
    """Prints the version, which is slow to look up, when it is asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415

        standard_output().lines(f"{parser.prog} {version('qwen-cfg')}")
        parser.exit()


def _refuse_one_dash(words: Sequence[str], program: str) -> None:
    """Refuse `-model x` and `-openai-api-key=…`, which would be taken for `-m odel` and a FILE to write."""
    flags = {flag for field in declared_fields().values() for flag in field.flags}
    for name in (word.partition("=")[0] for word in words if word.startswith("-")):
        if f"-{name}" in flags:
            raise UsageError(f"-{name} takes two dashes", where=name, hint=f"See: {program} --help")


def _metavar(field: Field) -> str | None:
    values = "{" + ",".join(field.schema.get("enum", ())) + "}"
    if "enum" in field.schema:
        # More of them than fit beside the flag stand in the description.
        return values if len(values) <= _WIDEST_METAVAR else field.name.upper()
    by_format = {"http-url": "URL", "proxy-url": "URL", "file-path": "PATH", "header-value": "KEY"}
    by_type = {"number": "SECONDS", "integer": "COUNT", "array": "LIST"}
    return by_format.get(field.schema.get("format", "")) or by_type.get(field.schema["type"], field.name.upper())


def _help(field: Field) -> str:
    default = "" if field.default in (None, "") else f" (default: {show_value(field.default)})"
    variables = ", ".join(variable.name for variable in field.variables)
    return f"{field.description}{default} [{variables}]".replace("%", "%%")


def _unquoted(message: str) -> str:
    """Return a message of argparse without the words of the command line in it, except for a mistyped choice."""
    message = re.sub(r"(ignored explicit argument) .*", r"\1", message, flags=re.DOTALL)
    return re.sub(r"(invalid choice:) (?!'[a-z-]{1,12}' ).*(?= \(choose from)", r"\1 one", message, flags=re.DOTALL)


def _unknown(words: list[str], options: list[str]) -> str:
    """Name the options that are not known, as far as they are no value that somebody glued to one."""
    names = [_named(word.partition("=")[0], options) for word in words if word.startswith("-")]
    if names:
        return "unknown: " + ", ".join(names)
    count = "a word" if len(words) == 1 else f"{len(words)} words"
    return f"{count} too many, which no option takes"


def _named(name: str, options: list[str]) -> str:
    """Return a mistyped option with the right one, where it can be nothing else; only its kind otherwise.

    One that is right is not known where it stands before the command.
    """
    if name in options:
        return f"{name} (it goes after the command)"
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.8)
    if close and len(name) <= len(close[0]) + 2:
        return f"{name} (did you mean {close[0]}?)"
    if re.fullmatch(r"--[a-z-]{1,20}", name):
        return name
    glued = [option for option in options if option.startswith("--") and name.startswith(option)]
    return f"an option that starts with {max(glued, key=len)}" if glued else "an option"
