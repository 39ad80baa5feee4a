"""The format `github`: annotations, which GitHub Actions reads from standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import printable

from .problem import INVALID, NOTE

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

    from .problem import Problem, Results

_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def show(results: Results, output: Output) -> None:
    """Write an annotation for each problem, and a table to the summary of the job, if it has one."""
    for problem in results.problems:
        output.annotation(annotation(problem))
    from .step_summary import append_summary  # noqa: PLC0415 - only needed in a job

    append_summary(results, output)


def annotation(problem: Problem) -> str:
    """Return a workflow command (`error`, `warning` or `notice`), with its parts escaped as the runner expects.

    Source: GitHub Actions, "Workflow commands", setting an error message.
    """
    title = "qwen-cfg" if problem.code in (INVALID, NOTE) else f"qwen-cfg: {problem.code}"
    properties = f"file={_property(problem.file)},line={problem.line},title={_property(title)}"
    return f"::{_LEVELS[problem.level]} {properties}::{_data(problem.message)}"


def _data(text: str) -> str:
    """Return a text as the data of a command. Line ends are escaped, so that they cannot begin another command."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
