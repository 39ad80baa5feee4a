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
    """The result of a trial as text, with a hint if an action is needed."""

    what: str
    hint: str = ""
    outcome: Outcome = "ok"


@record
class Step:
    """A step and its result; `seconds` is its duration, `error` the reason if it failed."""

    name: str
    outcome: Outcome
    what: str
    hint: str = ""
    seconds: float | None = None
    error: QwenCfgError | None = None


def run_step(name: str, trial: Callable[[], StepResult]) -> Step:
    """Return the step of a trial; an error of the trial is the step's result."""
    started = time.monotonic()
    try:
        found = trial()
    except QwenCfgError as error:
        return Step(name, "failed", error.what, error.hint, time.monotonic() - started, error)
    return Step(name, found.outcome, found.what, found.hint, time.monotonic() - started)


def skip_step(name: str, what: str, hint: str = "") -> Step:
    """Return a step without a request."""
    return Step(name, "skipped", what, hint)
