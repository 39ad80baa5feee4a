"""The outcome of a check as plain values, which one process can pass to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_cfg.core.drift import MISSING
from qwen_cfg.rules.diagnostic import warning_text
from qwen_schema import looks_like_key, redact, redact_unknown
from qwen_schema.records import asdict, record
from qwen_schema.redacted_data import redacted_data

from .check import detail_lines, headline, report_data
from .check_problems import problems_of
from .error import error_data
from .problem import Problem, Subject, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_schema import QwenCfgError

    from .check import Report


@record
class Outcome:
    """The outcome of the check of one artifact.

    `lines` are the headline and its details, `fix` is the advice for differences that `check --update` cannot fix, and
    `errors` are the lines of the error that ended the check. No text contains a secret.
    """

    file: str
    status: str
    exit_code: int
    lines: tuple[str, ...]
    problems: tuple[Problem, ...]
    data: dict[str, Any]
    fix: str = ""
    is_updatable: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def subject(self) -> Subject:
        """The artifact and its problems, for the formats that list these."""
        return Subject(self.file, self.status, self.problems, self.exit_code)


def outcome_of(report: Report) -> Outcome:
    """Return the outcome of a report."""
    is_updatable = any(difference.part not in MISSING for difference in report.remaining)
    warnings = [warning_text(diagnostic) for diagnostic in report.diagnostics if diagnostic.severity == "warning"]
    return Outcome(
        report.file,
        report.status,
        int(report.exit_code),
        (headline(report), *detail_lines(report)),
        problems_of(report),
        report_data(report),
        fix="" if is_updatable or not report.fix else report.fix,
        is_updatable=is_updatable,
        warnings=() if report.counts_findings else tuple(warnings),
        notes=report.notes,
    )


def outcome_of_error(file: str, error: QwenCfgError) -> Outcome:
    """Return the outcome of a check that ended with an error. A file name that looks like a key is masked."""
    file = redact_unknown(file) if looks_like_key(file) else file
    first, *further = error.lines
    # The line begins with the file name already.
    first = first.removeprefix(f"{file}: ")
    hint = [f"  {error.hint}"] if error.hint else []
    data = {"format": 1, "file": file, "status": "error", **error_data(error)}
    return Outcome(
        file,
        "error",
        int(error.exit_code),
        (f"error: {first}", *(f"  {line.strip()}" for line in further), *hint),
        (problem_of(error, file),),
        data,
        errors=error.lines_with_hint,
    )


def to_plain(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as plain values, without the secrets that this process knows."""
    plain = asdict(outcome)
    # Searching each text for secrets takes longer than the check, and few outcomes contain one: search all at once.
    text = "\n".join(_texts(plain))
    if redact(text) == text:
        return plain
    redacted: dict[str, Any] = redacted_data(plain)
    return redacted


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def from_plain(plain: dict[str, Any]) -> Outcome:
    """Return the outcome for plain values from `to_plain`."""
    problems = tuple(Problem(**problem) for problem in plain["problems"])
    texts = {name: tuple(plain[name]) for name in ("lines", "warnings", "notes", "errors")}
    return Outcome(**{**plain, **texts, "problems": problems})
