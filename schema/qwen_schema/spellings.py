"""The ways a server, a page or a log may write a secret: escaped, encoded, or with invisible characters in it."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from . import patterns as re
from .printable import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterator

# A secret with fewer visible characters ("ollama", "EMPTY", "lm-studio", the keys of local servers) is too likely to
# occur in a text for another reason.
TELLTALE_LENGTH = 12

# How many times a text may be escaped, such as HTML in JSON in a URL.
_ROUNDS = 8

# Compiled only when needed, which is rare. Control sequences of a terminal (ECMA-48) count as escapes of no character.
_ESCAPE = (
    r"(?is)%(?:u[0-9a-f]{4}|[0-9a-f]{2})"
    r"|&(?:#0*[0-9]{1,7};?|#x0*[0-9a-f]{1,6};?|[a-z][a-z0-9]{1,31};)"
    r"|\\(?:(?-i:U)[0-9a-f]{8}|u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|[0-3]?[0-7]{2}|.)"
    r"|=\r?\n"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d]*(?:\x07|\x9c|\x1b\\)"
    r"|\x1b[()][0-~]"
)
_ESCAPE_BEGINS = re.compile(r"[%&\\\x1b\x9b\x9d]|=\r?\n")
# Quoted-printable (RFC 2045). It is a view of its own, since `x=10` contains no escape.
_QUOTED = re.compile(r"=(?:\r?\n|[0-9A-Fa-f]{2})")
_CUT_ESCAPE = (
    r"(?i)(?:%(?:u[0-9a-f]{0,3}|[0-9a-f]?)|&(?:#x?[0-9a-f]{0,16}|[a-z][a-z0-9]{0,31})?"
    r"|\\(?:(?-i:U)[0-9a-f]{0,7}|u[0-9a-f]{0,3}|u\{[0-9a-f]{0,6}|x[0-9a-f]?|[0-3]?[0-7])?|=[\r0-9a-f]?"
    r"|(?:\x1b\[|\x9b)[0-?]{0,16}|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d]{0,200}\x1b?|\x1b[()]?)\Z"
)
_LONGEST_CUT_ESCAPE = 204
# The same, for a text without a complete escape.
_CUT_BEGINNING = re.compile(r"=[\r0-9A-Fa-f]?\Z")


class _Visible(dict[int, "int | None"]):
    """A table for `str.translate` that removes invisible characters, filled on demand."""

    def __missing__(self, code: int) -> int | None:
        self[code] = code if is_visible(chr(code)) else None
        return self[code]


_VISIBLE = _Visible()
# Base64 has two alphabets; hexadecimal digits have two cases, and separators.
_SEPARATORS = " :,"
_LOOSE = bytes.maketrans(b"-_ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"+/abcdefghijklmnopqrstuvwxyz")
# The invisible characters of ASCII.
_CONTROLS = bytes((*range(0x20), 0x7F))

_FOR_URLS = bytes.maketrans(b"+/", b"-_")

# The views of a text: unchanged; with its escapes decoded; then also without blanks, letter case and the difference
# between the alphabets of Base64; and decoded as quoted-printable. All are without invisible characters.
Views = tuple[str, str, str, str]
RAW, PLAIN, LOOSE, QUOTED = range(4)

# The number of characters of a long text that are searched at once.
_PART = 64 * 1024

# A character, and the start and end of the part of the text that it was decoded from.
_Unit = tuple[str, int, int]

# How many characters of a secret may be passed on before they can be recognized as its beginning.
TELLTALE_BEGINNING = 6


class Spelling:
    """A text to find in a view, and its first characters."""

    __slots__ = ("beginning", "text", "view")

    def __init__(self, view: int, text: str) -> None:
        self.view = view
        self.beginning = text[:TELLTALE_BEGINNING]
        self.text = text


def views(text: str) -> Views:
    """Return the views of a text."""
    raw = _visible(text)
    decoded = decoded_text(text)
    plain = raw if decoded is text else _visible(decoded)
    quoted = _visible(_QUOTED.sub(_decode_escape, text)) if "=" in text else raw
    return raw, plain, _loose(plain), quoted


def has_beginning(text: str, beginnings: tuple[tuple[int, tuple[str, ...]], ...]) -> bool:
    """Return whether a view of a long text contains one of its beginnings, without making a whole view at once."""
    decoded = decoded_text(text)
    for view, sought in beginnings:
        whole = decoded if view in (PLAIN, LOOSE) else text
        if view == QUOTED and "=" in text:
            whole = _QUOTED.sub(_decode_escape, text)
        tail = ""
        for start in range(0, len(whole), _PART):
            part = _visible(whole[start : start + _PART])
            visible = tail + (_loose(part) if view == LOOSE else part)
            if any(beginning in visible for beginning in sought):
                return True
            tail = visible[1 - TELLTALE_BEGINNING :]
    return False


def positions(text: str, view: int) -> list[tuple[int, int]]:
    """Return the start and end in the text of each character of a view."""
    rounds = _rounds(text)
    units = next(rounds) if view in (RAW, QUOTED) else [*rounds][-1]
    units = _decode_once(units, _QUOTED) if view == QUOTED else units
    hidden = _SEPARATORS if view == LOOSE else ""
    return [(start, end) for c, start, end in units if c not in hidden and _VISIBLE[ord(c)] is not None]


def spellings(secret: str) -> tuple[Spelling, ...]:
    """Return the spellings of a secret to find in a text's views; empty for a secret too short to tell from a word."""
    if len(_visible(secret)) < TELLTALE_LENGTH:
        return ()
    encoded = secret.encode("utf-8", "replace")
    # `=` before a line end reads as quoted-printable.
    plain = {decoded_text(secret), encoded.decode("latin-1"), secret.rstrip("=")}
    # A secret of letters only may consist of words, which occur in a text with blanks between them.
    loose = _encoded_forms(encoded) | (plain if any(map(str.isdigit, secret)) else set())
    forms = {(RAW, _visible(text)) for text in _written_forms(secret)}
    forms |= {(QUOTED, _visible(secret))}
    forms |= {(PLAIN, _visible(text)) for text in plain} | {(LOOSE, _loose(_visible(text))) for text in loose}
    return tuple(Spelling(view, text) for view, text in sorted(forms) if len(text) >= TELLTALE_LENGTH)


