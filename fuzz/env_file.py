"""Target: the bytes of an env file, read in the dialect of the npm package dotenv."""

from __future__ import annotations

import re

from qwen_schema.envfile import read_assignments

from .envfiles import require_last_ones, require_true_places, text_of

_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def check(data: bytes) -> None:
    """Raise an error if the bytes are read in another way than promised."""
    text = text_of(data)
    if text is None:
        return
    assignments = read_assignments(text)
    require_true_places(text, assignments)
    require_last_ones(assignments)
    for assignment in assignments:
        assert _NAME.fullmatch(assignment.name)
        assert "\r" not in assignment.value or "\\r" in text
    _require_the_same_with_other_line_ends(text, [(a.name, a.value, a.line) for a in assignments])


def _require_the_same_with_other_line_ends(text: str, read: list[tuple[str, str, int]]) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for line_end in ("\n", "\r\n", "\r"):
        other = read_assignments(plain.replace("\n", line_end))
        assert [(a.name, a.value, a.line) for a in other] == read
