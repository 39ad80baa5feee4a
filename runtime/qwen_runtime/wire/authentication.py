"""Authentication with an API key, in the header of the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator

    from qwen_schema import Provider, Secret


class KeyAuth(httpx.Auth):
    """Adds the key only to requests to the origin of the base URL."""

    def __init__(self, key: Secret, provider: Provider, base_url: str) -> None:
        self._key = key
        self._provider = provider
        self._origin = origin_of(httpx.URL(base_url))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the key (RFC 6750 §2.1, or Azure OpenAI's `api-key`)."""
        if origin_of(request.url) == self._origin:
            key = self._key.reveal()
            bearer = self._provider.key_header == "authorization"
            request.headers[self._provider.key_header] = f"Bearer {key}" if bearer else key
        yield request


def origin_of(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Return scheme, host and port (RFC 6454 §4) of a request."""
    return url.scheme, url.raw_host, url.port or {"https": 443, "http": 80}.get(url.scheme)
