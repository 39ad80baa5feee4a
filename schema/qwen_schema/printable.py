"""Makes texts safe for a terminal and a log: characters that do not print are written as escapes."""

from __future__ import annotations

from . import patterns as re
from .log_commands import without_commands, without_commands_within

_LONGEST = 300

# Characters that Unicode shows as nothing (Default_Ignorable_Code_Point) or as a blank, but Python counts as printable.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\U0001d159\U000e0100-\U000e01ef"
_INVISIBLE = f"[{_BLANK}\ufe00-\ufe0f]"
# After a character that is not ASCII, the last two select the form of an emoji.
_OUT_OF_PLACE = f"[{_BLANK}\ufe00-\ufe0d]|(?<![^\\0-\x7f])[\ufe0e\ufe0f]"

# Characters that JSON and TOML allow unescaped: control characters, line ends, and marks that reorder letters.
_UNQUOTED = re.compile("[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def is_visible(character: str) -> bool:
    """Return whether a character is visible; a blank is."""
    return character.isprintable() and not re.match(_INVISIBLE, character)


def printable(text: str) -> str:
    """Return a text as one line: characters that do not print, including line ends, are written as escapes."""
    text = text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)
    return text if text.isascii() else re.sub(_OUT_OF_PLACE, lambda match: _escape(match.group()), text)


def printable_lines(text: str) -> str:
    """Return a text with its lines kept, each printable and without a command to a CI runner."""
    return without_commands("\n".join(printable(line) for line in text.split("\n")))


def shorten(text: str) -> str:
    """Return a text for a message; a long text is cut."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def without_controls(quoted: str) -> str:
    """Return a JSON or TOML text in which characters and commands that a terminal or log might act on are escaped."""
    is_harmless = quoted.isascii() and "\x7f" not in quoted
    return without_commands_within(quoted if is_harmless else _UNQUOTED.sub(_quoted_escape, quoted), escape="\\u005b")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _quoted_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
