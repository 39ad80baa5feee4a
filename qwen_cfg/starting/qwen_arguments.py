"""The arguments of Qwen Code that set fields of an artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.world import FlagValue
from qwen_schema import Secret, declared_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from qwen_schema import Field, ResolvedConfig

# The fields whose flags have the same names in Qwen Code.
FIELDS = ("auth_method", "api_key", "base_url", "model", "proxy")
# The flags for a single prompt without a conversation.
PROMPT_FLAGS = ("-p", "--prompt")


def typed_flags(words: Sequence[str]) -> dict[str, FlagValue]:
    """Return the flags of fields among arguments, by field; the last value of a flag counts."""
    return {name: flag for name, flag, _ in _flags(words)}


def other_arguments(words: Sequence[str]) -> list[str]:
    """Return the arguments that are neither flags of fields nor their values."""
    taken = {position for _, _, positions in _flags(words) for position in positions}
    return [word for position, word in enumerate(words) if position not in taken]


def arguments_for(artifact: ResolvedConfig, words: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments with an artifact's values, without the key and without fields that the user typed."""
    typed = typed_flags(words)
    # The flag of the base URL is only for openai.
    names = ("auth_method", *(["base_url"] if artifact.text("auth_method") == "openai" else []), "model")
    return tuple(
        word for name in names if name not in typed for word in (declared_fields()[name].flags[0], artifact.text(name))
    )


def _flags(words: Sequence[str]) -> Iterator[tuple[str, FlagValue, tuple[int, ...]]]:
    """Yield each flag of a field, with its name and the positions of its words."""
    flags = _fields_by_flag()
    before_end = list(words[: (*words, "--").index("--")])
    for position, word in enumerate(before_end):
        flag, mark, text = word.partition("=")
        declared = flags.get(flag)
        if declared is None:
            continue
        positions: tuple[int, ...] = (position,)
        if not mark:
            if position + 1 >= len(before_end):
                continue
            text, positions = before_end[position + 1], (position, position + 1)
        yield declared.name, FlagValue(flag, Secret(text) if declared.secret else text), positions


def _fields_by_flag() -> Mapping[str, Field]:
    return {flag: declared_fields()[name] for name in FIELDS for flag in declared_fields()[name].flags}
