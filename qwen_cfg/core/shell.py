"""Quotes words of a command line for a shell, in messages."""

from __future__ import annotations

# The characters that need no quotes, as in `shlex`.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")


def quote(word: str) -> str:
    """Return a word in quotes, if a shell needs them."""
    if word and _PLAIN.issuperset(word):
        return word
    import shlex  # noqa: PLC0415 - few words need quotes

    return shlex.quote(word)
