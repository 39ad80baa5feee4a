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
    """A finished check: the artifact as it was, by whose rules, what was compared, and what was done about it."""

    file: str
    text: str
    artifact: ResolvedConfig
    chosen_profile: ChosenProfile
    comparison: Comparison | None = None
    strict: bool = False
    updated: bool = False
    mend: str = ""
    artifact_only: bool = False
    counted: bool = False

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the rules found."""
        return self.comparison.diagnostics if self.comparison else ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The differences that were found."""
        return self.comparison.differences if self.comparison else ()

    @property
    def remaining(self) -> tuple[Difference, ...]:
        """The differences that are still there: writing the artifact again brings no missing key or file."""
        return tuple(d for d in self.differences if not self.updated or d.part in MISSING)

    @property
    def exit_code(self) -> ExitCode:
        """1 while differences remain, or rules that were asked for found anything."""
        return ExitCode.FINDINGS if self.remaining or (self.counted and self.diagnostics) else ExitCode.OK

    @property
    def status(self) -> str:
        """The outcome in a word."""
        if self.artifact_only:
            return "valid"
        if self.remaining:
            return "drift"
        if self.counted and self.diagnostics:
            return "findings"
        return "updated" if self.updated else "same"

    @property
    def remedy(self) -> str | None:
        """What would mend the differences that remain."""
        if not self.remaining:
            return None
        if all(d.part == "missing secret" for d in self.remaining):
            return f"set the API key: the artifact takes it from {self.artifact.api_key}"
        if all(d.part in MISSING for d in self.remaining):
            return "add the missing file, or omit --strict"
        if any(d.part == "missing file" for d in self.remaining):
            return f"add the missing file, or omit --strict; to update the other values: {self.mend}"
        return self.mend

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know beside the differences."""
        notes = []
        absent = [] if self.comparison is None or self.strict else self.comparison.absent
        if absent and self.comparison is not None:
            unknown = ", ".join(name for name in self.comparison.unknown if name != "api_key")
            are = "is" if len(absent) == 1 else "are"
            notes.append(f"{', '.join(absent)} {are} not here" + (f", so not compared: {unknown}" if unknown else ""))
        if self.comparison is not None and self.comparison.key_is_missing and not self.strict:
            notes.append(f"there is no API key here; the artifact takes it from {self.artifact.api_key}")
        if self.artifact.api_key.kind == "literal" and may_be_tracked(Path(self.file)):
            notes.append(
                "this artifact holds the API key itself, and git tracks it or may track it: regenerate it without"
            )
        return tuple(notes)


def line_of(text: str, field: str) -> int:
    """Return the line of a written artifact where a field of `[config]` stands, counting from 1.

    What stands outside of it (`profile`, `env_file`) is found at its own line, and anything else at the first.
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
    """Show a report to people."""
    output.lines(f"{report.file}: {headline(report)}", *account(report), look="check")
    if not report.counted:
        show_warnings(report.diagnostics, output)
    for note in report.notes:
        output.notice(f"note: {note}")
    if report.remedy:
        output.lines("", f"To fix: {report.remedy}", look="check")


def headline(report: Report) -> str:
    """Return the outcome in a few words, and by whose rules."""
    summary = {
        "valid": "a valid artifact",
        "same": f"up to date{_as_far(report)}",
        "updated": f"{_count(report)}, updated" if report.differences else "updated",
        "findings": _findings(report),
        "drift": _count(report),
    }[report.status]
    return f"{summary}, by the {report.chosen_profile.rules}"


def account(report: Report) -> tuple[str, ...]:
    """Return the lines about each difference, and about each finding if these count."""
    differing = [line for difference in report.differences for line in _account(difference)]
    found = [line for diagnostic in report.diagnostics for line in _finding(diagnostic)] if report.counted else []
    return (*differing, *found)


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
        "mend": report.remedy,
        "exit_code": int(report.exit_code),
    }


def _as_far(report: Report) -> str:
    return " as far as can be checked" if report.comparison and report.comparison.absent else ""


def _findings(report: Report) -> str:
    count = len(report.diagnostics)
    return ("1 finding" if count == 1 else f"{count} findings") + ("; updated" if report.updated else "")


def _finding(diagnostic: Diagnostic) -> tuple[str, ...]:
    finding = diagnostic.finding
    return "", f"  {diagnostic.code} {diagnostic.severity}  {finding.message}", f"    {finding.hint}"


def _count(report: Report) -> str:
    fields = {difference.field for difference in report.differences if difference.part != "resolution"}
    return f"drift in {len(fields)} of {len(report.artifact.config)} fields" if fields else "drift"


def _account(difference: Difference) -> tuple[str, ...]:
    part = "" if difference.part == "value" else f" ({difference.part})"
    was, now = value_text(difference.old, difference.old_origin), value_text(difference.new, difference.new_origin)
    return "", f"  {difference.field}{part}", f"    was  {was}", f"    is   {now}"


def value_text(value: str, origin: str) -> str:
    """Return a value with its origin behind it."""
    said = value or "(empty)"
    return f"{said}  [{origin}]" if origin and origin != value else said
