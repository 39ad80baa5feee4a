"""Finds models with a name similar to another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 3
_ALIKE = 0.4


def near_models(model: str, names: Sequence[str]) -> list[str]:
    """Return the names similar to a model's, ignoring case, the nearest first."""
    spelled = {name.lower(): name for name in reversed(names)}
    import difflib  # noqa: PLC0415 - only the error of an unknown model needs it

    return [spelled[name] for name in difflib.get_close_matches(model.lower(), spelled, n=_MOST, cutoff=_ALIKE)]
