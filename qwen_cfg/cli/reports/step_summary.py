"""Appends a table of the results to the summary of a GitHub Actions job, the file that GITHUB_STEP_SUMMARY names."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import QwenCfgError, printable, redact

from .problem import CHANGE

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

    from .problem import Results, Subject

VARIABLE = "GITHUB_STEP_SUMMARY"

# GitHub accepts 1 MiB for each step. The table has at most this many rows, and characters for the problems of a row.
_MOST_ROWS = 200
_MOST_CHARACTERS = 1000

# The statuses with another word in the table.
_WORDS = {"same": "up to date", "broken": "invalid"}


def append_summary(results: Results, output: Output) -> None:
    """Append a table of the results to the summary of this job, if it has one. If that fails, show a notice."""
    name = os.environ.get(VARIABLE, "")
    if not name:
        return
    try:
        _append(Path(name), summary(results))
    except QwenCfgError as error:
        output.notice(f"qwen-cfg: no summary is written: {error}")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a path"
        output.notice(f"qwen-cfg: no summary is written: {VARIABLE}: {why}")


def summary(results: Results) -> str:
    """Return the results in Markdown. Subjects that need attention come first."""
    subjects = sorted(results.subjects, key=lambda subject: (-subject.exit_code, not subject.problems))[:_MOST_ROWS]
    lines = [
        f"### qwen-cfg {results.command}",
        "",
        _code(results.summary),
        "",
        "| | artifact | result |",
        "| --- | --- | --- |",
    ]
    lines += [_row(subject) for subject in subjects]
    others = len(results.subjects) - len(subjects)
    if others:
        lines += ["", f"{others:,} more are not shown."]
    return "\n".join(lines) + "\n\n"


def _row(subject: Subject) -> str:
    problems = "<br>".join(_code(problem.message) for problem in subject.problems)
    if len(problems) > _MOST_CHARACTERS:
        problems = _code(" ".join(problem.message for problem in subject.problems)[: _MOST_CHARACTERS // 8] + "…")
    status = _WORDS.get(subject.status, subject.status)
    return f"| {_mark(subject)} | {_code(subject.name)} | {status}{'<br>' * bool(problems)}{problems} |"


def _mark(subject: Subject) -> str:
    """Return a mark: success, a change between two sides, which is not a failure, or a failure."""
    if subject.exit_code == 0:
        return "✅"
    return "✏️" if {problem.code for problem in subject.problems if problem.fails} == {CHANGE} else "❌"


def _code(text: str) -> str:
    """Return a text as code: every character with a meaning in Markdown or HTML is escaped."""
    safe = printable(redact(text))
    escaped = (c if c.isalnum() or c in " -./" or not c.isascii() else f"&#{ord(c)};" for c in safe)
    return f"<code>{''.join(escaped)}</code>"


def _append(path: Path, text: str) -> None:
    """Append to an existing regular file, without following links in a project.

    Raises:
        LinkInProjectError: if there is such a link.
        OSError: if the file cannot be written.
    """
    from qwen_cfg.reading.qwen_home import home_of  # noqa: PLC0415 - needed in a job alone
    from qwen_schema.folders import open_directory, outside_projects  # noqa: PLC0415

    with open_directory(path, outside_projects(home_of(os.environ).path)) as (folder, name):
        descriptor = folder.open(name, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "a", encoding="utf-8", newline="\n") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file")
        file.write(text)
