"""The rule about another generation of Qwen Code, whose users see other settings in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.generations import elsewhere
from qwen_schema import Secret, safe_text, show_value

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.generations import Departure, Elsewhere
    from qwen_cfg.resolution import Resolution


def resolves_differently(resolution: Resolution) -> Iterator[Finding]:
    """Whoever has the other generation of Qwen Code gets another value from the same files and variables."""
    for other in elsewhere(resolution):
        for departure in other.departures:
            if not departure.same_value:
                yield _finding(other, departure)


def _shown(departure: Departure) -> str:
    decision, field = departure.decision, departure.decision.field
    assert decision.winner is not None  # noqa: S101 - callers have looked
    if field.secret or decision.problem or decision.value is None or isinstance(decision.value, Secret):
        return safe_text(field, decision.winner.revealed)
    return show_value(decision.value)


def _finding(other: Elsewhere, departure: Departure) -> Finding:
    winner = departure.decision.winner
    value = "has no value" if winner is None else f"is {_shown(departure)} from {winner.origin}"
    return Finding(
        f"For {other.profile.title}, {departure.name} {value}.",
        f"Set it where both look first, or follow that one: --profile {other.profile.name}",
        departure.name,
        winner.origin.file if winner else None,
        winner.origin.line if winner else None,
    )
