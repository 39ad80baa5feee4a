"""The summary of a job of GitHub Actions: a table that is appended to the file in GITHUB_STEP_SUMMARY."""

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

# GitHub takes 1 MiB for each step. So many rows are shown, each with so many characters of its problems.
_MOST_ROWS = 200
_MOST_CHARACTERS = 1000

# The outcomes that have another word for people.
_WORDS = {"same": "up to date", "broken": "invalid"}


def append_summary(results: Results, output: Output) -> None:
    """Append a table of the results to the summary of this job, if it has one. Without it, a notice says why."""
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
    """Return the results in Markdown: those that need attention come first, and their problems beside them."""
    shown = sorted(results.subjects, key=lambda subject: (-subject.exit_code, not subject.problems))[:_MOST_ROWS]
    lines = [
        f"### qwen-cfg {results.command}",
        "",
        _code(results.summary),
        "",
        "| | artifact | result |",
        "| --- | --- | --- |",
    ]
    lines += [_row(subject) for subject in shown]
    left = len(results.subjects) - len(shown)
    if left:
        lines += ["", f"{left:,} more are not shown."]
    return "\n".join(lines) + "\n\n"


def _row(subject: Subject) -> str:
    told = "<br>".join(_code(problem.message) for problem in subject.problems)
    if len(told) > _MOST_CHARACTERS:
        told = _code(" ".join(problem.message for problem in subject.problems)[: _MOST_CHARACTERS // 8] + "…")
    status = _WORDS.get(subject.status, subject.status)
    return f"| {_mark(subject)} | {_code(subject.name)} | {status}{'<br>' * bool(told)}{told} |"


def _mark(subject: Subject) -> str:
    """Return a sign: all well, a change between two sides (which is no fault), or what makes the command fail."""
    if subject.exit_code == 0:
        return "✅"
    return "✏️" if {problem.code for problem in subject.problems if problem.fails} == {CHANGE} else "❌"


def _code(text: str) -> str:
    """Return a text as code: every sign that Markdown or HTML could act on is written by its number."""
    safe = printable(redact(text))
    written = (c if c.isalnum() or c in " -./" or not c.isascii() else f"&#{ord(c)};" for c in safe)
    return f"<code>{''.join(written)}</code>"


def _append(path: Path, text: str) -> None:
    """Append to a regular file that is there; a link that stands in a project is not followed.

    Raises:
        LinkInProjectError: if one is on the way.
        OSError: if it cannot be written.
    """
    from qwen_cfg.reading.qwen_home import home_of  # noqa: PLC0415 - needed in a job alone
    from qwen_schema.folders import open_directory, outside_projects  # noqa: PLC0415

    with open_directory(path, outside_projects(home_of(os.environ).path)) as (folder, name):
        descriptor = folder.open(name, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "a", encoding="utf-8", newline="\n") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file")
        file.write(text)
