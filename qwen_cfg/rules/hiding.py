"""Rules about a value that hides another value of the same variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.layers import outranks

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution


def empty_hides(resolution: Resolution) -> Iterator[Finding]:
    """An empty variable counts as no value, but still hides the same variable in a lower layer."""
    for decision in resolution.decisions.values():
        for lost in decision.shadowed:
            if lost.fate != "hidden by an empty variable" or lost.by is None or lost.candidate.is_empty:
                continue
            if not _is_beaten_anyway(resolution, decision, lost.by):
                origin, variable = lost.candidate.origin, lost.candidate.origin.variable
                yield Finding(
                    f"{lost.by.origin} is empty, which hides its value in {origin.place}.",
                    f"Unset it (unset {variable}), or give it the value that you want.",
                    decision.field.name,
                    origin.file,
                    origin.line,
                )


def environment_hides(resolution: Resolution) -> Iterator[Finding]:
    """An exported variable, which may be forgotten, overrides another value in the env file."""
    for decision in resolution.decisions.values():
        winner = decision.winner
        if winner is None or not winner.origin.source.is_exported:
            continue
        for lost in decision.shadowed:
            origin = lost.candidate.origin
            same_variable = lost.fate == "beaten" and origin.variable == winner.origin.variable
            if same_variable and origin.file is not None and lost.candidate.revealed != winner.revealed:
                yield Finding(
                    f"{winner.origin} is used; the other value in {origin.place} is not.",
                    f"To use the file's value: unset {origin.variable}",
                    decision.field.name,
                    origin.file,
                    origin.line,
                )


def _is_beaten_anyway(resolution: Resolution, decision: Decision, empty: Candidate) -> bool:
    """Return whether a layer above the empty variable has the value in use, so that the variable has no effect."""
    winner = decision.winner
    return winner is not None and outranks(
        resolution.profile, decision.field, winner.origin.source, empty.origin.source
    )
