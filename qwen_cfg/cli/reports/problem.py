"""A problem at a place in a file, for the tools that read such: a CI service, an editor, a code scanner."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError

Level = Literal["error", "warning", "note"]

# What a problem is, beside the codes of rules: drift, a change between two sides, what cannot be checked, and what a
# person should know.
DRIFT, CHANGE, INVALID, NOTE = "drift", "change", "invalid", "note"

# The directory that a job of a CI service works in, which the names of files are relative to: GitHub's, and GitLab's.
_WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


@record
class Problem:
    """One problem: how bad it is, its code, the words, and the file (named from the workspace) with the line.

    `fails` says whether it is why the command does not end with 0, and `about` is the field, if it is about one.
    """

    level: Level
    code: str
    message: str
    file: str
    line: int = 1
    fails: bool = False
    about: str = ""


@record
class Subject:
    """What was looked at, by name, its outcome in a word, and its problems."""

    name: str
    status: str
    problems: tuple[Problem, ...] = ()
    exit_code: int = 0


@record
class Results:
    """What a command found, for every format that lists problems."""

    command: str
    subjects: tuple[Subject, ...]
    exit_code: int
    summary: str = ""
    rules: tuple[tuple[str, str, str], ...] = field(default_factory=tuple)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all subjects, in their order."""
        return tuple(problem for subject in self.subjects for problem in subject.problems)


def problem_of(error: QwenCfgError, file: str) -> Problem:
    """Return the problem that an error is which ended the work on a file; at its line where it names one."""
    place, _, line = error.where.rpartition(":")
    message = sentences(str(error), error.hint)
    at = int(line) if place == file and line.isdecimal() else 1
    return Problem("error", INVALID, message, in_repository(file), at, fails=True)


def sentences(*texts: str) -> str:
    """Return texts as sentences that do not run together."""
    *first, last = [text.strip() for text in texts if text.strip()]
    return " ".join([*(text if text.endswith((".", "?", "!", ":")) else f"{text}." for text in first), last])


def in_repository(name: str) -> str:
    """Return a file's name as a CI service knows it: from the workspace, else from the top of the git work tree.

    A file outside of both keeps its name, and so does one without a repository.
    """
    path = Path(name).absolute()
    # The name of a link is its own; the directories above it count as they really are.
    real = Path(os.path.realpath(path.parent)) / path.name
    named = (os.environ.get(variable) for variable in _WORKSPACES)
    tops = [Path(os.path.realpath(workspace)) for workspace in named if workspace]
    tops += [above for above in real.parents if os.path.lexists(above / ".git")][:1]
    top = next((top for top in tops if real.is_relative_to(top)), None)
    return os.path.normpath(name) if top is None else real.relative_to(top).as_posix()
