"""How requests are authenticated with a Qwen OAuth login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from qwen_runtime.wire.authentication import origin_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from .tokens import Tokens


class LoginAuth(httpx.Auth):
    """Puts the access token of a Qwen OAuth login into requests to the origin of the base URL, and into no others.

    It is exchanged before it ends, and once more if it is refused all the same.
    """

    def __init__(self, tokens: Tokens, base_url: str) -> None:
        self._tokens = tokens
        self._origin = origin_of(httpx.URL(base_url))

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the access token (RFC 6750 §2.1), and again with another one after a 401.

        Raises:
            AuthenticationError: if there is no login any more, or it is not taken.
            ProviderError: if it has to be refreshed, and cannot be now.
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
