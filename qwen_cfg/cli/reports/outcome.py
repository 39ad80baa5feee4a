"""The outcome of a check as plain values, which one process can hand to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_cfg.core.drift import MISSING
from qwen_cfg.rules.diagnostic import warning_text
from qwen_schema import looks_like_key, redact, redact_unknown
from qwen_schema.records import asdict, record
from qwen_schema.redacted_data import redacted_data

from .check import account, headline, report_data
from .check_problems import problems_of
from .error import error_data
from .problem import Problem, Subject, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_schema import QwenCfgError

    from .check import Report


@record
class Outcome:
    """How the check of one artifact ended.

    `lines` are the headline and what belongs below it, `fix` how to mend what `check --update` does not, and `errors`
    the words of the error that ended it. None of the texts holds a secret.
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
    """Return the outcome that a report tells of."""
    updatable = any(difference.part not in MISSING for difference in report.remaining)
    warnings = [warning_text(found) for found in report.diagnostics if found.severity == "warning"]
    return Outcome(
        report.file,
        report.status,
        int(report.exit_code),
        (headline(report), *account(report)),
        problems_of(report),
        report_data(report),
        fix="" if updatable or not report.remedy else report.remedy,
        is_updatable=updatable,
        warnings=() if report.counted else tuple(warnings),
        notes=report.notes,
    )


def outcome_of_error(file: str, error: QwenCfgError) -> Outcome:
    """Return the outcome of a check that ended in an error. What looks like a key, and not like a name, is masked."""
    file = redact_unknown(file) if looks_like_key(file) else file
    first, *further = error.lines
    # The file is named at the beginning of the line already.
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
    # Looking through every text by itself takes longer than the check: few outcomes have a secret in any.
    whole = "\n".join(_texts(plain))
    if redact(whole) == whole:
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
    """Return the outcome that plain values say."""
    problems = tuple(Problem(**problem) for problem in plain["problems"])
    texts = {name: tuple(plain[name]) for name in ("lines", "warnings", "notes", "errors")}
    return Outcome(**{**plain, **texts, "problems": problems})
