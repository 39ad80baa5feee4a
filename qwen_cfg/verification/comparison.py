"""The comparison of what was expected with what was sent, field by field."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from qwen_schema.hosts import port_of
from qwen_schema.records import record

from .sent_request import digest_of

if TYPE_CHECKING:
    from .expectation import Expected
    from .sent_request import Sent

# "no request" also covers a program that ended, and one that took too long, before it sent any.
Verdict = Literal["agrees", "differs", "no request"]

# What Google's library puts between a base URL and the model.
_GOOGLE = re.compile(r"/v1beta(?:1(?:/.*)?)?$")
# What stands in a path as it is (RFC 3986 §3.3), and what is escaped already.
_SAFE = "/%:@!$&'()*+,;=~-._"


@record
class FieldResult:
    """One field: what was expected and what was sent; both are empty for a key, of which nothing is shown."""

    name: str
    expected: str
    sent: str
    agrees: bool
    origin: str = ""


@record
class Comparison:
    """The fields that were compared. Nothing was if no request is expected, or if none came."""

    verdict: Verdict
    fields: tuple[FieldResult, ...] = ()


def compare(expected: Expected, sent: Sent | None, salt: bytes) -> Comparison:
    """Compare. A program that is expected to send nothing agrees if it does not."""
    if expected.stop:
        return Comparison("agrees" if sent is None else "differs", () if sent is None else _unexpected(sent))
    if sent is None:
        return Comparison("no request")
    fields = tuple(_fields(expected, sent, salt))
    return Comparison("agrees" if all(one.agrees for one in fields) else "differs", fields)


def _fields(expected: Expected, sent: Sent, salt: bytes) -> list[FieldResult]:
    def result(name: str, wanted: str, found: str, *, agrees: bool) -> FieldResult:
        return FieldResult(name, wanted, found, agrees, expected.origin(name))

    fields = [result("auth_method", expected.protocol, sent.protocol, agrees=expected.protocol == sent.protocol)]
    if expected.key is not None:
        is_same = hmac.compare_digest(digest_of(expected.key.reveal(), salt), sent.digest)
        fields.append(result("api_key", "", "", agrees=is_same))
    is_same = _plain(expected.base_url) in _bases(sent)
    fields.append(
        result("base_url", expected.base_url, expected.base_url if is_same else sent.base_url, agrees=is_same)
    )
    return [*fields, result("model", expected.model, sent.model, agrees=expected.model == sent.model)]


def _unexpected(sent: Sent) -> tuple[FieldResult, ...]:
    return tuple(
        FieldResult(name, "", text, agrees=False)
        for name, text in (("auth_method", sent.protocol), ("base_url", sent.base_url), ("model", sent.model))
    )


def _bases(sent: Sent) -> set[str]:
    """Return the base URLs that a request may have been made from."""
    plain = _plain(sent.base_url)
    return {plain, _GOOGLE.sub("", plain)} if sent.protocol == "gemini" else {plain}


def _plain(url: str) -> str:
    """Return a URL as it is on the wire: letters escaped, the host in small letters, the port named."""
    parts = urlsplit(url)
    try:
        authority = f"{(parts.hostname or '').lower()}:{port_of(url)}"
    except ValueError:
        authority = parts.netloc
    return f"{parts.scheme}://{authority}{quote(parts.path, safe=_SAFE).rstrip('/')}"
