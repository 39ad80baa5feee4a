"""Suggestions for a mistyped word, and the word itself for display."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import patterns as re
from .fields import declared_fields
from .secret import redact_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALIKE = 0.66
_MOST = 3
# A shorter word is a part of too many other words.
_SHORTEST_PART = 3

# Words, file names and variables. Keys have longer parts, mixed letters, or digits among them.
_PART = r"(?:(?:[A-Z]{1,16}|[A-Z]?[a-z]{1,16})\d{0,4}|\d{1,3})"
_PLAIN = re.compile(rf"-{{0,2}}\.?{_PART}(?:[-_./ ]{_PART})*[?!.]?|[Qq][Cc]\w{{1,4}}")
_LONGEST = 24


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that are spelled like a word or contain it, the nearest first.

    Case, leading dashes, and the difference between `-`, `_` and a space are ignored.
    """
    import difflib  # noqa: PLC0415 - only errors need it

    bare, spelled = _bare(word), {_bare(name): name for name in reversed(list(known))}
    if bare in spelled:
        return [spelled[bare]]
    ratios = {name: difflib.SequenceMatcher(None, name, bare).ratio() for name in spelled}
    best = max(ratios.values(), default=0.0)
    close = [name for name in reversed(spelled) if ratios[name] == best >= _ALIKE]
    wider = [name for name in reversed(spelled) if len(bare) >= _SHORTEST_PART and f"-{bare}-" in f"-{name}-"]
    return [spelled[name] for name in (wider or close)[:_MOST]]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean …? " with the nearest words and a space at its end; empty if no word is near."""
    near = [name for name in nearest(word, known) if name != word]
    return f"Did you mean {' or '.join(near)}? " if near else ""


def did_you_mean_field(word: str, known: Iterable[str] | None = None) -> str:
    """Return "Did you mean …? " with the fields whose name, flag or variable is near a word; empty if none is near.

    `known` are the fields to choose from; None for all.
    """
    fields = [field for name, field in declared_fields().items() if known is None or name in known]
    names = {field.name: field.name for field in fields}
    for field in fields:
        names |= dict.fromkeys((*field.flags, *(variable.name for variable in field.variables)), field.name)
    near = list(dict.fromkeys(names[name] for name in nearest(word, names)))
    return f"Did you mean {' or '.join(near)}? " if near else ""


def show_word(word: str) -> str:
    """Return a word of the command line in quotes, or a remark in its place if the word may contain a secret."""
    is_plain = len(word) <= _LONGEST and _PLAIN.fullmatch(word) and redact_unknown(word) == word
    return f"'{word}'" if is_plain else "(not shown: it may contain a secret)"


def _bare(name: str) -> str:
    return name.lstrip("-").lower().replace("_", "-").replace(" ", "-")
