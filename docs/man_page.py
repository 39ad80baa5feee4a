"""The man page, in troff: the parser's part, then the sections from other declarations.

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

# A fixed date keeps the page the same on every machine.
RELEASED = "2026-11-21"

# The characters that are special to troff inside a line, and their escapes.
_ESCAPES = str.maketrans({"\\": r"\(rs", "-": r"\-", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga", "'": r"\(aq"})

_EXIT_STATUS = {
    ExitCode.OK: "Success.",
    ExitCode.FINDINGS: "A check found something.",
    ExitCode.USAGE: "Usage: the command line, or a file that cannot be written or removed.",
    ExitCode.CONFIGURATION: "The configuration is invalid or incomplete.",
    ExitCode.AUTHENTICATION: "The provider refused the authentication.",
    ExitCode.NOT_TRUSTED: "An action needs an approval that was not given.",
    ExitCode.PROVIDER: "The provider failed or could not be reached.",
    ExitCode.INTERNAL: "A bug in qwen-cfg.",
    ExitCode.HUNG_UP: "Ended by SIGHUP: the terminal was closed.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
    ExitCode.QUIT: "Ended by SIGQUIT.",
    ExitCode.TERMINATED: "Ended by SIGTERM.",
}

# The headings of the options that many commands share, by the title of the group.
_HEADINGS = {"resolution": "Options of resolution", "fields": "Options of fields"}

# The variables that do not feed a field.
_OTHER_VARIABLES = {
    PROFILE_VARIABLE: "The profile, if --profile names none.",
    "PATH": "The directories of git and of qwen, whose version selects the profile if nothing else names one "
    f"(without one: {DEFAULT_PROFILE}).",
    "HOME": "The home directory, written as ~.",
    "XDG_STATE_HOME": "An absolute path that replaces ~/.local/state in the path of the history.",
    "QWEN_HOME": "The directory used instead of ~/.qwen, under profiles that read it; ~/.env may set it, too.",
    "NO_COLOR": "If it is set, no colours are used unless --color requests them.",
    "FORCE_COLOR": "If it is set, and not 0 or false, there are colours without a terminal. NO_COLOR overrides it.",
    "CI": "If it is true (true, 1, yes, on), there are no questions and no conversations.",
    "TERM": "The terminal; a dumb one gets no colours and no escape sequences.",
}


def man_page() -> str:
    """Return the man page."""
    # The page must not depend on the terminal's width and colours.
    os.environ["COLUMNS"] = "80"
    os.environ["NO_COLOR"] = "1"
    parser = build_parser()
    _describe_in_full(parser)
    shared = _take_shared(parser)
    page = Manpage(parser)
    page.date, page.source, page.manual = RELEASED, "qwen-cfg", "User Commands"
    page.description = "show which key, endpoint and model Qwen Code uses here, and their sources"
    page.synopsis = [page.synopsis[0], *map(_escape, page.synopsis[1:])]
    for heading, content in {**shared, **_sections()}.items():
        page.add_section(heading, "=", content)
    return str(page)


def _describe_in_full(parser: Parser) -> None:
    """Move the end of the help into the description, without the exit codes, which have a section here."""
    paragraphs = (parser.epilog or "").split("\n\n")
    kept = [p[0].upper() + p[1:] for p in paragraphs if p and not p.startswith("exit codes")]
    parser.description, parser.epilog = "\n\n".join([parser.description or "", *kept]), None


def _take_shared(parser: Parser) -> dict[str, str]:
    """Remove the shared options from each command, and return a section for each group of them."""
    sections = {}
    for command in parser.commands.values():
        groups = [group for group in command._action_groups if group.title in SHARED]
        if groups:
            titles = " and ".join(f"the options of {group.title}" for group in groups)
            command.description = f"{command.description} It takes {titles} too, which are described below."
        for group in groups:
            command._action_groups.remove(group)
            begin = f"{_line(group.description)}\n" if group.description else ""
            rows = ((_option_text(action), (action.help or "").replace("%%", "%")) for action in group._group_actions)
            content = begin + _entries((tag, _sentence(text)) for tag, text in rows)
            sections[_HEADINGS[group.title or ""]] = content
    return sections


def _option_text(action: argparse.Action) -> str:
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    options = ", ".join(_bold(option) for option in action.option_strings)
    return f"{options} {_italic(str(value))}" if value and action.nargs != 0 else options


def _sections() -> dict[str, str]:
    """Return the sections that are not from the parser, by heading, in order."""
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
    rows = ((_command_text(name, command.argument), _sentence(command.summary)) for name, command in COMMANDS.items())
    return f"{begin}\n{_entries(rows)}"


def _command_text(name: str, argument: str) -> str:
    return _bold(f"/{name}") + (f" {_italic(argument)}" if argument else "")


def _environment() -> str:
    begin = _line(
        "An env file may set these variables, too. The environment overrides it, and a flag overrides both. If "
        "several variables are listed together, the first one with a value is used."
    )
    fields = ((", ".join(_bold(v.name) for v in f.variables), _meaning(f)) for f in declared_fields().values())
    others = ((_bold(name), meaning) for name, meaning in _OTHER_VARIABLES.items())
    return f"{begin}\n{_entries(fields)}\n.PP\nOnly the environment can set these:\n{_entries(others)}"


def _files() -> str:
    of_home = ", ".join(map(str, home_level_files(PurePosixPath("~"))))
    rows = {
        ".qwen/.env, .env": "Env files, searched in the working directory and then in each directory above it, up to / "
        "(or to the home, under some profiles). The first file found is read.",
        of_home: "The env files of the home, searched last. Under some profiles they are also read after the first "
        "file found and set variables that it does not set, and so is .env in the directory that QWEN_HOME names.",
        OAUTH_CACHE: "The login that Qwen Code and qwen-cfg share; in QWEN_HOME, under profiles that read it.",
        "~/.local/state/qwen-cfg/history": "The typed texts of conversations, without texts that look like a secret.",
    }
    return _entries((_italic(path), meaning) for path, meaning in rows.items())


def _see_also() -> str:
    return (
        "The npm package dotenv, which defines the syntax of env files:\n"
        f".UR {_escape('https://github.com/motdotla/dotenv')}\n.UE .\n.PP\n"
        f"The pages in the folder {_italic('docs/')} of the project: fields, rules, providers and more."
    )


def _meaning(field: Field) -> str:
    """Return a sentence about a field, and the restrictions of its variables."""
    fixed = [f"Any value of {v.name} means {v.means}." for v in field.variables if v.means is not None]
    barred = ["A project's env file may not set it."] if field.reach == "user" else []
    return " ".join([_sentence(field.description.split(". ")[0]), *fixed, *barred])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


def _entries(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of tagged paragraphs; the tags are already troff, the texts are not."""
    return "\n".join(f".TP\n{tag}\n{_line(text)}" for tag, text in rows)


def _line(text: str) -> str:
    """Return a text as one line that troff does not read as a request."""
    escaped = _escape(text)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _bold(text: str) -> str:
    return rf"\fB{_escape(text)}\fR"


def _italic(text: str) -> str:
    return rf"\fI{_escape(text)}\fR"


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
