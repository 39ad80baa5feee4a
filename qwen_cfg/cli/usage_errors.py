"""Usage errors in words: which word of the command line is wrong, and which one was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import UsageError, declared_fields, did_you_mean, fields_meant, nearest, show_word
from qwen_schema import patterns as re

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    class Parser(Protocol):
        """What is asked of a parser here."""

        prog: str

        @property
        def options(self) -> list[str]:
            """Every option, as it is spelled."""

        @property
        def actions(self) -> list[argparse.Action]:
            """Every argument and option."""

        @property
        def commands(self) -> Mapping[str, Parser]:
            """The parsers of the commands, by name."""


# What argparse says, and what is said instead. Values of the command line are left out.
_MESSAGES = (
    (r"the following arguments are required: (.*)", r"missing argument: \1"),
    (r"argument (\S+): expected one argument", r"\1 needs a value"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 cannot be combined with \2"),
    (r"argument (\S+): ignored explicit argument .*", r"\1 takes no value"),
)

# Commands of other programs, and what does the same here.
_MEANT = {
    **dict.fromkeys(("chat", "ask", "prompt", "talk", "start"), "run"),
    **dict.fromkeys(("explain", "show", "config", "get", "print", "why", "settings"), "resolve --explain"),
    **dict.fromkeys(("update", "upgrade", "sync", "refresh"), "check --update"),
    **dict.fromkeys(("drift", "validate", "verify", "lint"), "check"),
    **dict.fromkeys(("test", "ping", "diagnose", "debug"), "doctor"),
    **dict.fromkeys(("setup", "configure", "new", "create", "install"), "init"),
    **dict.fromkeys(("compile", "build", "merge"), "resolve"),
    **dict.fromkeys(("signin", "sign-in"), "auth login"),
    **dict.fromkeys(("signout", "sign-out"), "auth logout"),
    **dict.fromkeys(("compare", "changes"), "diff"),
    "edit": "set",
}

# An option as people mistype one; longer ones may have a key glued to them.
_OPTION = re.compile(r"--[A-Za-z][A-Za-z_-]{0,20}")


def plain_message(message: str) -> str:
    """Return a message of argparse in plain words, and without words of the command line."""
    for pattern, plain in _MESSAGES:
        message = re.sub(pattern, plain, message, flags=re.DOTALL)
    return message


def unknown_command(value: str, whole: Parser) -> UsageError:
    """Return the error of a word in the place of a command. `whole` is the parser with all that every command takes."""
    names = {name: name for name in (*whole.commands, *(o for o in whole.options if o.startswith("--")))}
    for name, parser in whole.commands.items():
        choices = [choice for a in parser.actions if not a.option_strings for choice in a.choices or ()]
        # Somebody who types `login` means `auth login`.
        names = {choice: f"{name} {choice}" for choice in choices} | names
    meant_here = _MEANT.get(value.lower())
    words = [meant_here] if meant_here else [names[name] for name in nearest(value, names)]
    near = " or ".join(f"{whole.prog} {word}" for word in words)
    meant = f"Did you mean {near}? " if near else ""
    return UsageError(f"unknown command {show_word(value)}", hint=f"{meant}See: {whole.prog} --help")


def unknown_choice(action: argparse.Action, value: str, program: str) -> UsageError:
    """Return the error of a value that is none of those that there are to choose from."""
    choices = list(action.choices or ())
    where = "/".join(action.option_strings) or program.partition(" ")[2]
    is_field = set(choices) <= set(declared_fields())
    near = fields_meant(value, choices) if is_field else _profile_meant(action, value) or did_you_mean(value, choices)
    hint = f"{near}Expected one of {', '.join(choices)}."
    return UsageError(f"unknown {'field' if is_field else 'value'} {show_word(value)}", where=where, hint=hint)


def _profile_meant(action: argparse.Action, value: str) -> str:
    """Return the question that names the profile of a version of Qwen Code; nothing where the value is none."""
    if "--profile" not in action.option_strings:
        return ""
    from qwen_cfg.core.chosen_profile import profile_of  # noqa: PLC0415 - only this error needs it

    word = value.lower().removeprefix("v")
    version = "999" if word in ("new", "newest", "latest", "current", "qwen-code", "qwen") else word
    # A version of two numbers stands for its first release.
    profile = profile_of(f"{version}{'.0' * (2 - version.count('.'))}")
    return f"Did you mean {profile.name}? " if profile is not None else ""


def unknown_words(unknown: list[str], whole: Parser, chosen: Parser, words: Sequence[str]) -> UsageError:
    """Return the error of words that nothing takes: options first, since an argument may be the value of one."""
    options = [word for word in unknown if word.startswith("-") and word not in ("-", "--")]
    if options:
        named = ", ".join(_shown_option(word, chosen.options) for word in options)
        advice = _advice(options[0].partition("=")[0], whole, chosen)
        return UsageError(
            f"unknown option{'' if len(options) == 1 else 's'} {named}", hint=f"{advice}See: {chosen.prog} --help"
        )
    # Beside a flag of a key, an argument may be the rest of the key.
    secret_flags = {flag for field in declared_fields().values() if field.secret for flag in field.flags}
    may_be_key = any(word.partition("=")[0] in secret_flags for word in words)
    named = ", ".join("(not shown: it may hold a secret)" if may_be_key else show_word(word) for word in unknown)
    quotes = "Put the prompt in quotes. " if any(action.dest == "question" for action in chosen.actions) else ""
    return UsageError(
        f"unexpected argument{'' if len(unknown) == 1 else 's'} {named}", hint=f"{quotes}See: {chosen.prog} --help"
    )


def _shown_option(word: str, known: list[str]) -> str:
    """Return an unknown option without the value that somebody may have glued to it."""
    name = word.partition("=")[0]
    if not name.startswith("--"):
        return f"'{name[:2]}'"
    near = nearest(name, known)
    if _OPTION.fullmatch(name) or name in known or (near and len(name) <= len(near[0]) + 2):
        return f"'{name}'"
    begun = [option for option in known if option.startswith("--") and name.startswith(option)]
    return f"that begins with {max(begun, key=len)}" if begun else "(not shown: it may hold a secret)"


def _advice(name: str, whole: Parser, chosen: Parser) -> str:
    """Return which option was meant, or which commands have it."""
    name = name if name.startswith("--") else name[:2]
    if name in whole.options and chosen.prog != whole.prog:
        value = " DIRECTORY" if name == "-C" else ""
        command = f" {chosen.prog.partition(' ')[2]}" if value else ""
        return f"{name} goes before the command: {whole.prog} {name}{value}{command}. "
    if name in chosen.options:
        return f"It goes after the command: {chosen.prog} {name}. "
    fields = next((action.choices for action in chosen.actions if action.dest == "field" and action.choices), ())
    field = next((each for each in fields if name in declared_fields()[each].flags), "")
    if field:
        return f"Did you mean {chosen.prog} {field}? "
    owners = [command for command, parser in whole.commands.items() if name in parser.options]
    if owners and chosen.prog == whole.prog:
        return f"It goes after the command, as in: qwen-cfg {'run' if 'run' in owners else owners[0]} {name}. "
    if owners:
        return f"It is an option of {', '.join(owners)}. "
    return did_you_mean(name, chosen.options) if name.startswith("--") else ""
