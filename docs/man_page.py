"""The man page, in troff: the parser's part, and after it the sections that other declarations fill.

The order of the sections is that of man-pages(7).
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from argparse_manpage.manpage import Manpage

from qwen_cfg.application.request import PROFILE_VARIABLE
from qwen_cfg.cli.help import SHARED
from qwen_cfg.cli.parser import build_parser
from qwen_cfg.core.paths import OAUTH_CACHE, home_level_files
from qwen_runtime.repl.commands import COMMANDS
from qwen_schema import DEFAULT_PROFILE, ExitCode, Field, declared_fields

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from qwen_cfg.cli.parser import Parser

# The page carries a date; one that does not move keeps it the same on every machine.
RELEASED = "2026-11-21"

# What is special to troff inside a line, and how the character itself is written.
_ESCAPES = str.maketrans({"\\": r"\(rs", "-": r"\-", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga", "'": r"\(aq"})

_EXIT_STATUS = {
    ExitCode.OK: "All well.",
    ExitCode.FINDINGS: "A check found something.",
    ExitCode.USAGE: "Usage: the command line, or a file that cannot be written or removed.",
    ExitCode.CONFIGURATION: "The configuration is invalid or incomplete.",
    ExitCode.AUTHENTICATION: "The authentication was refused.",
    ExitCode.NOT_TRUSTED: "Something is not trusted.",
    ExitCode.PROVIDER: "The provider failed or could not be reached.",
    ExitCode.INTERNAL: "A defect of qwen-cfg.",
    ExitCode.HUNG_UP: "Ended by SIGHUP: the terminal was closed.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
    ExitCode.QUIT: "Ended by SIGQUIT.",
    ExitCode.TERMINATED: "Ended by SIGTERM.",
}

# The sections of the options that many commands share, by the title of their group.
_HEADINGS = {"resolution": "Options of resolution", "fields": "Options of fields"}

# The variables that feed no field.
_OTHER_VARIABLES = {
    PROFILE_VARIABLE: "The profile, where --profile names none.",
    "PATH": "Where git is looked for, and qwen, whose version decides on the profile that nothing else names "
    f"(without one: {DEFAULT_PROFILE}).",
    "HOME": "The home directory, which ~ stands for.",
    "XDG_STATE_HOME": "If it is an absolute path, it takes the place of ~/.local/state in the path of the history.",
    "QWEN_HOME": "The directory in place of ~/.qwen, under the profiles that know it; ~/.env may set it too.",
    "NO_COLOR": "If it is set to anything, no colours are used unless --color asks for them.",
    "FORCE_COLOR": "If it is set, and not to 0 or false, screens have colours without a terminal too. NO_COLOR wins.",
    "CI": "If it is true (true, 1, yes, on), nobody is asked anything, and no conversation begins.",
    "TERM": "The terminal; where it is dumb, no colours and no escape sequences are used.",
}


def man_page() -> str:
    """Return the man page."""
    # Widths and colours of the machine must not show in it.
    os.environ["COLUMNS"] = "80"
    os.environ["NO_COLOR"] = "1"
    parser = build_parser()
    _describe_in_full(parser)
    shared = _take_shared(parser)
    page = Manpage(parser)
    page.date, page.source, page.manual = RELEASED, "qwen-cfg", "User Commands"
    page.description = "which key, endpoint and model does Qwen Code use here, and who says so?"
    page.synopsis = [page.synopsis[0], *map(_escape, page.synopsis[1:])]
    for heading, content in {**shared, **_sections()}.items():
        page.add_section(heading, "=", content)
    return str(page)


def _describe_in_full(parser: Parser) -> None:
    """Move what the help says at its end into the description, without the exit codes: they have a section here."""
    paragraphs = (parser.epilog or "").split("\n\n")
    kept = [p[0].upper() + p[1:] for p in paragraphs if p and not p.startswith("exit codes")]
    parser.description, parser.epilog = "\n\n".join([parser.description or "", *kept]), None


def _take_shared(parser: Parser) -> dict[str, str]:
    """Take the options that many commands share out of each, and return a section for each group of them."""
    sections = {}
    for command in parser.commands.values():
        groups = [group for group in command._action_groups if group.title in SHARED]
        if groups:
            titles = " and ".join(f"the options of {group.title}" for group in groups)
            command.description = f"{command.description} It takes {titles} too, which are described below."
        for group in groups:
            command._action_groups.remove(group)
            begin = f"{_line(group.description)}\n" if group.description else ""
            rows = ((_spelled(action), (action.help or "").replace("%%", "%")) for action in group._group_actions)
            content = begin + _entries((tag, _sentence(text)) for tag, text in rows)
            sections[_HEADINGS[group.title or ""]] = content
    return sections


def _spelled(action: argparse.Action) -> str:
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    spelled = ", ".join(_bold(option) for option in action.option_strings)
    return f"{spelled} {_italic(str(value))}" if value and action.nargs != 0 else spelled


def _sections() -> dict[str, str]:
    """Return the sections that the parser does not know, by heading, in their order."""
    return {
        "Commands in a conversation": _conversation(),
        "Exit status": _entries((_bold(str(int(code))), _EXIT_STATUS[code]) for code in ExitCode),
        "Environment": _environment(),
        "Files": _files(),
        "See also": _see_also(),
    }


def _conversation() -> str:
    begin = _line(
        "In a terminal, qwen-cfg run without a prompt begins a conversation. A line that begins with / is a command; "
        "to send such a line to the model, begin it with //."
    )
    rows = ((_called(name, command.argument), _sentence(command.summary)) for name, command in COMMANDS.items())
    return f"{begin}\n{_entries(rows)}"


def _called(name: str, argument: str) -> str:
    return _bold(f"/{name}") + (f" {_italic(argument)}" if argument else "")


def _environment() -> str:
    begin = _line(
        "An env file may set these variables too. The environment overrides it, and a flag overrides both. Where "
        "several variables stand together, the first that has a value wins."
    )
    fields = ((", ".join(_bold(v.name) for v in f.variables), _meaning(f)) for f in declared_fields().values())
    others = ((_bold(name), meaning) for name, meaning in _OTHER_VARIABLES.items())
    return f"{begin}\n{_entries(fields)}\n.PP\nThese are of the environment:\n{_entries(others)}"


def _files() -> str:
    of_home = ", ".join(map(str, home_level_files(PurePosixPath("~"))))
    rows = {
        ".qwen/.env, .env": "Env files: looked for in the working directory and then in each one above it, up to / "
        "(or to the home, where the profile says so). The first that is found is read.",
        of_home: "The env files of the home, looked for last; where the profile says so, they are read after the first "
        "one too, for what it leaves unset, and so is .env of the directory that QWEN_HOME names.",
        OAUTH_CACHE: "The login of Qwen Code, which qwen-cfg uses too; in QWEN_HOME, where the profile knows that.",
        "~/.local/state/qwen-cfg/history": "What was typed in conversations, without what looks like a secret.",
    }
    return _entries((_italic(path), meaning) for path, meaning in rows.items())


def _see_also() -> str:
    return (
        "The npm package dotenv, whose reading of an env file is followed:\n"
        f".UR {_escape('https://github.com/motdotla/dotenv')}\n.UE .\n.PP\n"
        f"The pages in the folder {_italic('docs/')} of the project: fields, rules, providers and more."
    )


def _meaning(field: Field) -> str:
    """Return what a field is, in a sentence, and what its variables may not do or stand for."""
    fixed = [f"Any value of {v.name} stands for {v.means}." for v in field.variables if v.means is not None]
    barred = ["A project's env file may not set it."] if field.reach == "user" else []
    return " ".join([_sentence(field.description.split(". ")[0]), *fixed, *barred])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


def _entries(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of tagged paragraphs; the tags are troff already, the texts are not."""
    return "\n".join(f".TP\n{tag}\n{_line(text)}" for tag, text in rows)


def _line(text: str) -> str:
    """Return a text as one line that is no request, whatever it begins with."""
    escaped = _escape(text)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _bold(text: str) -> str:
    return rf"\fB{_escape(text)}\fR"


def _italic(text: str) -> str:
    return rf"\fI{_escape(text)}\fR"


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
