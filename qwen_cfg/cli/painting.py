"""Adds colours to the important parts of a text. Apart from escape sequences, the text does not change.

A screen (`Output.screen`) gets the same styles from rich, which most commands do not import.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from qwen_schema.styles import STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    Color = Literal["auto", "always", "never"]
    Look = Literal["", "help", "error", "notice", "check", "rule", "terms", "envfile", "trust"]

# The parameters of SGR (ECMA-48, 8.3.117) for rich's names of styles.
_PARAMETERS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

_SEVERITIES = {rf"QC\d+ +{severity}\b": style for severity, style in STYLES.items()}
_HEADING = {r"^(?! )\S.*(?=\n  )": "bold"}

# The patterns to colour in each kind of text, with their styles. If two patterns match, the first one counts.
_MARKS: dict[Look, Mapping[str, str]] = {
    "help": {r"^(?:usage|[a-z][a-z -]*):(?= |$)": "bold"},
    "error": {r"\Aqwen-cfg:": STYLES["error"], r"\bQC\d+\b": STYLES["error"]},
    "notice": {**_SEVERITIES, r"^note:": STYLES["note"], r"^qwen-cfg:": "bold"},
    "check": {
        **_SEVERITIES,
        r"(?<=: )(?:up to date|a valid artifact|updated)\b": "green",
        r"(?<=: )(?:drift|\d+ findings?)\b": STYLES["error"],
        r"^  [a-z_]+(?= \(|$)": "bold",
        r"^    was\b": "red",
        r"^    is\b": "green",
        r"^To fix:": "bold",
    },
    "rule": {**_SEVERITIES, r"^For example:": "bold"},
    "terms": _HEADING,
    "envfile": {
        **_HEADING,
        r"^ +\d+(?=  )": "dim",
        r"not an assignment\b": STYLES["warning"],
        r"(?<= )differs(?=:)": STYLES["warning"],
    },
    "trust": {r"^trusted:": "green", r"^no longer trusted:": "yellow", r"^[~./]\S*": "bold"},
}


def wants_color(color: Color, *, is_terminal: bool) -> bool:
    """Return whether a stream gets colours: on a terminal or with FORCE_COLOR, unless NO_COLOR or TERM forbids them."""
    if color != "auto":
        return color == "always"
    term, forced = os.environ.get("TERM", ""), os.environ.get("FORCE_COLOR", "").lower() not in ("", "0", "false")
    if os.environ.get("NO_COLOR") or term in ("dumb", "unknown"):
        return False
    return forced or (is_terminal and bool(term or os.name != "posix"))


def add_colors(text: str, look: Look) -> str:
    """Return a text of this kind with its important parts coloured."""
    marks = _MARKS.get(look)
    if not marks:
        return text
    styles = list(marks.values())
    pattern = "|".join(f"({mark})" for mark in marks)

    def paint(match: re.Match[str]) -> str:
        return f"\x1b[{_parameters(styles[(match.lastindex or 1) - 1])}m{match.group()}\x1b[0m"

    return re.sub(pattern, paint, text, flags=re.MULTILINE)


def _parameters(style: str) -> str:
    return ";".join(_PARAMETERS[word] for word in style.split())
