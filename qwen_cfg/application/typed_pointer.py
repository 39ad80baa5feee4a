"""A pointer to a key that was typed in a session: the key that it leads to, and whether the pointer may be kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_schema import Secret, SecretReference, Surroundings, follow, kind_of_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND_NOT_KEPT = (
    "the command for the API key is not kept: a file of a project may not name one. It counts in this session. "
    "To keep it, put it into ~/.qwen/.env, or export it."
)


def fetched(texts: Mapping[str, str | Secret], place: str, base: Path, home: Path | None) -> Secret | None:
    """Return the key that the texts of a change come to, a pointer followed; None if there is none among them.

    Raises:
        SecretReferenceError: if a pointer leads to no key.
    """
    typed = texts.get("api_key")
    if not isinstance(typed, Secret):
        return None
    return follow(SecretReference("flag", flag=place), Surroundings(os.environ, {place: typed}, base, home))


def without_commands(texts: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    """Return the texts without a command for the key, which no file of a project may name."""
    return {name: text for name, text in texts.items() if not _is_command(text)}


def _is_command(text: str | Secret) -> bool:
    return isinstance(text, Secret) and kind_of_pointer(text.reveal()) == "command"
