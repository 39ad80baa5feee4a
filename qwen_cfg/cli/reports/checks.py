"""The outcomes of many checks, together: as text, as data, and as problems at places in files."""

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

# The outcomes in words, in the order of the summary; each takes the number in front of it.
_WORDS = {
    "same": "up to date",
    "valid": "valid",
    "updated": "updated",
    "drift": "with drift",
    "findings": "with findings",
    "error": "with an error",
}

# A message of more than one artifact names so many of them.
_MOST_NAMES = 3


@record
class Checks:
    """Outcomes in the order of the artifacts, and the command line that writes again what has drifted."""

    outcomes: Sequence[Outcome]
    update: Sequence[str] = ()
    is_single: bool = False

    @property
    def exit_code(self) -> int:
        """The highest of the exit codes: an artifact that is not valid (3) counts more than drift (1)."""
        return max((outcome.exit_code for outcome in self.outcomes), default=0)

    @property
    def summary(self) -> str:
        """How many artifacts there are, and how many came out how."""
        counts = self._counts()
        told = ", ".join(f"{counts[status]:,} {word}" for status, word in _WORDS.items() if counts.get(status))
        return f"{_number(len(self.outcomes))}: {told}"

    def text(self, output: Output) -> None:
        """Show a line for each artifact, what differs below it, and one summary."""
        for outcome in self.outcomes:
            first, *further = outcome.lines
            fix = ["", f"  To fix: {outcome.fix}"] if outcome.fix else []
            output.lines(f"{outcome.file}: {first}", *further, *fix, *([""] if further or fix else []), look="check")
        self._notices(output)
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
        """Show to people what could not be checked, beside a format that is for programs."""
        for outcome in self.outcomes:
            output.notice(*outcome.errors)

    def _counts(self) -> dict[str, int]:
        statuses = [outcome.status for outcome in self.outcomes]
        return {status: statuses.count(status) for status in _WORDS if status in statuses}

    def _notices(self, output: Output) -> None:
        """Show each warning and each note once, with the artifacts that it is about."""
        for told, names in _grouped((text, o.file) for o in self.outcomes for text in o.warnings).items():
            output.notice(f"{_named(names)}: {told}")
        for told, names in _grouped((text, o.file) for o in self.outcomes for text in o.notes).items():
            output.notice(f"note: {_named(names)}: {told}")


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the files of each text."""
    groups: dict[str, list[str]] = {}
    for text, file in pairs:
        groups.setdefault(text, []).append(file)
    return groups


def _named(names: Sequence[str]) -> str:
    """Return the names of files, or of a few of many."""
    shown, left = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    return ", ".join(shown) + (f" and {left:,} more" if left > 0 else "")


def _number(count: int) -> str:
    return f"{count:,} artifact{'' if count == 1 else 's'}"
