"""The errors for answers that are not complete chat completions."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from qwen_schema import CutOffError, NoCompletionError, QwenCfgError, redact_unknown

from .connection import models
from .error_words import codes_of, is_error, parse_json, status_of
from .failures import cause_of
from .near_models import near_models
from .other_apis import other_api
from .refusal import Refusal
from .refusal_errors import error_of, path_doubt

if TYPE_CHECKING:
    from .connection import Connection

_SECONDS_FOR_MODELS = 5.0


def refuse_other_api(document: Any, connection: Connection) -> None:
    """Raise an error that names the API, if an answer is from another API than chat completions."""
    other = other_api(document)
    if other is not None:
        raise NoCompletionError(
            f"the answer is that of {other.name}, not a chat completion",
            where=connection.settings.place("base_url"),
            hint=other.advice,
        )


def near_models_hint(connection: Connection) -> str:
    """Return the hint with the endpoint's models of similar names; an empty text without such models."""
    try:
        names = models(connection, seconds=_SECONDS_FOR_MODELS)
    except QwenCfgError:
        return ""
    near = near_models(connection.settings.model, names) or names[:3]
    return f"The endpoint has {redact_unknown(', '.join(near))}." if near else ""


def not_completion_error(refusal: Refusal, connection: Connection) -> Exception:
    """Return the error for an answer with a success status that is not a completion."""
    document = parse_json(refusal.body)
    if isinstance(document, dict) and is_error(document):
        refusal = Refusal(status_of(codes_of(document)), refusal.headers, refusal.body)
        return error_of(refusal, connection.settings, remark=connection.remark)
    return (
        error_of(refusal, connection.settings)
        if refusal.is_web_page
        else no_completion_error(connection, refusal.words)
    )


def no_completion_error(connection: Connection, words: str = "") -> NoCompletionError:
    """Return the error for an answer of something else than a chat API; `words` are what it says."""
    return NoCompletionError(
        f"the answer is not a chat completion{f': {words}' if words else ''}",
        where=connection.settings.place("base_url"),
        hint=f"Another server may have answered, or {path_doubt(connection.settings)}",
    )


def encoding_error(connection: Connection, encoding: str) -> NoCompletionError:
    """Return the error for an answer in a compression that is not supported."""
    return NoCompletionError(
        f"the answer is compressed with {encoding}, which qwen-cfg does not read",
        where=connection.settings.place("base_url"),
        hint="Requests accept only gzip and deflate. Switch off the compression in the gateway or proxy that adds it.",
    )


def cut_off_error(connection: Connection, why: str, *, has_text: bool, tools: bool = False) -> CutOffError:
    """Return the error for an answer that is incomplete, or has no text at all."""
    kept = "The part that came is kept. " if has_text else "No text of the answer came. "
    advice = "Ask again, or ask to continue." if has_text else "Ask again, or use another model."
    return CutOffError(
        f"the answer is cut off: {why}" if has_text else f"no answer came: {why}",
        where=connection.settings.place("base_url"),
        hint=kept + ("Ask for an answer without tools, or use another model." if tools else advice),
    )


def is_permanent(error: Exception) -> bool:
    """Return whether TLS fails for a permanent reason: the certificate, or a server that uses plain http."""
    cause = cause_of(error, ssl.SSLError)
    return isinstance(cause, ssl.SSLCertVerificationError) or getattr(cause, "reason", "") == "WRONG_VERSION_NUMBER"
