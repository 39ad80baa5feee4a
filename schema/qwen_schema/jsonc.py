"""Parses JSON with comments, and keeps the line of every value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import patterns as re
from .records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Deeper than any settings file. Functions that use the result may recurse.
DEEPEST = 100

# JavaScript's white space. As in the npm package strip-json-comments 3, spaces replace the characters of a comment that
# are no white space: a no-break space in a comment is then a JSON error.
_NOT_BLANK = re.compile(r"[^\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")

# A comment ends at its end mark or with the text. A string may contain comment marks.
_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z|\\\Z)|//[^\n]*|/\*(?:.*?\*/|.*\Z)', re.DOTALL)

_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
        (?P<mark>[{}\[\],:])
      | (?P<text>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
      | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)
      | (?P<word>true|false|null)
    )""",
    re.VERBOSE,
)
_LINE_END = re.compile(r"\r\n|\n|\r")
# JavaScript writes numbers from here on with an exponent (ECMA-262, Number::toString).
_LEAST_WITH_EXPONENT = 1e21
_WORDS = {"true": True, "false": False, "null": None}


# An index of an item; no text of the allowed size has more items.
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class JsonError(ValueError):
    """A text is not valid JSON: the problem and its line."""

    def __init__(self, wrong: str, line: int) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.line = line


class TooDeepError(JsonError):
    """A text is nested more deeply than this parser allows."""


@record(slots=True)
class Node:
    """A JSON value and the line where it begins. Objects and arrays contain nodes; the last of equal keys counts."""

    value: str | float | bool | tuple[Node, ...] | Mapping[str, Node] | None
    line: int

    @property
    def members(self) -> Mapping[str, Node] | None:
        """The members of an object; None for any other value."""
        return self.value if isinstance(self.value, dict) else None

    @property
    def items(self) -> tuple[Node, ...] | None:
        """The items of an array; None for any other value."""
        return self.value if isinstance(self.value, tuple) else None

    @property
    def text(self) -> str | None:
        """The value of a string; None for any other value."""
        return self.value if isinstance(self.value, str) else None

    def at(self, *path: str) -> Node | None:
        """Return the node at a path of member names; None if there is no such node."""
        node: Node | None = self
        for name in path:
            node = None if node is None or node.members is None else node.members.get(name)
        return node

    def at_pointer(self, names: Iterable[str]) -> Node | None:
        """Return the node at the names of a JSON Pointer (RFC 6901), which may be indexes; None if there is none."""
        node: Node | None = self
        for name in names:
            items = None if node is None else node.items
            if items is None:
                node = None if node is None else node.at(name)
            else:
                is_index = _INDEX.fullmatch(name) is not None and int(name) < len(items)
                node = items[int(name)] if is_index else None
        return node


def plain_value(node: Node) -> Any:
    """Return a JSON value as plain Python data."""
    if node.members is not None:
        return {name: plain_value(member) for name, member in node.members.items()}
    if node.items is not None:
        return [plain_value(item) for item in node.items]
    value = node.value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def javascript_text(value: object) -> str:
    """Return a value as JavaScript converts it to a string; `{…}` for an object and `[…]` for an array."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < _LEAST_WITH_EXPONENT:
            return str(int(value))
        case str() | float():
            return str(value)
        case None:
            return "null"
        case dict():
            return "{…}"
    return "[…]"


def parse_jsonc(text: str) -> Node:
    """Return the value of a JSON text. Comments (`//`, `/* */`) are skipped; a trailing comma is an error.

    The time is linear in the length of the text.

    Raises:
        JsonError: if the text is not JSON (RFC 8259), or is nested too deeply.
    """
    return _Reader(without_comments(text)).read()


def without_comments(text: str) -> str:
    """Return a text of the same length in which spaces replace each comment, except for its white space."""
    return _COMMENT_OR_TEXT.sub(lambda m: m[0] if m[0][0] == '"' else _NOT_BLANK.sub(" ", m[0]), text)


class _Reader:
    """Parses a text in one pass, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._line = 1
        self._counted = 0
        self._token: re.Match[str] | None = None

    def read(self) -> Node:
        node = self._value(self._next(), 0)
        rest = re.compile(r"[ \t\n\r]*+").match(self._text, self._position)
        if rest is not None and rest.end() < len(self._text):
            raise JsonError("unexpected text after the end of the value", self._line_of(rest.end()))
        return node

    def _value(self, token: re.Match[str], depth: int) -> Node:
        line = self._line_of(token.start(token.lastgroup or 0))
        if depth > DEEPEST:
            raise TooDeepError(f"it is nested deeper than {DEEPEST} levels", line)
        text = token[token.lastgroup or 0]
        match token.lastgroup:
            case "text":
                return Node(_unescape(text), line)
            case "number":
                return Node(float(text), line)
            case "word":
                return Node(_WORDS[text], line)
        if text == "{":
            return Node(self._object(depth), line)
        if text == "[":
            return Node(self._array(depth), line)
        raise self._unexpected_token(token)

    def _object(self, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}
        token = self._next()
        while token["mark"] != "}":
            if token.lastgroup != "text":
                raise self._unexpected_token(token)
            name = _unescape(token["text"])
            self._require(":")
            members[name] = self._value(self._next(), depth + 1)
            token = self._next()
            if token["mark"] == ",":
                token = self._next()
                if token["mark"] == "}":
                    raise self._trailing_comma(token)
            elif token["mark"] != "}":
                raise self._unexpected_token(token)
        return members

    def _array(self, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        token = self._next()
        while token["mark"] != "]":
            items.append(self._value(token, depth + 1))
            token = self._next()
            if token["mark"] == ",":
                token = self._next()
                if token["mark"] == "]":
                    raise self._trailing_comma(token)
            elif token["mark"] != "]":
                raise self._unexpected_token(token)
        return tuple(items)

    def _next(self) -> re.Match[str]:
        token = _TOKEN.match(self._text, self._position)
        if token is None:
            blank = re.compile(r"[ \t\n\r]*+").match(self._text, self._position)
            start = self._position if blank is None else blank.end()
            raise JsonError(_problem_at(self._text, start), self._line_of(start))
        self._position = token.end()
        return token

    def _require(self, mark: str) -> None:
        token = self._next()
        if token["mark"] != mark:
            raise self._unexpected_token(token)

    def _unexpected_token(self, token: re.Match[str]) -> JsonError:
        start = token.start(token.lastgroup or 0)
        return JsonError(_problem_at(self._text, start), self._line_of(start))

    def _trailing_comma(self, token: re.Match[str]) -> JsonError:
        return JsonError(f"a trailing comma before {token['mark']}", self._line_of(token.start("mark")))

    def _line_of(self, position: int) -> int:
        """Return the line of a position; positions come in ascending order, except for errors."""
        if position < self._counted:
            return len(_LINE_END.findall(self._text, 0, position)) + 1
        # `position` is never between a carriage return and its line feed, which would be counted twice.
        self._line += len(_LINE_END.findall(self._text, self._counted, position))
        self._counted = position
        return self._line


def _unescape(text: str) -> str:
    import json  # noqa: PLC0415

    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    value: Any = json.loads(text)
    return str(value)


def _problem_at(text: str, position: int) -> str:
    """Return the problem at a position, without quoting the text, which may contain a secret."""
    if position >= len(text):
        return "the text ends too early"
    character = text[position]
    if character == '"':
        return "a string that does not end in its line, or contains an escape that JSON does not have"
    if character in "{}[],:'":
        return f"an unexpected {character}"
    return "neither a value nor a name in double quotes"
