"""Texts that a terminal or a log may be shown: what does not print in them is written as an escape."""

from __future__ import annotations

from . import patterns as re
from .log_commands import without_commands, without_commands_within

_LONGEST = 300

# What Unicode shows as nothing (Default_Ignorable_Code_Point) or as a blank, although Python counts it as printable.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\U0001d159\U000e0100-\U000e01ef"
_INVISIBLE = f"[{_BLANK}\ufe00-\ufe0f]"
# After a character that is not ASCII, the last two choose between an emoji and a letter.
_OUT_OF_PLACE = f"[{_BLANK}\ufe00-\ufe0d]|(?<![^\\0-\x7f])[\ufe0e\ufe0f]"

# What JSON and TOML allow in a string as it is: control characters, line ends, and what changes the order of letters.
_UNQUOTED = re.compile("[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def is_visible(character: str) -> bool:
    """Tell whether a character can be seen; a blank can."""
    return character.isprintable() and not re.match(_INVISIBLE, character)


def printable(text: str) -> str:
    """Return a text in one line, with everything that does not print, line ends included, written as an escape."""
    text = text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)
    return text if text.isascii() else re.sub(_OUT_OF_PLACE, lambda match: _escape(match.group()), text)


def printable_lines(text: str) -> str:
    """Return a text whose lines are printable and give no command to what reads a log, and which still has lines."""
    return without_commands("\n".join(printable(line) for line in text.split("\n")))


def shorten(text: str) -> str:
    """Return a text as it stands in a message: of a long one, the beginning."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def without_controls(quoted: str) -> str:
    """Return a JSON or TOML text without what a terminal or a log might act on: both can write it as an escape."""
    return without_commands_within(_UNQUOTED.sub(_quoted_escape, quoted), escape="\\u005b")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _quoted_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
