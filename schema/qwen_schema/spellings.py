"""The ways a server, a page or a log may write a secret: escaped, encoded, or with invisible characters in it."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus

from .printable import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterator

# A secret with fewer visible characters ("ollama", "EMPTY", "lm-studio": what local servers take as a key) is too
# likely to stand in a text for another reason.
TELLTALE_LENGTH = 12

# A text may be escaped so many times over, such as HTML in JSON in a URL.
_ROUNDS = 8

# Compiled when they are needed, which is seldom.
_ESCAPE = (
    r"(?is)%[0-9a-f]{2}"
    r"|&(?:#0*[0-9]{1,7};?|#x0*[0-9a-f]{1,6};?|[a-z][a-z0-9]{1,31};)"
    r"|\\(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|(?-i:U)[0-9a-f]{8}|x[0-9a-f]{2}|.)"
    r"|=\r?\n"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
)
_ESCAPE_BEGINS = re.compile(r"[%&\\\x1b]|=\r?\n")
_CUT_ESCAPE = (
    r"(?i)(?:%[0-9a-f]?|&(?:#x?[0-9a-f]{0,16}|[a-z][a-z0-9]{0,31})?"
    r"|\\(?:u[0-9a-f]{0,3}|u\{[0-9a-f]{0,6}|(?-i:U)[0-9a-f]{0,7}|x[0-9a-f]?)?|=\r?|\x1b(?:\[[0-?]{0,16})?)\Z"
)
_LONGEST_CUT_ESCAPE = 40


class _Visible(dict[int, "int | None"]):
    """A table for `str.translate` that leaves out the invisible characters, filled as they come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = code if is_visible(chr(code)) else None
        return self[code]


_VISIBLE = _Visible()
# Base64 has two alphabets, and hexadecimal digits have two cases.
_LOOSE: dict[int, int | None] = {
    ord(" "): None,
    ord("-"): ord("+"),
    ord("_"): ord("/"),
    **{ord(letter): ord(letter.lower()) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
}


# A text is looked at as it stands, with its escapes decoded, and then also without blanks, letter case and the
# difference between the alphabets of Base64; each time without its invisible characters.
Views = tuple[str, str, str]
RAW, PLAIN, LOOSE = range(3)

# A character, and the place in a text that it was decoded from: from where, and to where.
_Unit = tuple[str, int, int]

# So many characters of a secret may be passed on before anybody can tell that they are its beginning.
TELLTALE_BEGINNING = 6


class Spelling(NamedTuple):
    """What to look for in a view of a text, and its first characters."""

    view: int
    beginning: str
    text: str


def views(text: str) -> Views:
    """Return the three views of a text."""
    raw = _visible(text)
    decoded = decoded_text(text)
    plain = raw if decoded is text else _visible(decoded)
    return raw, plain, plain.translate(_LOOSE)


def places(text: str, view: int) -> list[tuple[int, int]]:
    """Return where each character of a view stands in the text: from where, and to where."""
    rounds = _rounds(text)
    units = next(rounds) if view == RAW else [*rounds][-1]
    hidden = " " if view == LOOSE else ""
    return [(start, end) for c, start, end in units if c not in hidden and _VISIBLE[ord(c)] is not None]


def spellings(secret: str) -> tuple[Spelling, ...]:
    """Return what to look for in the views of a text; nothing for a secret too short to be told from other words."""
    if len(_visible(secret)) < TELLTALE_LENGTH:
        return ()
    encoded = secret.encode("utf-8", "replace")
    plain = {decoded_text(secret), encoded.decode("latin-1")}
    # A secret of letters alone may be words, which stand in a text with blanks between them.
    loose = _encoded_forms(encoded) | (plain if any(map(str.isdigit, secret)) else set())
    seen = {(RAW, _visible(text)) for text in _written_forms(secret)}
    seen |= {(PLAIN, _visible(text)) for text in plain} | {(LOOSE, _visible(text).translate(_LOOSE)) for text in loose}
    return tuple(
        Spelling(v, text[:TELLTALE_BEGINNING], text) for v, text in sorted(seen) if len(text) >= TELLTALE_LENGTH
    )


def found(spelling: str, view: str, begin: int) -> list[tuple[int, int]]:
    """Return where a spelling ends in a view after `begin`; the places count from there."""
    ends, at = [], view.find(spelling, max(0, begin + 1 - len(spelling)))
    while at >= 0:
        ends.append((at - begin, at - begin + len(spelling)))
        at = view.find(spelling, at + 1)
    return ends


def begun(spelling: Spelling, view: str) -> int:
    """Return how many characters at the end of a view may begin a spelling; a few say nothing."""
    at = view.find(spelling.beginning, max(0, len(view) - len(spelling.text) + 1))
    while at >= 0:
        if spelling.text.startswith(view[at:]):
            return len(view) - at
        at = view.find(spelling.beginning, at + 1)
    return 0


def decoded_text(text: str) -> str:
    """Return a text with its escapes decoded, also those within escapes."""
    for _ in range(_ROUNDS):
        if not _ESCAPE_BEGINS.search(text):
            break
        before, text = text, re.sub(_ESCAPE, _decoded, text)
        if text == before:
            break
    return text


def unfinished(text: str) -> int:
    """Return where the escape begins that the end of a text cuts; the length of the text if it cuts none."""
    if not _ESCAPE_BEGINS.search(text):
        return len(text) - text.endswith(("=", "=\r")) - text.endswith("=\r")
    return min(_cut(each, len(text)) for each in _rounds(text))


def _cut(units: list[_Unit], end: int) -> int:
    """Return where in a text the escape begins that its end cuts, once it has been decoded so far; or else its end."""
    tail = "".join(unit[0] for unit in units[-_LONGEST_CUT_ESCAPE:])
    cut = re.search(_CUT_ESCAPE, tail)
    if cut is None:
        return end
    at = len(units) - len(tail) + cut.start()
    if tail[cut.start()] == "\\" and _count_before(units, at) % 2:
        # This backslash stands for itself.
        return end
    return units[at][1]


def _count_before(units: list[_Unit], at: int) -> int:
    """Return how many backslashes stand before a place."""
    return next((n for n in range(at) if units[at - 1 - n][0] != "\\"), at)


def _visible(text: str) -> str:
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)


