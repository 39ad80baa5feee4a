"""The places that already have a wanted value but are not used, and the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.unread_files import unread_candidate
from qwen_schema import field_of_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.merge import Decision, ShadowedCandidate
    from qwen_cfg.core.resolution import Resolution
    from qwen_schema import Field

    from .goal import Goal


def unused_offers(goal: Goal, resolution: Resolution) -> tuple[str, ...]:
    """Return a sentence for each place that has the wanted value of a field but is not used, with the reason."""
    return tuple(
        dict.fromkeys(
            (
                *_shadowed_offers(goal, resolution),
                *_excluded_offers(goal, resolution),
                *_unread_offers(goal, resolution),
            )
        )
    )


def _shadowed_offers(goal: Goal, resolution: Resolution) -> Iterator[str]:
    decision = resolution.decisions[goal.field.name]
    for lost in decision.shadowed:
        if goal.is_wanted(lost.candidate) and not lost.candidate.origin.source.is_default:
            yield f"{lost.candidate.origin} has it: {_fate(lost, decision, resolution)}"


def _fate(lost: ShadowedCandidate, decision: Decision, resolution: Resolution) -> str:
    by = lost.by or decision.winner
    match lost.fate:
        case "beaten":
            return "overridden" if by is None else f"overridden by {by.origin}"
        case "hidden by an empty variable":
            return "hidden by an empty variable" if by is None else f"hidden by {by.origin}, which is set to nothing"
        case "empty":
            return "an empty value does not count there"
        case "needs reach user":
            return "a project's file may not set this field"
        case "not under this method":
            return f"not read under {resolution.auth_method}"
        case "not beside the entry":
            return "not used beside the provider entry of settings.json"


def _excluded_offers(goal: Goal, resolution: Resolution) -> Iterator[str]:
    declared = field_of_variable({goal.field.name: goal.field})
    for file in resolution.files:
        for name in file.excluded:
            if name in declared and _has_wanted_text(goal, goal.field, name, file.assigned[name].text):
                yield f"{file.assigned[name].origin} has it: excluded, since this file may not set {name}"


def _has_wanted_text(goal: Goal, field: Field, name: str, text: str) -> bool:
    variable = next(one for one in field.variables if one.name == name)
    return not goal.is_of_origin and goal.means(variable.means if variable.means is not None and text else text)


def _unread_offers(goal: Goal, resolution: Resolution) -> Iterator[str]:
    first = next((file.shown for file in resolution.files), "")
    for file in resolution.unreached:
        offer = unread_candidate(file, goal.field.name, resolution.auth_method)
        if offer is not None and goal.is_wanted(offer):
            why = f"not read, since {first} is found first" if first else "not read"
            yield f"{offer.origin} has it: {why}"
