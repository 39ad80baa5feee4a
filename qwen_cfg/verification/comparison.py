"""Compares the expected request with the sent request, field by field."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from qwen_schema.hosts import port_of
from qwen_schema.records import record

from .sent_request import digest_of

if TYPE_CHECKING:
    from .expectation import Expectation
    from .sent_request import SentRequest

# "no request" includes a program that ended or took too long before it sent a request.
Verdict = Literal["agrees", "differs", "no request"]

# The path that Google's library adds between the base URL and the model.
_GOOGLE = re.compile(r"/v1beta(?:1(?:/.*)?)?$")
# The characters that are not escaped in a path (RFC 3986 §3.3), and the percent sign of existing escapes.
_SAFE = "/%:@!$&'()*+,;=~-._"


@record
class FieldResult:
    """One field: the expected and the sent value. Both are empty for a key, which is not shown."""

    name: str
    expected: str
    sent: str
    agrees: bool
    origin: str = ""


@record
class Comparison:
    """The compared fields; empty if no request is expected, or none was sent."""

    verdict: Verdict
    fields: tuple[FieldResult, ...] = ()


def compare(expected: Expectation, sent: SentRequest | None, salt: bytes) -> Comparison:
    """Return the comparison. If no request is expected, the verdict is `agrees` without a request."""
    if expected.stop:
        return Comparison("agrees" if sent is None else "differs", () if sent is None else _unexpected_fields(sent))
    if sent is None:
        return Comparison("no request")
    fields = tuple(_fields(expected, sent, salt))
    return Comparison("agrees" if all(one.agrees for one in fields) else "differs", fields)


def _fields(expected: Expectation, sent: SentRequest, salt: bytes) -> list[FieldResult]:
    def result(name: str, wanted: str, found: str, *, agrees: bool) -> FieldResult:
        return FieldResult(name, wanted, found, agrees, expected.origin(name))

    fields = [result("auth_method", expected.protocol, sent.protocol, agrees=expected.protocol == sent.protocol)]
    if expected.key is not None:
        is_same = hmac.compare_digest(digest_of(expected.key.reveal(), salt), sent.digest)
        fields.append(result("api_key", "", "", agrees=is_same))
    is_same = _normalize(expected.base_url) in _bases(sent)
    fields.append(
        result("base_url", expected.base_url, expected.base_url if is_same else sent.base_url, agrees=is_same)
    )
    return [*fields, result("model", expected.model, sent.model, agrees=expected.model == sent.model)]


def _unexpected_fields(sent: SentRequest) -> tuple[FieldResult, ...]:
    return tuple(
        FieldResult(name, "", text, agrees=False)
        for name, text in (("auth_method", sent.protocol), ("base_url", sent.base_url), ("model", sent.model))
    )


def _bases(sent: SentRequest) -> set[str]:
    """Return the base URLs from which a request may come."""
    plain = _normalize(sent.base_url)
    return {plain, _GOOGLE.sub("", plain)} if sent.protocol == "gemini" else {plain}


def _normalize(url: str) -> str:
    """Return a URL in a comparable form: with escapes, a lower-case host and an explicit port."""
    parts = urlsplit(url)
    try:
        authority = f"{(parts.hostname or '').lower()}:{port_of(url)}"
    except ValueError:
        authority = parts.netloc
    return f"{parts.scheme}://{authority}{quote(parts.path, safe=_SAFE).rstrip('/')}"
