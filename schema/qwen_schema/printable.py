"""Texts that a terminal may be shown: control characters in them could move its cursor, or worse."""

from __future__ import annotations

import re

_LONGEST = 300

_CONTROL = re.compile("[\x7f-\x9f]")


def printable(text: str) -> str:
    """Return a text with everything that does not print, line ends included, written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_lines(text: str) -> str:
    """Return a text whose lines are printable, and which still has lines."""
    return "\n".join(printable(line) for line in text.split("\n"))


def shortened(text: str) -> str:
    """Return a text as it stands in a message: of a long one, the beginning."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def without_controls(quoted: str) -> str:
    """Return a JSON or TOML text with the control characters that both allow in strings written as escapes."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)