def matches_in(spelling: str, view: str, begin: int) -> list[tuple[int, int]]:
    """Return the start and end of a spelling in a view for each end after `begin`, counted from `begin`."""
    ends, at = [], view.find(spelling, max(0, begin + 1 - len(spelling)))
    while at >= 0:
        ends.append((at - begin, at - begin + len(spelling)))
        at = view.find(spelling, at + 1)
    return ends


def partial_length(spelling: Spelling, view: str) -> int:
    """Return how many characters at the end of a view may begin a spelling; 0 for fewer than its `beginning`."""
    at = view.find(spelling.beginning, max(0, len(view) - len(spelling.text) + 1))
    while at >= 0:
        if spelling.text.startswith(view[at:]):
            return len(view) - at
        at = view.find(spelling.beginning, at + 1)
    return 0


def decoded_text(text: str) -> str:
    """Return a text with its escapes decoded, including nested escapes."""
    for _ in range(_ROUNDS):
        if not _ESCAPE_BEGINS.search(text):
            break
        before, text = text, re.sub(_ESCAPE, _decode_escape, text)
        if text == before:
            break
    return text


def cut_escape(text: str) -> int:
    """Return the start of the escape that the end of a text cuts; the length of the text if it cuts none."""
    if not _ESCAPE_BEGINS.search(text):
        cut = _CUT_BEGINNING.search(text) if "=" in text[-2:] else None
        return len(text) if cut is None else cut.start()
    return min(_cut_start(each, len(text)) for each in _rounds(text))


def _cut_start(units: list[_Unit], end: int) -> int:
    """Return the start in the text of an escape that is cut at the end of the decoded `units`; `end` if none is cut."""
    tail = "".join(unit[0] for unit in units[-_LONGEST_CUT_ESCAPE:])
    cut = re.search(_CUT_ESCAPE, tail)
    if cut is None:
        return end
    at = len(units) - len(tail) + cut.start()
    if tail[cut.start()] == "\\" and (_count_before(units, at) % 2 or (at and units[at - 1][0] == "\x1b")):
        # This backslash is itself escaped, or ends a control sequence.
        return end
    return units[at][1]


