"""Reads TOML in the plain form in which an artifact is written; for other TOML there is tomllib, slow to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

# A table in an artifact has a name of at most two parts.
_MOST_PARTS = 2

_WORDS = {"true": True, "false": False}
_MOST_DIGITS = 15
_ITEM = "    "


class _OtherFormError(Exception):
    """The text is not in the plain form; it may be TOML nevertheless."""


def plain_document(text: str) -> dict[str, Any] | None:
    """Return the document in a text, as tomllib does; None if the text has more than the plain form, or is no TOML.

    The plain form has a header, a value or a comment in each line. Values are strings without escapes, numbers, true
    and false, and arrays of strings with one item in each line.
    """
    root: dict[str, Any] = {}
    table, lines = root, iter(text.split("\n"))
    try:
        for line in lines:
            if not line.isprintable():
                return None
            if line.startswith("["):
                table = _table(root, line)
            elif line and not line.startswith("#"):
                name, equals, value = line.partition(" = ")
                if not equals or not _is_key(name) or name in table:
                    return None
                table[name] = [*_items(lines)] if value == "[" else _value(value)
    except _OtherFormError:
        return None
    return root


def _table(root: dict[str, Any], line: str) -> dict[str, Any]:
    """Return the new table that a header begins."""
    is_item = line.startswith("[[")
    name = line.removeprefix("[[").removesuffix("]]") if is_item else line.removeprefix("[").removesuffix("]")
    if line != (f"[[{name}]]" if is_item else f"[{name}]"):
        raise _OtherFormError
    *above, last = name.split(".")
    if len(above) >= _MOST_PARTS or not all(map(_is_key, (*above, last))):
        raise _OtherFormError
    table = root
    for part in above:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise _OtherFormError
    made: dict[str, Any] = {}
    if not is_item:
        if last in table:
            raise _OtherFormError
        table[last] = made
        return made
    if last not in table:
        table[last] = [made]
        return made
    tables = table[last]
    # An array that is a value, so that it is empty or holds strings, cannot be added to.
    if not isinstance(tables, list) or not tables or not isinstance(tables[0], dict):
        raise _OtherFormError
    tables.append(made)
    return made


def _items(lines: Iterator[str]) -> Iterator[str]:
    """Yield the strings of an array, up to its last line."""
    for line in lines:
        if line == "]":
            return
        if not line.startswith(f'{_ITEM}"') or not line.endswith('",'):
            break
        yield _string(line[len(_ITEM) : -1])
    raise _OtherFormError


def _value(text: str) -> object:
    if text.startswith('"'):
        return _string(text)
    if text in _WORDS:
        return _WORDS[text]
    if text == "[]":
        return []
    whole, point, decimals = text.partition(".")
    if not all(map(_is_number, (whole, decimals) if point else (whole,))) or (whole[0] == "0" and len(whole) > 1):
        raise _OtherFormError
    return float(text) if point else int(text)


def _string(text: str) -> str:
    inner = text[1:-1]
    if len(text) < 2 or not text.endswith('"') or '"' in inner or "\\" in inner or not inner.isprintable():
        raise _OtherFormError
    return inner


def _is_key(text: str) -> bool:
    return text != "" and _KEY.issuperset(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
