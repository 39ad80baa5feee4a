"""The report of a checked artifact as problems at places in files."""

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
    """Return what a check found as problems: differences, findings of rules, and notes."""
    return (*_drift(report), *(_found(diagnostic, report) for diagnostic in report.diagnostics), *_noted(report))


def _drift(report: Report) -> Iterator[Problem]:
    for d in report.differences:
        remains = d in report.remaining
        message = (
            f"{d.field} ({d.part}) was {value_text(d.old, d.old_origin)} and is {value_text(d.new, d.new_origin)}."
        )
        if report.fix:
            message += f" To fix: {report.fix}"
        place = in_repository(report.file), line_of(report.text, d.field)
        yield Problem("error" if remains else "note", DRIFT, message, *place, fails=remains, about=d.field)


def _noted(report: Report) -> Iterator[Problem]:
    for note in report.notes:
        yield Problem("note", NOTE, note, in_repository(report.file), line_of(report.text, "api_key"))


def _found(diagnostic: Diagnostic, report: Report) -> Problem:
    """Return a finding as a problem at the place that it is about; one about no file is at the artifact's field."""
    finding = diagnostic.finding
    beside = in_repository(os.path.normpath(Path(report.file).parent / str(finding.path)))
    in_tree = finding.path is not None and not finding.path.startswith("~") and not beside.startswith(("/", ".."))
    file, line = (
        (beside, finding.line or 1)
        if in_tree
        else (in_repository(report.file), line_of(report.text, str(finding.field)))
    )
    message = sentences(finding.message, finding.hint)
    about = str(finding.field or "")
    return Problem(diagnostic.severity, diagnostic.code, message, file, line, fails=report.counts_findings, about=about)
