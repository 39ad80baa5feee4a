"""Plain values without the secrets that this process knows."""

from __future__ import annotations

from typing import Any

from .secret import Verbatim, redact


def redacted_data(document: Any) -> Any:
    """Return a document without secrets; a text that holds none any more stays as it is."""
    if isinstance(document, Verbatim):
        return document
    if isinstance(document, str):
        return redact(document)
    if isinstance(document, dict):
        return {key: redacted_data(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [redacted_data(value) for value in document]
    return document
