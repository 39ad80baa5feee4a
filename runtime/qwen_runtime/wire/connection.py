"""The connection to a provider: the client, and facts learned about the server."""

from __future__ import annotations

import math
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from qwen_schema import Provider, ProviderError, printable, redact_unknown
from qwen_schema.secret import REDACTED

from .endpoint import models_url
from .error_words import parse_json
from .failures import NETWORK_ERRORS, unreachable
from .quota import remark
from .refusal import Refusal
from .refusal_errors import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event as Flag

    from qwen_runtime.settings import Settings

    from .quota import RequestLog

# The most bytes that are read of an answer that is not a stream.
_MOST_READ = 8 * 1024 * 1024

# httpcore's names for an open connection: without a proxy, through an HTTP proxy, and through a SOCKS proxy.
_CONNECTED = (
    "connection.connect_tcp.complete",
    "connection.start_tls.complete",
    "proxy.connect_tcp.complete",
    "socks.connect_tcp.complete",
    "socks.start_tls.complete",
)

# A shorter key also occurs in texts by chance.
_SHORTEST_HIDDEN = 5
_LONGEST_ENCODING = 60


class NoListError(ProviderError):
    """The endpoint answers the request for its models, but not with a list."""


@dataclass
class Connection:
    """One artifact's connection to its provider. `asks_for_usage` becomes false if the server rejects the option.

    `remark` is a fact about the key for the message that the key was refused. `requests` counts the requests with a
    login, and `login_notices` are notices about the login.
    """

    settings: Settings
    provider: Provider
    client: httpx.Client = field(repr=False)
    remark: str = ""
    asks_for_usage: bool = True
    requests: RequestLog | None = field(default=None, repr=False)
    login_notices: list[str] = field(default_factory=list, repr=False)
    _socket: socket.socket | None = field(default=None, repr=False)

    def extensions(self, cancelled: Flag | None = None) -> dict[str, Any]:
        """Return a hook that lets `abort` find the connection of a request.

        A connection that opens after the request was cancelled is closed at once.
        """

        def note(event: str, info: dict[str, Any]) -> None:
            self._note_socket(event, info)
            if cancelled is not None and cancelled.is_set():
                self.abort()

        return {"trace": note}

    def abort(self) -> None:
        """End the current request from another thread: a thread that waits for bytes gets an error."""
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the client."""
        self.client.close()

    def notices(self) -> Iterator[str]:
        """Yield the notices after a request, each once."""
        while self.login_notices:
            yield self.login_notices.pop(0)
        if self.requests is not None:
            while self.requests.notices:
                yield self.requests.notices.pop(0)
            notice = remark(self.requests.counts())
            if notice:
                yield notice

    def _note_socket(self, event: str, info: dict[str, Any]) -> None:
        if event in _CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")


def models(connection: Connection, *, seconds: float | None = None) -> list[str]:
    """Return the names of the models that the endpoint lists (OpenAI API reference, "List models").

    `seconds` is the time limit, if it is less than the artifact's time-out.

    Raises:
        AuthenticationError: if the key is refused.
        ProviderError: if there is no list.
    """
    settings, url = connection.settings, models_url(connection.settings.base_url)
    timeout = connection.client.timeout if seconds is None else httpx.Timeout(seconds)
    try:
        with connection.client.stream("GET", url, timeout=timeout, extensions=connection.extensions()) as response:
            refusal = read_refusal(response, seconds=seconds)
            found = None if not response.is_success else _names(refusal.body)
    except NETWORK_ERRORS as error:
        raise unreachable(error, settings) from None
    if not response.is_success or refusal.is_web_page:
        raise error_of(refusal, settings, url=str(url), remark=connection.remark)
    if found is None:
        raise NoListError("the answer is not a list of models", where=settings.place("base_url"))
    return found


def read_refusal(
    response: httpx.Response, parts: Iterator[bytes] | None = None, *, seconds: float | None = None
) -> Refusal:
    """Return an answer that is not a stream, read up to a limit; `seconds` limits the time.

    `parts` are its bytes, if reading has already begun.
    """
    body, until = bytearray(), time.monotonic() + (math.inf if seconds is None else seconds)
    with suppress(httpx.HTTPError):
        for part in parts or response.iter_bytes():
            body += part
            if len(body) >= _MOST_READ or time.monotonic() > until:
                break
    encoding = unread_encoding(response)
    text = (
        f"compressed with {encoding}, which qwen-cfg does not read"
        if encoding
        else bytes(body).decode("utf-8-sig", "replace")
    )
    return Refusal(response.status_code, dict(response.headers), without_key(text, response.request))


def unread_encoding(response: httpx.Response) -> str:
    """Return the encodings of an answer (RFC 9110 §8.4) that were not requested; empty if there are none."""
    asked = {name.strip() for name in response.request.headers.get("accept-encoding", "").split(",")}
    sent = [name.strip().lower() for name in response.headers.get("content-encoding", "").split(",")]
    unread = [name for name in sent if name not in asked | {"", "identity"}]
    return printable(redact_unknown(", ".join(unread)))[:_LONGEST_ENCODING]


def without_key(text: str, request: httpx.Request) -> str:
    """Return a server's text without the key that was sent to it, however short the key is."""
    for header in ("authorization", "api-key"):
        key = request.headers.get(header, "").removeprefix("Bearer ")
        if len(key) >= _SHORTEST_HIDDEN:
            text = text.replace(key, REDACTED)
    return text


def _names(body: str) -> list[str] | None:
    """Return the models of a list in the server's order; None if the value is not a list of models."""
    try:
        return [str(entry["id"]) for entry in parse_json(body)["data"]]
    except (KeyError, TypeError):
        return None
