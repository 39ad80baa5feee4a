"""Target: a valid artifact that the bytes change at some places, so that the input passes the two syntaxes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tomli_w

from .artifacts import load_or_refuse
from .sound import REFERENCES, sound_document

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_CHANGES = 4
_SENTINEL = "S3nt1nel/of=the~fuzzer"
# In a place of their own only: a table's keys may be named in messages, a value never.
_NAMES = ("from", "value", "path", "variable", "flag", "format", "model", "x", "", "ü", "a.b", '"', "\n")
_NUMBERS = (0, 1, -1, 3, 2**31, 2**63, -(2**70), 10**400, 0.5, 3.0, -0.0, 1e308, float("inf"), float("nan"))


class _Choices:
    """Bytes as a sequence of choices; after their end, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def is_over(self) -> bool:
        return self._position >= len(self._data)

    def number(self, count: int) -> int:
        """Return a number below `count`."""
        return int.from_bytes(self.bytes(1 if count <= 256 else 2), "big") % count

    def bytes(self, count: int) -> bytes:
        taken = self._data[self._position : self._position + count]
        self._position += count
        return taken

    def text(self) -> str:
        """Return any text, including halves of surrogate pairs."""
        return self.bytes(self.number(24)).decode("utf-8", "surrogateescape")


def check(data: bytes) -> None:
    """Raise an error if the changed artifact is accepted or refused in another way than promised, in either form."""
    choices = _Choices(data)
    document = sound_document(list(REFERENCES)[choices.number(len(REFERENCES))])
    for _ in range(_MOST_CHANGES):
        if choices.is_over:
            break
        _change(document, choices)
    from_json = load_or_refuse(json.dumps(document), sentinel=_SENTINEL)
    text = _toml(document)
    if text is not None:
        assert load_or_refuse(text, sentinel=_SENTINEL) == from_json


def _toml(document: dict[str, Any]) -> str | None:
    """Return a document as TOML; None if TOML has no way to write it."""
    try:
        return tomli_w.dumps(document)
    except (TypeError, ValueError):
        return None


def _change(document: dict[str, Any], choices: _Choices) -> None:
    """Add, replace or remove a value."""
    places = _places(document)
    table, name = places[choices.number(len(places))]
    if choices.number(8) == 7:
        del table[name]
    elif choices.number(8) == 7 and isinstance(table, dict):
        table[_NAMES[choices.number(len(_NAMES))]] = _value(choices)
    else:
        table[name] = _value(choices)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place of a document as its table or list and the key in it, the outer places first."""
    steps = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    inner = [place for step in steps for place in _places(value[step])]
    return [(value, step) for step in steps] + inner


def _value(choices: _Choices) -> Any:
    kinds: list[Callable[[], Any]] = [
        choices.text,
        lambda: _SENTINEL,
        lambda: f"https://{choices.text()}",
        lambda: f"https://user:{_SENTINEL}@{choices.text()}",
        lambda: f"sk-0123456789abcdef-{_SENTINEL}",
        lambda: _NUMBERS[choices.number(len(_NUMBERS))],
        lambda: choices.number(2) == 1,
        lambda: None,
        lambda: [_value(choices) for _ in range(choices.number(3))],
        lambda: {_NAMES[choices.number(len(_NAMES))]: _value(choices) for _ in range(choices.number(4))},
        lambda: dict(REFERENCES[list(REFERENCES)[choices.number(len(REFERENCES))]]),
    ]
    return kinds[choices.number(len(kinds))]()
