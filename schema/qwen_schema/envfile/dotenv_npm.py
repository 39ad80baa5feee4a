"""The `dotenv` dialect: reads a text as the npm package dotenv 17 does, with the line of every assignment.

The dialect has no specification; its rules were found by running that package. An assignment may span lines (around
`=`, and within quotes). A value counts as quoted only if nothing but a comment follows it; a quote after a backslash
may close it. Any other value ends at `#` or at the end of the line. A line ends with LF, CR LF or CR. Reading takes
linear time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import patterns as re
from ..records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterator

# White space and line ends of ECMAScript: a no-break space and a byte-order mark are white space.
_SPACE = "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
_SPACES = re.compile(f"[{_SPACE}]*")
_LINE_ENDS = "\n\u2028\u2029"
_LINE_END = re.compile(f"[{_LINE_ENDS}]")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_EXPORT = re.compile(f"export[{_SPACE}]+(?=[A-Za-z0-9_.-])")
_UNQUOTED = re.compile(r"[^#\n]+")
_QUOTES = "'\"`"

# A name that JavaScript objects reserve: assigning a string to it has no effect.
_UNASSIGNABLE = "__proto__"


@record
class Assignment:
    """One assignment in an env file; `line` is the line of the name and counts from 1."""

    name: str
    value: str = field(repr=False)
    line: int


@record
class UnreadLine:
    """A line that is not an assignment, not blank and not a comment; `line` counts from 1."""

    text: str = field(repr=False)
    line: int


def read_assignments(text: str) -> tuple[Assignment, ...]:
    """Return the assignments in an env file's text, in the order of the text.

    Any other text is skipped without an error, as dotenv does.
    """
    return parts_of(text)[0]


def last_of_each(assignments: tuple[Assignment, ...]) -> dict[str, Assignment]:
    """Return the last assignment of each name, which is the one that counts."""
    return {assignment.name: assignment for assignment in assignments}


# `NAME =` or `NAME: `: the name, where it starts, and where the value may begin.
_Head = tuple[str, int, int]


def parts_of(text: str) -> tuple[tuple[Assignment, ...], tuple[UnreadLine, ...]]:
    """Return the assignments in an env file's text, and the lines that are skipped, from one reading.

    Blank lines and comments do not count as skipped, and a line within a quoted value is a part of that value.
    """
    assignments: list[Assignment] = []
    unread: list[UnreadLine] = []
    for piece in _parts(text):
        if isinstance(piece, Assignment):
            assignments.append(piece)
        else:
            unread.append(piece)
    return tuple(assignments), tuple(unread)


def _parts(text: str) -> Iterator[Assignment | UnreadLine]:
    """Yield the assignments and the unread lines of a text, in order."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line, counted, position = 1, 0, 0
    while position <= len(text):
        start = _skip_space(text, position)
        head = _head(text, start)
        begin = start if head is None else head[1]
        line += text.count("\n", counted, begin)
        counted = begin
        if head is None:
            position = _next_line(text, start)
            if start < len(text) and text[start] != "#":
                yield UnreadLine(text[start:position].rstrip(_SPACE), line)
            continue
        raw, end = _value(text, head[2])
        if head[0] != _UNASSIGNABLE:
            yield Assignment(head[0], _final_value(raw), line)
        position = _next_line(text, end)


def _skip_space(text: str, position: int) -> int:
    if position >= len(text) or text[position] not in _SPACE:
        return position
    match = _SPACES.match(text, position)
    return match.end() if match else position


def _next_line(text: str, position: int) -> int:
    """Return the start of the next line; past the end of the text if there is none."""
    if text.isascii():
        return text.find("\n", position) + 1 or len(text) + 1
    match = _LINE_END.search(text, position)
    return match.end() if match else len(text) + 1


def _head(text: str, position: int) -> _Head | None:
    exported = _EXPORT.match(text, position) if text.startswith("export", position) else None
    head = _plain_head(text, exported.end()) if exported else None
    return head or _plain_head(text, position)


def _plain_head(text: str, position: int) -> _Head | None:
    name = _NAME.match(text, position)
    if name is None:
        return None
    after = _skip_space(text, name.end())
    if text.startswith("=", after):
        return name.group(), position, after + 1
    if text.startswith(":", name.end()) and _skip_space(text, name.end() + 1) > name.end() + 1:
        return name.group(), position, name.end() + 2
    return None


def _value(text: str, position: int) -> tuple[str, int]:
    """Return the raw value that begins at `position` (just after the separator), and the position of its end."""
    opening = _skip_space(text, position)
    if opening < len(text) and text[opening] in _QUOTES:
        closing = _closing_quote(text, opening)
        if closing is not None:
            return text[opening : closing + 1], closing + 1
    unquoted = _UNQUOTED.match(text, position)
    return (unquoted.group(), unquoted.end()) if unquoted else ("", position)


def _closing_quote(text: str, opening: int) -> int | None:
    """Return the position of the quote that closes the one at `opening`; None if the value does not count as quoted.

    Tries the first quote without a backslash before it, then, backwards, the quotes with one.
    """
    quote = text[opening]
    escaped = []
    position = text.find(quote, opening + 1)
    while position != -1 and text[position - 1] == "\\":
        escaped.append(position)
        position = text.find(quote, position + 1)
    candidates = [*escaped, position] if position != -1 else escaped
    return next((c for c in reversed(candidates) if _nothing_follows(text, c + 1)), None)


def _nothing_follows(text: str, position: int) -> bool:
    """Return whether only white space or a comment follows `position` in its line."""
    end = _skip_space(text, position)
    return end == len(text) or text[end] == "#" or bool(_LINE_END.search(text, position, end))


def _final_value(raw: str) -> str:
    trimmed = raw.strip(_SPACE)
    value = _without_quotes(trimmed)
    if trimmed.startswith('"'):
        value = value.replace("\\n", "\n").replace("\\r", "\r")
    return value


def _without_quotes(value: str) -> str:
    """Return a value without the pair of quotes around it.

    A pair may also enclose some lines of the value, if U+2028 or U+2029 separates them: these are line ends in
    ECMAScript, but not for unquoted values. A pair extends to the last quote of its kind that ends a line.
    """
    if not _LINE_END.search(value):
        is_quoted = len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1]
        return value[1:-1] if is_quoted else value
    last = {quote: _last_at_line_end(value, quote) for quote in _QUOTES}
    pieces, position = [], 0
    while position < len(value):
        if value[position] in _QUOTES and last[value[position]] > position:
            closing = last[value[position]]
            pieces.append(value[position + 1 : closing])
            position = closing + 1
        following = _next_line(value, position)
        pieces.append(value[position:following])
        position = following
    return "".join(pieces)


def _last_at_line_end(value: str, quote: str) -> int:
    position = value.rfind(quote)
    while position != -1 and position + 1 < len(value) and value[position + 1] not in _LINE_ENDS:
        position = value.rfind(quote, 0, position)
    return position
