"""The report of a check as problems at places in files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .check import line_of
from .difference import value_text
from .problem import DRIFT, NOTE, Problem, in_repository, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.rules import Diagnostic

    from .check import Report


def problems_of(report: Report) -> tuple[Problem, ...]:
    """Return the differences, the findings of rules and the notes of a check as problems."""
    return (
        *_drift_problems(report),
        *(_finding_problem(diagnostic, report) for diagnostic in report.diagnostics),
        *_note_problems(report),
    )


def _drift_problems(report: Report) -> Iterator[Problem]:
    for d in report.differences:
        remains = d in report.remaining
        message = (
            f"{d.field} ({d.part}) was {value_text(d.old, d.old_origin)} and is {value_text(d.new, d.new_origin)}."
        )
        if report.fix:
            message += f" To fix: {report.fix}"
        place = in_repository(report.file), line_of(report.text, d.field)
        yield Problem("error" if remains else "note", DRIFT, message, *place, fails=remains, about=d.field)


def _note_problems(report: Report) -> Iterator[Problem]:
    for note in report.notes:
        yield Problem("note", NOTE, note, in_repository(report.file), line_of(report.text, "api_key"))


def _finding_problem(diagnostic: Diagnostic, report: Report) -> Problem:
    """Return a finding as a problem at its file, if that is in the repository, or else at the artifact's field."""
    finding = diagnostic.finding
    path = in_repository(os.path.normpath(Path(report.file).parent / str(finding.path)))
    is_inside = finding.path is not None and not finding.path.startswith("~") and not path.startswith(("/", ".."))
    file, line = (
        (path, finding.line or 1)
        if is_inside
        else (in_repository(report.file), line_of(report.text, str(finding.field)))
    )
    message = sentences(finding.message, finding.hint)
    about = str(finding.field or "")
    return Problem(diagnostic.severity, diagnostic.code, message, file, line, fails=report.counts_findings, about=about)
