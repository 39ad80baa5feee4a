"""Commands to a CI runner in a log, which no text from outside may contain.

GitHub Actions reads a line that begins with `::NAME::`, and `##[NAME]` anywhere in a line (actions/runner,
ActionCommand.cs), Azure Pipelines `##vso[NAME]`, and TeamCity `##teamcity[NAME]`. There may be blanks before a
command, and invisible characters in it, which .NET ignores when it compares strings.
"""

from __future__ import annotations

from . import patterns as re

_INVISIBLE = (
    "\\0-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
# Compiled only when needed, which is rare: compiling them takes longer than most commands.
_WITHIN = f"#[{_INVISIBLE}]*#[\\w{_INVISIBLE}]*\\["
_COMMAND = f"{_WITHIN}|(?<![^\r\n])(?:[^\\S\r\n]|[{_INVISIBLE}])*:[{_INVISIBLE}]*:"
_PASSED_OVER = f"[{_INVISIBLE}]+"
_SUSPECT = re.compile("(?<![^\r\n])[^!-9;-~\r\n]*:|#[^!-~]*#")
_LINE_END = re.compile("[\r\n]")

# Longer than the name of any command: the beginning of a command at the end of a line is not longer than this.
_LONGEST = 40


def without_commands(text: str) -> str:
    """Return a text without commands: the last character of each command's start mark is written as an escape."""
    return re.sub(_COMMAND, _inert, text) if _SUSPECT.search(text) else text


def without_commands_within(text: str, escape: str = "\\x5b") -> str:
    """Return a text without those commands that may occur anywhere in a line."""
    if text.count("#") < 2 or not _SUSPECT.search(text):
        return text
    return re.sub(_WITHIN, lambda match: f"{match.group()[:-1]}{escape}", text)


class WithoutCommands:
    """Removes commands from a text that arrives in pieces, including commands that span pieces."""

    def __init__(self) -> None:
        self._line = ""

    def add(self, piece: str) -> str:
        """Return a piece without commands."""
        text = without_commands(self._line + piece)
        safe = text[len(self._line) :]
        *_, last = _LINE_END.split(text)
        line = (last if last.isascii() and last.isprintable() else re.sub(_PASSED_OVER, "", last)).lstrip()
        # Of a long line only the end matters; `-` shows that it is not the beginning of the line.
        self._line = line if len(line) <= _LONGEST else f"-{line[-_LONGEST:]}"
        return safe


def _inert(match: re.Match[str]) -> str:
    command = match.group()
    return command[:-1] + ("\\x5b" if command.endswith("[") else "\\x3a")
