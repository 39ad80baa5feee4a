"""Converts KIND:WHERE, the value of --secret-from, to a secret reference and back."""

from __future__ import annotations

from qwen_cfg.core.paths import OAUTH_CACHE
from qwen_schema import (
    BadValue,
    SecretReference,
    UsageError,
    declared_fields,
    did_you_mean,
    parse_value,
    reference_of_pointer,
)
from qwen_schema.suggestions import show_word

_KINDS = ("environment", "env-file", "keyring", "command", "flag", "oauth-cache")


def secret_reference(text: str) -> SecretReference:
    """Return the reference for KIND:WHERE.

    Raises:
        UsageError: if the text is invalid. Only its kind is repeated, since the rest may be a key.
    """
    kind, _, where = text.partition(":")
    path, _, variable = where.rpartition(":")
    key = declared_fields()["api_key"]
    match kind:
        case "environment" if _is_name(where):
            return SecretReference("environment", variable=where)
        case "env-file" if path and _is_name(variable):
            return SecretReference("env-file", path=path, variable=variable)
        case "flag" if not where:
            return SecretReference("flag", flag=key.flags[0])
        case "oauth-cache" if not where:
            return SecretReference("oauth-cache", path=OAUTH_CACHE)
        case "keyring" | "command" if (pointer := _pointer(text)) is not None:
            return pointer
    raise UsageError(
        _problem(text),
        where="--secret-from",
        hint=f"{did_you_mean(kind, _KINDS)}Expected environment:VARIABLE, env-file:PATH:VARIABLE, "
        "keyring:SERVICE/NAME, command:WORDS, flag or oauth-cache.",
    )


def _problem(text: str) -> str:
    """Return the problem of an invalid text; a text without a colon may be a key, and is not shown."""
    kind, colon, _ = text.partition(":")
    if kind in _KINDS:
        return f"invalid {kind} reference"
    return f"unknown kind {show_word(kind)}" if colon else "the kind of the reference is missing"


def secret_from_text(reference: SecretReference) -> str:
    """Return KIND:WHERE for a reference that `secret_reference` returned."""
    if reference.pointer is not None:
        return reference.pointer
    return ":".join(part for part in (reference.kind, *_where(reference)) if part is not None)


def _where(reference: SecretReference) -> tuple[str | None, ...]:
    # The login has a fixed place.
    return () if reference.kind == "oauth-cache" else (reference.path, reference.variable)


def _pointer(text: str) -> SecretReference | None:
    """Return a pointer as a reference; None if it is invalid, or contains a key."""
    try:
        parse_value(declared_fields()["api_key"], text)
    except BadValue:
        return None
    return reference_of_pointer(text)


def _is_name(text: str) -> bool:
    return text.replace("_", "").isalnum() and text.isascii() and not text[0].isdigit()
