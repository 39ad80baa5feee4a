"""Finds a model in a list of names: the model itself, or similar names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 3
_ALIKE = 0.4


def is_listed(model: str, listed: Sequence[str]) -> bool:
    """Return whether a list contains a model; Gemini adds `models/` before names, and Ollama `:latest` after them."""
    return any(model in (name, name.removeprefix("models/"), name.removesuffix(":latest")) for name in listed)


def near_models(model: str, names: Sequence[str]) -> list[str]:
    """Return the names similar to a model's, ignoring case, the nearest first."""
    spelled = {name.lower(): name for name in reversed(names)}
    import difflib  # noqa: PLC0415 - only the error of an unknown model needs it

    return [spelled[name] for name in difflib.get_close_matches(model.lower(), spelled, n=_MOST, cutoff=_ALIKE)]
