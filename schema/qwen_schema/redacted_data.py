"""Redacts the secrets that this process knows in plain values."""

from __future__ import annotations

from typing import Any

from .secret import Verbatim, redact


def redacted_data(document: Any) -> Any:
    """Return a document without known secrets; a `Verbatim` text is already redacted, and is not changed."""
    if isinstance(document, Verbatim):
        return document
    if isinstance(document, str):
        return redact(document)
    if isinstance(document, dict):
        return {key: redacted_data(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [redacted_data(value) for value in document]
    return document