def _count_before(units: list[_Unit], at: int) -> int:
    """Return the number of backslashes directly before a place."""
    return next((n for n in range(at) if units[at - 1 - n][0] != "\\"), at)


def _visible(text: str) -> str:
    if not text.isascii():
        return text.translate(_VISIBLE)
    return text if text.isprintable() else text.encode("ascii").translate(None, _CONTROLS).decode("ascii")


def _loose(text: str) -> str:
    """Return a text without separators, in lower case, and in the first alphabet of Base64."""
    # The bytes of other characters in UTF-8 are none of ASCII.
    encoded = text.encode("utf-8", "surrogatepass").translate(_LOOSE, _SEPARATORS.encode("ascii"))
    return encoded.decode("utf-8", "surrogatepass")


def _decode_escape(escape: re.Match[str]) -> str:
    text = escape.group()
    match text[0]:
        case "%" | "=" if text[-1] != "\n":
            return chr(int(text[1:].lstrip("uU"), 16))
        case "&":
            from html import unescape  # noqa: PLC0415 - its table of names is rarely needed

            return unescape(text if text.endswith(";") else f"{text};")
        case "\\":
            return _unescape(text[1:])
    return ""


def _unescape(text: str) -> str:
    """Return the character of a backslash escape in JSON, JavaScript, Python or C; `text` is without the backslash."""
    if text.isdigit() and len(text) > 1:
        return chr(int(text, 8))
    if text[0] in "uUxX" and len(text) > 1:
        code = int(text[1:].strip("{}"), 16)
        return chr(code) if code <= 0x10FFFF else ""
    return "\n" if text in "nrtbf" else text


def _rounds(text: str) -> Iterator[list[_Unit]]:
    """Yield the characters of a text, and again after each round of decoding its escapes."""
    units = [(character, place, place + 1) for place, character in enumerate(text)]
    yield units
    for _ in range(_ROUNDS):
        decoded = _decode_once(units, re.compile(_ESCAPE))
        if decoded is units:
            break
        units = decoded
        yield units


def _decode_once(units: list[_Unit], escapes: re.Pattern[str]) -> list[_Unit]:
    """Return the characters with their escapes decoded; the same list if there are none."""
    joined, last, decoded = "".join([unit[0] for unit in units]), 0, []
    for escape in escapes.finditer(joined):
        start, end = units[escape.start()][1], units[escape.end() - 1][2]
        decoded += units[last : escape.start()]
        decoded += [(character, start, end) for character in _decode_escape(escape)]
        last = escape.end()
    return decoded + units[last:] if last else units


def _written_forms(secret: str) -> set[str]:
    """Return the secret unchanged, and as Python, JSON or a URL would write it."""
    is_plain = secret.isascii() and secret.isprintable() and "\\" not in secret
    # The codec is a module of its own, loaded at its first use.
    quoted = secret if is_plain else secret.encode("unicode_escape").decode("ascii")
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    encoded = {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
    return {secret, quoted, repr(secret)[1:-1], escaped, escaped.replace("/", "\\/"), *encoded}


def _encoded_forms(secret: bytes) -> set[str]:
    """Return the secret in hexadecimal digits and in Base64, encoded once and twice."""
    once = _single_encodings(secret)
    twice = {form for text in (*once, secret.hex().upper()) for form in _single_encodings(text.encode("ascii"))}
    return {*once, *twice, secret.hex("-"), "".join(f"0x{byte:02x}" for byte in secret)}


def _single_encodings(secret: bytes) -> set[str]:
    """Return a text in hexadecimal digits, and the part of its Base64 form that does not depend on its neighbours."""
    forms = {secret.hex()}
    for before in range(3):
        # Four characters encode three bytes; the first and the last one may also contain bits of a neighbour.
        encode = b2a_base64(bytes(before) + secret + bytes(2), newline=False)
        for text in {encode.decode("ascii"), encode.translate(_FOR_URLS).decode("ascii")}:
            forms.add(text[-(-8 * before // 6) : 8 * (before + len(secret)) // 6])
    return forms
