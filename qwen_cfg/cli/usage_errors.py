"""Usage errors: name the wrong word of a command line, and suggest a similar one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import UsageError, declared_fields, did_you_mean, did_you_mean_field, nearest, show_word
from qwen_schema import patterns as re

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    class Parser(Protocol):
        """The properties of a parser that this module needs."""

        prog: str

        @property
        def options(self) -> list[str]:
            """Every option string, such as `--model`."""

        @property
        def actions(self) -> list[argparse.Action]:
            """Every argument and option."""

        @property
        def commands(self) -> Mapping[str, Parser]:
            """The parsers of the commands, by name."""


# Messages of argparse as patterns, each with its replacement, which has no values of the command line.
_MESSAGES = (
    (r"the following arguments are required: (.*)", r"missing argument: \1"),
    (r"argument (\S+): expected one argument", r"\1 needs a value"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 cannot be combined with \2"),
    (r"argument (\S+): ignored explicit argument .*", r"\1 takes no value"),
    (r"argument (\S+): ", r"\1: "),
)

# Commands of other programs, each with the command that does the same here.
_EQUIVALENTS = {
    **dict.fromkeys(("chat", "ask", "prompt", "talk", "start"), "run"),
    **dict.fromkeys(("explain", "show", "config", "get", "print", "why", "settings"), "resolve --explain"),
    **dict.fromkeys(("update", "upgrade", "sync", "refresh"), "check --update"),
    **dict.fromkeys(("drift", "validate", "lint"), "check"),
    **dict.fromkeys(("test", "ping", "diagnose", "debug"), "doctor"),
    **dict.fromkeys(("setup", "configure", "new", "create", "install"), "init"),
    **dict.fromkeys(("compile", "build", "merge"), "resolve"),
    **dict.fromkeys(("signin", "sign-in"), "auth login"),
    **dict.fromkeys(("signout", "sign-out"), "auth logout"),
    **dict.fromkeys(("compare", "changes"), "diff"),
    "edit": "set",
}

# An option that may be shown. A longer one may have a key attached to it.
_OPTION = re.compile(r"--[A-Za-z][A-Za-z_-]{0,20}")


def plain_message(message: str) -> str:
    """Return a message of argparse in plain words, without values of the command line."""
    for pattern, plain in _MESSAGES:
        message = re.sub(pattern, plain, message, flags=re.DOTALL)
    return message


def unknown_command(value: str, program: Parser) -> UsageError:
    """Return the error for an unknown command. `program` is the parser with every command."""
    names = {name: name for name in (*program.commands, *(o for o in program.options if o.startswith("--")))}
    for name, parser in program.commands.items():
        choices = [choice for a in parser.actions if not a.option_strings for choice in a.choices or ()]
        # `login` means `auth login`.
        names = {choice: f"{name} {choice}" for choice in choices} | names
    equivalent = _EQUIVALENTS.get(value.lower())
    similar = [equivalent] if equivalent else [names[name] for name in nearest(value, names)]
    commands = " or ".join(f"{program.prog} {command}" for command in similar)
    suggestion = f"Did you mean {commands}? " if commands else ""
    return UsageError(f"unknown command {show_word(value)}", hint=f"{suggestion}See: {program.prog} --help")


def unknown_choice(action: argparse.Action, value: str, program: str) -> UsageError:
    """Return the error for a value that is not one of the choices. `program` is the command with its name."""
    choices = list(action.choices or ())
    where = "/".join(action.option_strings) or program.partition(" ")[2]
    is_field = set(choices) <= set(declared_fields())
    similar = (
        did_you_mean_field(value, choices) if is_field else _profile_hint(action, value) or did_you_mean(value, choices)
    )
    hint = f"{similar}Expected one of {', '.join(choices)}."
    return UsageError(f"unknown {'field' if is_field else 'value'} {show_word(value)}", where=where, hint=hint)


def _profile_hint(action: argparse.Action, value: str) -> str:
    """Return a suggestion of the profile if the value is a version of Qwen Code; empty if it is not."""
    if "--profile" not in action.option_strings:
        return ""
    from qwen_cfg.core.chosen_profile import profile_of  # noqa: PLC0415 - only this error needs it

    word = value.lower().removeprefix("v")
    version = "999" if word in ("new", "newest", "latest", "current", "qwen-code", "qwen") else word
    # `0.21` means the release 0.21.0.
    profile = profile_of(f"{version}{'.0' * (2 - version.count('.'))}")
    return f"Did you mean {profile.name}? " if profile is not None else ""


def unknown_words(unknown: list[str], program: Parser, command_parser: Parser, words: Sequence[str]) -> UsageError:
    """Return the error for unknown words. If some are options, the arguments may be their values and are not named."""
    options = [word for word in unknown if word.startswith("-") and word not in ("-", "--")]
    if options:
        named = ", ".join(_option_text(word, command_parser.options) for word in options)
        advice = _option_hint(options[0].partition("=")[0], program, command_parser)
        return UsageError(
            f"unknown option{'' if len(options) == 1 else 's'} {named}",
            hint=f"{advice}See: {command_parser.prog} --help",
        )
    # With the flag of a key, an argument may be the rest of the key.
    secret_flags = {flag for field in declared_fields().values() if field.secret for flag in field.flags}
    may_be_key = any(word.partition("=")[0] in secret_flags for word in words)
    named = ", ".join("(not shown: it may contain a secret)" if may_be_key else show_word(word) for word in unknown)
    quotes = "Put the prompt in quotes. " if any(action.dest == "question" for action in command_parser.actions) else ""
    return UsageError(
        f"unexpected argument{'' if len(unknown) == 1 else 's'} {named}",
        hint=f"{quotes}See: {command_parser.prog} --help",
    )


def _option_text(word: str, known: list[str]) -> str:
    """Return an unknown option without a value that may be attached to it."""
    name = word.partition("=")[0]
    if not name.startswith("--"):
        return f"'{name[:2]}'"
    similar = nearest(name, known)
    if _OPTION.fullmatch(name) or name in known or (similar and len(name) <= len(similar[0]) + 2):
        return f"'{name}'"
    prefixes = [option for option in known if option.startswith("--") and name.startswith(option)]
    return f"that begins with {max(prefixes, key=len)}" if prefixes else "(not shown: it may contain a secret)"


def _option_hint(name: str, program: Parser, command_parser: Parser) -> str:
    """Return a hint: the similar option, the place where the option goes, or the commands that have it."""
    name = name if name.startswith("--") else name[:2]
    if name in program.options and command_parser.prog != program.prog:
        value = " DIRECTORY" if name == "-C" else ""
        command = f" {command_parser.prog.partition(' ')[2]}" if value else ""
        return f"{name} goes before the command: {program.prog} {name}{value}{command}. "
    if name in command_parser.options:
        return f"It goes after the command: {command_parser.prog} {name}. "
    fields = next(
        (action.choices for action in command_parser.actions if action.dest == "field" and action.choices), ()
    )
    field = next((each for each in fields if name in declared_fields()[each].flags), "")
    if field:
        return f"Did you mean {command_parser.prog} {field}? "
    owners = [command for command, parser in program.commands.items() if name in parser.options]
    if owners and command_parser.prog == program.prog:
        return f"It goes after the command, as in: qwen-cfg {'run' if 'run' in owners else owners[0]} {name}. "
    if owners:
        return f"It is an option of {', '.join(owners)}. "
    return did_you_mean(name, command_parser.options) if name.startswith("--") else ""
