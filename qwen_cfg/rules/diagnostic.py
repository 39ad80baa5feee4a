"""What a rule is, and what it says about one resolution."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from qwen_cfg.core.other_profiles import elsewhere
from qwen_schema.records import asdict, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.other_profiles import Elsewhere
    from qwen_cfg.core.resolution import Resolution

Severity = Literal["error", "warning", "note"]


@record
class Finding:
    """One thing that a rule found: what is the matter, what to do, and where (a file and a line, where there are)."""

    message: str
    hint: str = ""
    field: str | None = None
    path: str | None = None
    line: int | None = None


@record
class Case:
    """What the rules look at: a resolution, what the other profiles resolve, and the profile that is followed and why.

    `known` is what the other profiles resolve, where that is known already.
    """

    resolution: Resolution
    known: tuple[Elsewhere, ...] | None = None
    generation: ChosenProfile | None = None

    @cached_property
    def others(self) -> tuple[Elsewhere, ...]:
        """What the other profiles resolve, which is computed once."""
        return elsewhere(self.resolution) if self.known is None else self.known


@record
class Rule:
    """A check with a stable code. An `error` makes a resolution incomplete; a `note` is told where it is asked for."""

    code: str
    severity: Severity
    title: str
    check: Callable[[Resolution], Iterator[Finding]]

    def findings(self, case: Case) -> Iterator[Finding]:
        """Yield what the rule finds."""
        return self.check(case.resolution)


@record
class CaseRule(Rule):
    """A rule that looks at more than one resolution."""

    check: Callable[[Case], Iterator[Finding]]  # type: ignore[assignment]

    def findings(self, case: Case) -> Iterator[Finding]:
        """Yield what the rule finds."""
        return self.check(case)


@record
class Diagnostic:
    """A finding with the code and the severity of its rule."""

    code: str
    severity: Severity
    finding: Finding


def place_of(candidate: Candidate) -> tuple[str | None, int | None]:
    """Return the file and the line of a candidate, as a finding has them."""
    return candidate.origin.file, candidate.origin.line


def warning_text(diagnostic: Diagnostic) -> str:
    """Return a warning as one line: its code, what is the matter, and what to do."""
    finding = diagnostic.finding
    return f"{diagnostic.code} warning: {finding.message} {finding.hint}".rstrip()


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as plain values."""
    return {"code": diagnostic.code, "severity": diagnostic.severity, **asdict(diagnostic.finding)}
