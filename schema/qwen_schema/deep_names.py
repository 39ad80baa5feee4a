"""Finds names with many parts in a TOML text before it is parsed: the parser needs quadratic time for them."""

from __future__ import annotations

from . import patterns as re

# A name in an artifact has three parts.
MOST_PARTS = 16

# Each string or comment, closed or not, is matched at once, so that the time is linear in the length of the text.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^"\\]|\\.|""?(?!"))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|''?(?!'))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
# In a TOML text without its strings and comments, no name contains one of these separators.
_BETWEEN_SEPARATORS = re.compile(r"[^\n=,\[\]{}]+")


def line_of_a_deep_name(text: str) -> int | None:
    """Return the line of the first name with more than `MOST_PARTS` parts; None if there is none."""
    bare = _STRING_OR_COMMENT.sub(_line_ends, text)
    deep = (m for m in _BETWEEN_SEPARATORS.finditer(bare) if m.group().count(".") >= MOST_PARTS)
    first = next(deep, None)
    return None if first is None else bare.count("\n", 0, first.start()) + 1


def _line_ends(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")
