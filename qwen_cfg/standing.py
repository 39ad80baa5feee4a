"""Where a project's file comes from: what somebody else put there, or can change, is not its user's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .git import may_be_tracked
from .owners import foreign_owner

if TYPE_CHECKING:
    from pathlib import Path

# Nobody can tell that a file is one's own: who packs an archive can put a `.git` into it.
Standing = Literal["came with the project", "another user's", "unknown"]


def standing_of(path: Path) -> Standing:
    """Return what is known of where a file comes from: that git tracks it, or that it belongs to another user."""
    try:
        if foreign_owner(path) is not None:
            return "another user's"
    except OSError:
        return "unknown"
    return "came with the project" if may_be_tracked(path) else "unknown"
