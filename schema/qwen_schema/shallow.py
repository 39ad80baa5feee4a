"""Looking at a TOML text before it is parsed: the parser takes time with the square of how many parts a name has."""

from __future__ import annotations

from . import patterns as re

# A name in an artifact has three.
MOST_PARTS = 16

# Each of them, closed or not, is matched in one go, so that looking takes time linear in the text.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^"\\]|\\.|""?(?!"))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|''?(?!'))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
# Without its strings and comments, a TOML text has no name that reaches beyond one of these.
_BETWEEN_SEPARATORS = re.compile(r"[^\n=,\[\]{}]+")


def line_of_a_deep_name(text: str) -> int | None:
    """Return the line of the first name that has more parts than `MOST_PARTS`; None if there is none."""
    bare = _STRING_OR_COMMENT.sub(_line_ends, text)
    deep = (m for m in _BETWEEN_SEPARATORS.finditer(bare) if m.group().count(".") >= MOST_PARTS)
    first = next(deep, None)
    return None if first is None else bare.count("\n", 0, first.start()) + 1


def _line_ends(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")
