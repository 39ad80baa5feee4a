"""How requests are authenticated: with an API key, in the header that the provider wants it in, or with a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator

    from qwen_schema import Provider, Secret

    from .oauth import Tokens


class KeyAuth(httpx.Auth):
    """Puts the key into requests to the origin of the base URL, and into no others."""

    def __init__(self, key: Secret, provider: Provider, base_url: str) -> None:
        self._key = key
        self._provider = provider
        self._origin = _origin(httpx.URL(base_url))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the key (RFC 6750 §2.1, or Azure OpenAI's `api-key`)."""
        if _origin(request.url) == self._origin:
            key = self._key.reveal()
            bearer = self._provider.key_header == "authorization"
            request.headers[self._provider.key_header] = f"Bearer {key}" if bearer else key
        yield request


class LoginAuth(httpx.Auth):
    """Puts the access token of a Qwen OAuth login into requests to the origin of the base URL, and into no others.

    It is exchanged before it ends, and once more if it is refused all the same.
    """

    def __init__(self, tokens: Tokens, base_url: str) -> None:
        self._tokens = tokens
        self._origin = _origin(httpx.URL(base_url))

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the access token (RFC 6750 §2.1), and again with another one after a 401.

        Raises:
            AuthenticationError: if there is no login any more, or it is not taken.
            ProviderError: if it has to be refreshed, and cannot be now.
        """
        if _origin(request.url) != self._origin:
            yield request
            return
        token = self._tokens.current().access_token
        request.headers["authorization"] = f"Bearer {token.reveal()}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = self._tokens.renewed(token).access_token
            request.headers["authorization"] = f"Bearer {token.reveal()}"
            yield request


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port (RFC 6454 §4); httpx leaves a port out where it is the scheme's own."""
    return url.scheme, url.host, url.port
