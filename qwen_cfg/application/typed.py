"""What was typed in a session, made sure of: every text is a value of its field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import BadValue, ConfigurationError, Secret, declared_fields, looks_like_key, parse_value

if TYPE_CHECKING:
    from qwen_runtime import Change


def texts_of(change: Change) -> dict[str, str | Secret]:
    """Return the texts of a change by field, secrets in their wrapping.

    Raises:
        ConfigurationError: if one of them is no value of its field.
    """
    texts = {name: _wrapped(name, text) for name, text in change.values.items()}
    for name, text in texts.items():
        _require_valid(name, text, change.place)
    return texts


def _wrapped(name: str, text: str | Secret) -> str | Secret:
    return Secret(text) if declared_fields()[name].secret and isinstance(text, str) else text


def _require_valid(name: str, text: str | Secret, place: str) -> None:
    plain = text.reveal() if isinstance(text, Secret) else text
    try:
        parse_value(declared_fields()[name], plain)
        if isinstance(text, str) and looks_like_key(text):
            raise BadValue("it holds an API key", "a value without a key in it")
    except BadValue as problem:
        raise ConfigurationError(
            f"{name} is not valid: {problem.wrong}", where=place, hint=f"Right would be {problem.expected}."
        ) from None
