"""Words of a command line as a shell takes them, for messages."""

from __future__ import annotations

# What a shell takes as it is, as `shlex` has it.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")


def quoted(word: str) -> str:
    """Return a word, with quotes where a shell needs them."""
    if word and _PLAIN.issuperset(word):
        return word
    import shlex  # noqa: PLC0415 - few words need quotes

    return shlex.quote(word)
