"""The report of a checked artifact: as text, as data, and as problems at places in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.cli.notices import show_warnings
from qwen_cfg.core.drift import MISSING
from qwen_cfg.reading.git import may_be_tracked
from qwen_cfg.rules.diagnostic import diagnostic_data
from qwen_schema import ExitCode
from qwen_schema.records import asdict, record

from .difference import difference_lines

if TYPE_CHECKING:
    from typing import Any

    from qwen_cfg.application.replay import Comparison
    from qwen_cfg.cli.output import Output
    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.drift import Difference
    from qwen_cfg.rules import Diagnostic
    from qwen_schema import ResolvedConfig

FORMAT = 1


@record
class Report:
    """The result of a check: the artifact before the check, the profile, the comparison, and whether it was updated."""

    file: str
    text: str
    artifact: ResolvedConfig
    chosen_profile: ChosenProfile
    comparison: Comparison | None = None
    strict: bool = False
    updated: bool = False
    update_command: str = ""
    artifact_only: bool = False
    counts_findings: bool = False

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings of the rules."""
        return self.comparison.diagnostics if self.comparison else ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The differences between the artifact and the new result."""
        return self.comparison.differences if self.comparison else ()

    @property
    def remaining(self) -> tuple[Difference, ...]:
        """The differences that remain after an update, which adds no missing key or file."""
        return tuple(d for d in self.differences if not self.updated or d.part in MISSING)

    @property
    def exit_code(self) -> ExitCode:
        """1 if differences remain, or if findings count and there are some; otherwise 0."""
        return ExitCode.FINDINGS if self.remaining or (self.counts_findings and self.diagnostics) else ExitCode.OK

    @property
    def status(self) -> str:
        """The outcome as a word of `check.schema.json`."""
        if self.artifact_only:
            return "valid"
        if self.remaining:
            return "drift"
        if self.counts_findings and self.diagnostics:
            return "findings"
        return "updated" if self.updated else "same"

    @property
    def fix(self) -> str | None:
        """What to do about the remaining differences; None if there are none."""
        if not self.remaining:
            return None
        if all(d.part == "missing secret" for d in self.remaining):
            return f"set the API key: the artifact takes it from {self.artifact.api_key}"
        if all(d.part in MISSING for d in self.remaining):
            return "add the missing file, or omit --strict"
        if any(d.part == "missing file" for d in self.remaining):
            return f"add the missing file, or omit --strict; to update the other values: {self.update_command}"
        return self.update_command

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user, other than differences: missing files, a missing key, a key in the artifact."""
        notes = []
        absent = [] if self.comparison is None or self.strict else self.comparison.absent
        if absent and self.comparison is not None:
            unknown = ", ".join(name for name in self.comparison.unknown if name != "api_key")
            verb = "does" if len(absent) == 1 else "do"
            suffix = f", so not compared: {unknown}" if unknown else ""
            notes.append(f"{', '.join(absent)} {verb} not exist here{suffix}")
        if self.comparison is not None and self.comparison.key_is_missing and not self.strict:
            notes.append(f"there is no API key here; the artifact takes it from {self.artifact.api_key}")
        if self.artifact.api_key.kind == "literal" and may_be_tracked(Path(self.file)):
            notes.append(
                "this artifact contains the API key, and git tracks the file or may track it: regenerate it without "
                "--inline-secrets"
            )
        return tuple(notes)


def line_of(text: str, field: str) -> int:
    """Return the line of an artifact that has a field of `[config]`, counting from 1.

    A name outside of `[config]` (`profile`, `env_file`) has its own line. A name that is not found has line 1.
    """
    first, in_config = 1, False
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.strip()
        opens = word.startswith((f"{field} =", f'"{field}":', f"[config.{field}]", f"[{field}]", f"[[{field}]]"))
        if word.startswith(("[config", '"config"')):
            in_config = True
        elif word.startswith(("[provenance", '"provenance"')):
            in_config = False
        if opens and in_config:
            return number
        if opens and first == 1:
            first = number
    return first


def show_text(report: Report, output: Output) -> None:
    """Write a report as text."""
    output.lines(f"{report.file}: {headline(report)}", *detail_lines(report), look="check")
    if not report.counts_findings:
        show_warnings(report.diagnostics, output)
    for note in report.notes:
        output.notice(f"note: {note}")
    if report.fix:
        output.lines("", f"To fix: {report.fix}", look="check")


def headline(report: Report) -> str:
    """Return the outcome in a few words, with the rules in use."""
    summary = {
        "valid": "a valid artifact",
        "same": f"up to date{_limitation(report)}",
        "updated": f"{_drift_text(report)}, updated" if report.differences else "updated",
        "findings": _findings_text(report),
        "drift": _drift_text(report),
    }[report.status]
    return f"{summary}, by the {report.chosen_profile.rules}"


def detail_lines(report: Report) -> tuple[str, ...]:
    """Return the lines for each difference, and for each finding if findings count."""
    differences = [line for difference in report.differences for line in difference_lines(difference)]
    counted = report.diagnostics if report.counts_findings else ()
    return (*differences, *(line for diagnostic in counted for line in _finding_lines(diagnostic)))


def report_data(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "format": FORMAT,
        "file": report.file,
        "profile": report.chosen_profile.profile.name,
        "profile_from": report.chosen_profile.because,
        "status": report.status,
        "updated": report.updated,
        "strict": report.strict,
        "differences": [asdict(difference) for difference in report.differences],
        "absent": list(report.comparison.absent) if report.comparison else [],
        "not_compared": list(report.comparison.unknown) if report.comparison else [],
        "diagnostics": [diagnostic_data(diagnostic) for diagnostic in report.diagnostics],
        "notes": list(report.notes),
        "mend": report.fix,
        "exit_code": int(report.exit_code),
    }


def _limitation(report: Report) -> str:
    return " as far as can be checked" if report.comparison and report.comparison.absent else ""


def _findings_text(report: Report) -> str:
    count = len(report.diagnostics)
    return ("1 finding" if count == 1 else f"{count} findings") + ("; updated" if report.updated else "")


def _finding_lines(diagnostic: Diagnostic) -> tuple[str, ...]:
    finding = diagnostic.finding
    return "", f"  {diagnostic.code} {diagnostic.severity}  {finding.message}", f"    {finding.hint}"


def _drift_text(report: Report) -> str:
    fields = {difference.field for difference in report.differences if difference.part != "resolution"}
    return f"drift in {len(fields)} of {len(report.artifact.config)} fields" if fields else "drift"
