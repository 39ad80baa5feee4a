"""The TLS step: the handshake of a request, and the server's certificate."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qwen_runtime.wire.endpoint import models_url
from qwen_schema import printable, redact_unknown
from qwen_schema.records import record

from .step import StepResult

if TYPE_CHECKING:
    from qwen_runtime.wire.connection import Connection

# A notice is shown if the certificate expires within this number of days.
SOON = 7
_DAY = 24 * 60 * 60


class _HandshakeDoneError(Exception):
    """The handshake is complete; no request has been sent."""


@record
class Handshake:
    """The result of a handshake. `ends` is the expiry of the certificate, in seconds since 1970."""

    version: str
    issuer: str
    ends: float


def shake_hands(connection: Connection, seconds: float) -> Handshake:
    """Do the handshake of a request, through the proxy if there is one, without sending the request.

    `seconds` is the time limit of each part.

    Raises:
        httpx.HTTPError: if the handshake fails.
    """
    settings, found = connection.settings, []
    # Through a proxy this is the second layer: the first one may be the proxy's own.
    awaited = f"{_trace_prefix(settings.proxy)}.start_tls.complete"

    def note(event: str, info: dict[str, Any]) -> None:
        if event == awaited:
            stream = info["return_value"]
            found.append(_read(stream.get_extra_info("ssl_object")))
            stream.close()
            raise _HandshakeDoneError

    url = models_url(settings.base_url)
    try:
        with connection.client.stream("GET", url, timeout=seconds, extensions={"trace": note}):
            raise AssertionError("the client sent a request without reporting its handshake")
    except _HandshakeDoneError:
        return found[0]


def _trace_prefix(proxy: str) -> str:
    """Return httpcore's name of the request's connection."""
    if not proxy:
        return "connection"
    return "socks" if proxy.startswith("socks") else "proxy"


def result_of(handshake: Handshake, now: float | None = None) -> StepResult:
    """Return the result of a handshake; `now` is in seconds since 1970."""
    days = int((handshake.ends - (time.time() if now is None else now)) // _DAY)
    until = datetime.fromtimestamp(handshake.ends, UTC).strftime("%Y-%m-%d")
    left = "1 day left" if days == 1 else f"{days} days left"
    what = f"{handshake.version}; the certificate is from {handshake.issuer} and valid until {until} ({left})"
    if days >= SOON:
        return StepResult(what)
    return StepResult(what, "The operator of the server, or of the proxy, must renew it soon.", "note")


def _read(channel: ssl.SSLSocket | ssl.SSLObject) -> Handshake:
    # Only a verified certificate can be read (ssl.SSLSocket.getpeercert).
    certificate: Any = channel.getpeercert()
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    name = issuer.get("organizationName") or issuer.get("commonName") or "an authority without a name"
    ends = ssl.cert_time_to_seconds(certificate["notAfter"])
    return Handshake(channel.version() or "TLS", printable(redact_unknown(str(name))), ends)
