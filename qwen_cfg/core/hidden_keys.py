"""The compiler's facts about the key in use, for the message about a refused key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .resolution import Resolution


def key_remark(resolution: Resolution) -> str:
    """Return the sentence about other keys that the key in use hides; empty if there are none."""
    decision = resolution.decisions["api_key"]
    if decision.winner is None or resolution.options.secret_from is not None:
        return ""
    used = decision.winner.revealed
    hidden = [s.candidate for s in decision.shadowed if not s.candidate.is_empty and s.candidate.revealed != used]
    if not hidden:
        return ""
    places = ", ".join(str(candidate.origin) for candidate in hidden)
    return f"That key overrides the {'key' if len(hidden) == 1 else 'keys'} from {places}."
