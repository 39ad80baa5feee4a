"""The types of rules and their findings about one resolution."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from qwen_cfg.core.other_profiles import compare_profiles
from qwen_schema.records import asdict, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.other_profiles import ProfileComparison
    from qwen_cfg.core.resolution import Resolution

Severity = Literal["error", "warning", "note"]


@record
class Finding:
    """One finding of a rule: the problem, the fix, and the place (file and line, if known)."""

    message: str
    hint: str = ""
    field: str | None = None
    path: str | None = None
    line: int | None = None


@record
class Case:
    """The input of the rules: a resolution, the results of the other profiles, and the profile in use with its reason.

    `known` has the results of the other profiles if they are already known.
    """

    resolution: Resolution
    known: tuple[ProfileComparison, ...] | None = None
    chosen_profile: ChosenProfile | None = None

    @cached_property
    def others(self) -> tuple[ProfileComparison, ...]:
        """The results of the other profiles, computed once."""
        return compare_profiles(self.resolution) if self.known is None else self.known


@record
class Rule:
    """A check with a stable code. An `error` makes a resolution incomplete; a `note` is shown only on request."""

    code: str
    severity: Severity
    title: str
    check: Callable[[Resolution], Iterator[Finding]]

    def findings(self, case: Case) -> Iterator[Finding]:
        """Yield the findings of the rule."""
        return self.check(case.resolution)


@record
class CaseRule(Rule):
    """A rule that checks more than one resolution."""

    check: Callable[[Case], Iterator[Finding]]  # type: ignore[assignment]

    def findings(self, case: Case) -> Iterator[Finding]:
        """Yield the findings of the rule."""
        return self.check(case)


@record
class Diagnostic:
    """A finding with the code and the severity of its rule."""

    code: str
    severity: Severity
    finding: Finding


def place_of(candidate: Candidate) -> tuple[str | None, int | None]:
    """Return the file and the line of a candidate, for a finding."""
    return candidate.origin.file, candidate.origin.line


def warning_text(diagnostic: Diagnostic) -> str:
    """Return a warning as one line: its code, the problem, and the fix."""
    finding = diagnostic.finding
    return f"{diagnostic.code} warning: {finding.message} {finding.hint}".rstrip()


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as plain values."""
    return {"code": diagnostic.code, "severity": diagnostic.severity, **asdict(diagnostic.finding)}
