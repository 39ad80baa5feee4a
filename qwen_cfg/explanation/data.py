"""The explanation as data, under `explain.schema.json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qwen_cfg.rules.diagnostic import diagnostic_data

if TYPE_CHECKING:
    from .document import Explanation

FORMAT = 1


def explanation_data(explanation: Explanation, exit_code: int, error: dict[str, Any] | None) -> dict[str, Any]:
    """Return the explanation as plain values; `error` says why the resolution is incomplete, if it is."""
    return {
        "format": FORMAT,
        "exit_code": exit_code,
        "complete": explanation.complete,
        "error": error,
        "cwd": explanation.cwd,
        "profile": explanation.profile,
        "dialect": explanation.dialect,
        "fields": {story.name: asdict(story) for story in explanation.fields},
        "env_file": {"chosen_by": explanation.chosen_by, "search": [asdict(place) for place in explanation.places]},
        "excluded": [asdict(entry) for entry in explanation.excluded],
        "diagnostics": [diagnostic_data(diagnostic) for diagnostic in explanation.diagnostics],
        "not_considered": list(explanation.not_considered),
    }
