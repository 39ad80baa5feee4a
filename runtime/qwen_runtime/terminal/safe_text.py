"""What of a text may reach a terminal: everything that prints, and nothing that steers it or is secret."""

from __future__ import annotations

import unicodedata

from qwen_schema import redact

# Besides what prints: line ends and tabs, and what joins letters (Persian, Hindi) or emoji.
_HARMLESS = "\n\t\u200c\u200d"


def without_steering(text: str) -> str:
    """Return a text in which every character that could steer a terminal is written as an escape.

    Carriage returns are left out: at a line's end they say nothing, and elsewhere they would overwrite the line.
    """
    text = text.replace("\r", "")
    return text if text.isprintable() else "".join(map(_character, text))


def safe(text: str) -> str:
    """Return a text without any secret, and without what could steer a terminal."""
    return without_steering(redact(text))


def _character(character: str) -> str:
    # Blanks of other scripts (U+3000, U+00A0) do not print by Python's definition.
    if character.isprintable() or character in _HARMLESS or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
