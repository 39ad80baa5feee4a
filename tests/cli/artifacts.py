"""The artifact that a command prints, and a key for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .process import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from .process import Outcome

WITH_KEY = {"OPENAI_API_KEY": KEY}


def config(outcome: Outcome) -> dict[str, Any]:
    result: dict[str, Any] = outcome.exits(0).toml["config"]
    return result


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())
