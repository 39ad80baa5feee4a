"""The explanation as data, under `explain.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_cfg.rules.diagnostic import diagnostic_data
from qwen_schema.records import asdict

if TYPE_CHECKING:
    from .document import Explanation, OtherProfileExplanation

FORMAT = 1


def explanation_data(explanation: Explanation, exit_code: int, error: dict[str, Any] | None) -> dict[str, Any]:
    """Return the explanation as plain values; `error` is the reason if the resolution is incomplete."""
    return {
        "format": FORMAT,
        "exit_code": exit_code,
        "complete": explanation.complete,
        "error": error,
        "cwd": explanation.cwd,
        "profile": explanation.profile,
        "profile_from": explanation.because,
        "dialect": explanation.dialect,
        "fields": {field.name: asdict(field) for field in explanation.fields},
        "env_file": {
            "chosen_by": explanation.chosen_by,
            "read": list(explanation.read),
            "qwen_directory": asdict(explanation.directory) if explanation.directory else None,
            "search": [asdict(place) for place in explanation.places],
        },
        **({"settings": [asdict(scope) for scope in explanation.settings]} if explanation.settings else {}),
        "excluded": [asdict(entry) for entry in explanation.excluded],
        "diagnostics": [diagnostic_data(diagnostic) for diagnostic in explanation.diagnostics],
        "not_considered": list(explanation.not_considered),
        "other_profiles": [_other_data(other) for other in explanation.others],
    }


def _other_data(other: OtherProfileExplanation) -> dict[str, Any]:
    keys = ("value", "layer", "origin", "variable", "reach", "won_by", "problem")
    return {
        "profile": other.profile,
        "qwen_code": other.title,
        "agrees": other.agrees,
        "differences": [
            {"field": field.name, "same_value": same_value, **{key: getattr(field, key) for key in keys}}
            for field, same_value in other.differences
        ],
        "unread": list(other.unread),
        "error": other.error,
    }
