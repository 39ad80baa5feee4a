"""Parses the flags of fields for a caller from Python, as the command line does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qwen_schema
from qwen_cfg.core.start import FlagValue
from qwen_schema import Secret, UsageError, declared_fields
from qwen_schema import patterns as re

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qwen_schema import Field

_NUMBER = re.compile(r"-\d+|-\d*\.\d+")

# The form of an unknown word that may be shown; no key has it.
_SHOWN = re.compile(r"--[a-z-]{1,20}")


def flags_in(words: Sequence[str]) -> dict[str, FlagValue]:
    """Return the flags in a list of words, by field.

    The parser of the command line is not used: it reads this process's environment.

    Raises:
        UsageError: if a word is not a flag of a field, a flag has no value, or a switch has one.
    """
    if not words:
        return {}
    fields = {flag: field for field in declared_fields().values() for flag in spellings(field)}
    given, rest = {}, iter(words)
    for word in rest:
        flag, text = _parts(word, fields)
        if flag not in fields:
            hint = f"{qwen_schema.did_you_mean(flag, fields)}The flags are {', '.join(fields)}."
            raise UsageError("no field has this flag", where=flag if _SHOWN.fullmatch(flag) else "", hint=hint)
        field = fields[flag]
        if field.is_switch and text is not None:
            raise UsageError("this flag takes no value", where=flag)
        if field.is_switch:
            text = str(not flag.startswith("--no-")).lower()
        elif text is None:
            text = next(rest, None)
            if text is None or _is_flag(text, fields):
                raise UsageError("this flag needs a value", where=flag)
        given[field.name] = FlagValue(flag, Secret(text) if field.secret else text)
    return given


def spellings(field: Field) -> tuple[str, ...]:
    """Return every flag of a field; a switch has one for each of its two values."""
    return (*field.flags, *(f"--no-{flag[2:]}" for flag in field.flags if field.is_switch))


def _parts(word: str, fields: Mapping[str, Field]) -> tuple[str, str | None]:
    """Return the flag in a word, and the value in the same word; None if it contains no value."""
    name, equals, text = word.partition("=")
    if word in fields or f"-{name}" in fields:
        return word, None
    if equals and name in fields:
        return name, text
    return (word[:2], word[2:]) if word[:2] in fields else (word, None)


def _is_flag(word: str, fields: Mapping[str, Field]) -> bool:
    """Return whether a word is a flag, known or not, and so not the value of the flag before it."""
    if _parts(word, fields)[0] in fields:
        return True
    return word.startswith("-") and len(word) > 1 and " " not in word and not _NUMBER.fullmatch(word)