def _decoded(escape: re.Match[str]) -> str:
    text = escape.group()
    match text[0]:
        case "%":
            return chr(int(text[1:], 16))
        case "&":
            from html import unescape  # noqa: PLC0415 - its table of names is seldom needed

            return unescape(text if text.endswith(";") else f"{text};")
        case "\\":
            return _unescaped(text[1:])
    return ""


def _unescaped(text: str) -> str:
    """Return what a backslash before a text stands for in JSON, JavaScript or Python."""
    if text[0] in "uUx" and len(text) > 1:
        code = int(text[1:].strip("{}"), 16)
        return chr(code) if code <= 0x10FFFF else ""
    return "\n" if text in "nrtbf" else text


def _rounds(text: str) -> Iterator[list[_Unit]]:
    """Yield the characters of a text as it stands, and then each time that its escapes are decoded."""
    units = [(character, place, place + 1) for place, character in enumerate(text)]
    yield units
    for _ in range(_ROUNDS):
        joined, last, decoded = "".join(unit[0] for unit in units), 0, []
        for escape in re.finditer(_ESCAPE, joined):
            start, end = units[escape.start()][1], units[escape.end() - 1][2]
            decoded += units[last : escape.start()]
            decoded += [(character, start, end) for character in _decoded(escape)]
            last = escape.end()
        if not last:
            break
        units = decoded + units[last:]
        yield units


def _written_forms(secret: str) -> set[str]:
    """Return the secret as it stands, and as Python, JSON or a URL would write it."""
    quoted = secret.encode("unicode_escape").decode("ascii")
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    encoded = {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
    return {secret, quoted, repr(secret)[1:-1], escaped, escaped.replace("/", "\\/"), *encoded}


def _encoded_forms(secret: bytes) -> set[str]:
    """Return the secret in hexadecimal digits, and what it always is in Base64, whatever is before or after it."""
    forms = {secret.hex()}
    for before in range(3):
        # Four characters stand for three bytes; the first and the last one may stand for a neighbour's bits too.
        text = b64encode(bytes(before) + secret + bytes(2)).decode("ascii")
        forms.add(text[-(-8 * before // 6) : 8 * (before + len(secret)) // 6])
    return forms
