"""Authentication of requests with a Qwen OAuth login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from qwen_runtime.wire.authentication import origin_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from .tokens import Tokens


class LoginAuth(httpx.Auth):
    """Adds the access token of a Qwen OAuth login only to requests to the origin of the base URL.

    The token is refreshed before it expires, and once more if the server refuses it.
    """

    def __init__(self, tokens: Tokens, base_url: str) -> None:
        self._tokens = tokens
        self._origin = origin_of(httpx.URL(base_url))

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the access token (RFC 6750 §2.1), and again with a new token after a 401.

        Raises:
            AuthenticationError: if the login no longer exists, or is refused.
            ProviderError: if the login cannot be refreshed now.
        """
        if origin_of(request.url) != self._origin:
            yield request
            return
        token = self._tokens.current().access_token
        request.headers["authorization"] = f"Bearer {token.reveal()}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = self._tokens.renew(token).access_token
            request.headers["authorization"] = f"Bearer {token.reveal()}"
            yield request
