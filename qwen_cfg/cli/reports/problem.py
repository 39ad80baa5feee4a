"""A problem at a place in a file, for the output formats of CI services, editors and code scanners."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from qwen_schema import QwenCfgError

Level = Literal["error", "warning", "note"]

# The codes of problems that no rule reports: drift, a change between two sides, an artifact that cannot be checked, and
# a note.
DRIFT, CHANGE, INVALID, NOTE = "drift", "change", "invalid", "note"

# The variables with the working directory of a job, in GitHub and GitLab. File names are relative to it.
_WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


@record
class Problem:
    """One problem: its level, code and message, and the file, relative to the workspace, with the line.

    `fails` is true if the problem is a reason for an exit code other than 0. `about` is the field, if there is one.
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
    """An artifact or a comparison: its name, its status as a word, and its problems."""

    name: str
    status: str
    problems: tuple[Problem, ...] = ()
    exit_code: int = 0


@record
class Results:
    """The results of a command, for every format that lists problems."""

    command: str
    subjects: tuple[Subject, ...]
    exit_code: int
    summary: str = ""
    rules: tuple[tuple[str, str, str], ...] = field(default_factory=tuple)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all subjects, in order."""
        return tuple(problem for subject in self.subjects for problem in subject.problems)


def problem_of(error: QwenCfgError, file: str) -> Problem:
    """Return an error about a file as a problem, at the line that the error names, or else at line 1."""
    place, _, line = error.where.rpartition(":")
    message = sentences(str(error), error.hint)
    at = int(line) if place == file and line.isdecimal() else 1
    return Problem("error", INVALID, message, in_repository(file), at, fails=True)


def sentences(*texts: str) -> str:
    """Return texts joined as sentences; a missing full stop is added."""
    *first, last = [text.strip() for text in texts if text.strip()]
    return " ".join([*(text if text.endswith((".", "?", "!", ":")) else f"{text}." for text in first), last])


def in_repository(name: str) -> str:
    """Return a file name relative to the CI workspace, or else to the top of the git work tree.

    The name of a file outside of both does not change.
    """
    path = Path(name).absolute()
    # A link keeps its own name. Links among its parent directories are resolved.
    real = Path(os.path.realpath(path.parent)) / path.name
    named = (os.environ.get(variable) for variable in _WORKSPACES)
    tops = [Path(os.path.realpath(workspace)) for workspace in named if workspace]
    tops += [above for above in real.parents if os.path.lexists(above / ".git")][:1]
    top = next((top for top in tops if real.is_relative_to(top)), None)
    return os.path.normpath(name) if top is None else real.relative_to(top).as_posix()
