"""One step of an examination, as a value."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from qwen_schema import QwenCfgError
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

Outcome = Literal["ok", "failed", "skipped", "note"]


@record
class StepResult:
    """What a trial finds: in words, with what to do about it where something is to be done."""

    what: str
    hint: str = ""
    outcome: Outcome = "ok"


@record
class Step:
    """What was tried, and what came of it; `seconds` is how long it took, `error` why it failed."""

    name: str
    outcome: Outcome
    what: str
    hint: str = ""
    seconds: float | None = None
    error: QwenCfgError | None = None


def run_step(name: str, trial: Callable[[], StepResult]) -> Step:
    """Return the step that a trial is; an error of the trial's is what the step finds."""
    started = time.monotonic()
    try:
        found = trial()
    except QwenCfgError as error:
        return Step(name, "failed", error.what, error.hint, time.monotonic() - started, error)
    return Step(name, found.outcome, found.what, found.hint, time.monotonic() - started)


def skip_step(name: str, what: str, hint: str = "") -> Step:
    """Return a step for which nothing was sent."""
    return Step(name, "skipped", what, hint)
