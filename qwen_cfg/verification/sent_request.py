"""A request to a model: its protocol, base URL and model, and the key as a digest."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

# The path that each protocol adds to a base URL.
_PROTOCOLS = (
    ("openai", re.compile(r"(?P<base>.*)/chat/completions")),
    ("openai-responses", re.compile(r"(?P<base>.*)/responses")),
    ("anthropic", re.compile(r"(?P<base>.*)/v1/messages")),
    ("gemini", re.compile(r"(?P<base>.*)/models/(?P<model>[^/:]+):(?:stream)?[gG]enerateContent")),
)
# Headers whose value is the key itself.
_KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")
_BEARER = re.compile(r"bearer +(.+)", re.IGNORECASE)
_KEY_IN_QUERY = re.compile(r"(?:^|&)key=([^&]+)")


@record
class SentRequest:
    """A request to a model, without its key and its messages."""

    protocol: str
    base_url: str
    model: str
    digest: bytes = field(repr=False)
    streams: bool = True


def digest_of(key: str, salt: bytes) -> bytes:
    """Return the salted digest of a key, for comparisons."""
    return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), key=salt).digest()


def is_for_model(method: str, target: str) -> bool:
    """Return whether a request is to a model, by its method and target."""
    return method == "POST" and _protocol(target.partition("?")[0]) is not None


def sent_request(origin: str, target: str, headers: Mapping[str, str], body: bytes, salt: bytes) -> SentRequest:
    """Return the request to a model; `origin` is its scheme and host, and `headers` have lower-case names."""
    path, _, query = target.partition("?")
    found = _protocol(path)
    assert found is not None  # noqa: S101 - callers have checked it
    protocol, match = found
    document = _document(body)
    model = match.groupdict().get("model") or document.get("model")
    streams = document.get("stream") is True or ":stream" in path
    key = _key(headers, query)
    return SentRequest(
        protocol, origin + match["base"], model if isinstance(model, str) else "", digest_of(key, salt), streams
    )


def _protocol(path: str) -> tuple[str, re.Match[str]] | None:
    found = ((name, match) for name, pattern in _PROTOCOLS if (match := pattern.fullmatch(path)) is not None)
    return next(found, None)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _key(headers: Mapping[str, str], query: str) -> str:
    own = next((headers[name] for name in _KEY_HEADERS if name in headers), None)
    if own is not None:
        return own
    authorization = headers.get("authorization", "")
    bearer = _BEARER.fullmatch(authorization)
    in_query = _KEY_IN_QUERY.search(query)
    return bearer[1] if bearer else authorization or (in_query[1] if in_query else "")
