"""The outcomes of many checks as text, as data, and as problems at places in files."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from qwen_cfg.rules import RULES
from qwen_schema.records import record

from .problem import Results

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qwen_cfg.cli.output import Output

    from .outcome import Outcome

FORMAT = 1

# The statuses as words that follow a number, in the order of the summary.
_WORDS = {
    "same": "up to date",
    "valid": "valid",
    "updated": "updated",
    "drift": "with drift",
    "findings": "with findings",
    "error": "with an error",
}

# A message about several artifacts names at most this many.
_MOST_NAMES = 3


@record
class Checks:
    """The outcomes in the order of the artifacts, and the command line that updates artifacts with drift."""

    outcomes: Sequence[Outcome]
    update: Sequence[str] = ()

    @property
    def exit_code(self) -> int:
        """The highest exit code: an invalid artifact (3) counts more than drift (1)."""
        return max((outcome.exit_code for outcome in self.outcomes), default=0)

    @property
    def summary(self) -> str:
        """The number of artifacts, in total and for each status."""
        counts = self._counts()
        by_status = ", ".join(f"{counts[status]:,} {word}" for status, word in _WORDS.items() if counts.get(status))
        return f"{_count_text(len(self.outcomes))}: {by_status}"

    def text(self, output: Output) -> None:
        """Write a line for each artifact with its details below, and a summary."""
        for outcome in self.outcomes:
            headline, *details = outcome.lines
            fix = ["", f"  To fix: {outcome.fix}"] if outcome.fix else []
            output.lines(f"{outcome.file}: {headline}", *details, *fix, *([""] if details or fix else []), look="check")
        self._show_notices(output)
        output.lines(self.summary, look="check")
        if any(outcome.is_updatable for outcome in self.outcomes):
            output.lines("", f"To fix: {shlex.join(self.update)}", look="check")

    def data(self) -> dict[str, Any]:
        """Return the outcomes as plain values."""
        return {
            "format": FORMAT,
            "artifacts": [outcome.data for outcome in self.outcomes],
            "summary": {"artifacts": len(self.outcomes), **self._counts()},
            "exit_code": self.exit_code,
        }

    def results(self) -> Results:
        """Return the outcomes as problems at places in files."""
        rules = tuple((rule.code, rule.severity, rule.title) for rule in RULES)
        subjects = tuple(outcome.subject for outcome in self.outcomes)
        return Results("check", subjects, self.exit_code, self.summary, rules)

    def show_errors(self, output: Output) -> None:
        """Show errors on standard error, for formats that programs read."""
        for outcome in self.outcomes:
            output.notice(*outcome.errors)

    def _counts(self) -> dict[str, int]:
        statuses = [outcome.status for outcome in self.outcomes]
        return {status: statuses.count(status) for status in _WORDS if status in statuses}

    def _show_notices(self, output: Output) -> None:
        """Show each warning and each note once, with its artifacts."""
        for text, names in _group((text, o.file) for o in self.outcomes for text in o.warnings).items():
            output.notice(f"{_name_list(names)}: {text}")
        for text, names in _group((text, o.file) for o in self.outcomes for text in o.notes).items():
            output.notice(f"note: {_name_list(names)}: {text}")


def _group(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the files for each text."""
    groups: dict[str, list[str]] = {}
    for text, file in pairs:
        groups.setdefault(text, []).append(file)
    return groups


def _name_list(names: Sequence[str]) -> str:
    """Return the first names of a list, and the number of the others."""
    others = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {others:,} more" if others > 0 else "")


def _count_text(count: int) -> str:
    return f"{count:,} artifact{'' if count == 1 else 's'}"
