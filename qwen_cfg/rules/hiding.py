"""Rules about a value that hides another one of the same variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.resolution import Resolution


def empty_hides(resolution: Resolution) -> Iterator[Finding]:
    """An empty variable counts as no value, and yet hides the same variable below it."""
    for decision in resolution.decisions.values():
        if decision.winner is not None and decision.winner.origin.layer == "flag":
            continue
        for lost in decision.shadowed:
            if lost.fate == "hidden by an empty variable" and lost.by is not None and not lost.candidate.is_empty:
                origin, variable = lost.candidate.origin, lost.candidate.origin.variable
                yield Finding(
                    f"{variable} is set to nothing in the environment, which hides its value in {origin.place}.",
                    f"Unset it (unset {variable}), or give it the value that you want.",
                    decision.field.name,
                    origin.file,
                    origin.line,
                )


def environment_hides(resolution: Resolution) -> Iterator[Finding]:
    """An exported variable, perhaps a forgotten one, beats another value in the env file."""
    for decision in resolution.decisions.values():
        winner = decision.winner
        if winner is None or winner.origin.layer != "environment":
            continue
        for lost in decision.shadowed:
            origin = lost.candidate.origin
            same_variable = lost.fate == "beaten" and origin.variable == winner.origin.variable
            if same_variable and origin.layer == "env-file" and lost.candidate.revealed != winner.revealed:
                yield Finding(
                    f"{origin.variable} of the environment is used; the other value in {origin.place} is not.",
                    f"To use the file's: unset {origin.variable}",
                    decision.field.name,
                    origin.file,
                    origin.line,
                )
