"""Connects to this machine without a lookup: a hosts file or a name server could redirect `localhost`."""

from __future__ import annotations

import ssl

import httpx

from qwen_schema.hosts import LOCALHOST

from .failures import cause_of

# The addresses of `localhost` (RFC 6761 §6.3), in the order in which a system tries them (RFC 6724 §2.1).
ADDRESSES = ("::1", "127.0.0.1")


class LoopbackTransport(httpx.BaseTransport):
    """Sends requests for `localhost` to its addresses, one after the other, and other requests to their own host."""

    def __init__(self, verify: ssl.SSLContext) -> None:
        self._transport = httpx.HTTPTransport(verify=verify, trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Its `Host` header and the expected name of the certificate are unchanged."""
        if request.url.host != LOCALHOST:
            return self._transport.handle_request(request)
        *first, last = (_request_to(address, request) for address in ADDRESSES)
        for attempt in first:
            try:
                return self._transport.handle_request(attempt)
            except httpx.ConnectError as error:
                if cause_of(error, ssl.SSLError) is not None:
                    raise
        return self._transport.handle_request(last)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def _request_to(address: str, request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": LOCALHOST},
    )
