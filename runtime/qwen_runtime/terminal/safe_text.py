"""Makes text safe for a terminal: without secrets, and without characters that control the terminal."""

from __future__ import annotations

import unicodedata

from qwen_schema import redact

# Allowed in addition to printable characters: line ends, tabs, and joiners of letters (Persian, Hindi) or emoji.
_HARMLESS = "\n\t\u200c\u200d"


def without_steering(text: str) -> str:
    """Return a text in which every character that could control a terminal is written as an escape.

    Carriage returns are removed: at a line's end they have no meaning, and elsewhere they would overwrite the line.
    """
    text = text.replace("\r", "")
    return text if text.isprintable() else "".join(map(_character, text))


def safe(text: str) -> str:
    """Return a text without secrets, and without characters that could control a terminal."""
    return without_steering(redact(text))


def _character(character: str) -> str:
    # Blanks of other scripts (U+3000, U+00A0) are not printable by Python's definition.
    if character.isprintable() or character in _HARMLESS or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
