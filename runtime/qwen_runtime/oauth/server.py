"""The requests to the authorization server: a code, its tokens, and a refresh of the tokens."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from qwen_runtime.wire.client import make_client_for
from qwen_runtime.wire.error_words import parse_json
from qwen_runtime.wire.failures import NETWORK_ERRORS, reason, unreachable
from qwen_runtime.wire.refusal_errors import about_refusal
from qwen_schema import AuthenticationError, ProviderError, Secret
from qwen_schema.qwen_oauth import qwen_oauth

from .cache import LOG_IN_AGAIN
from .device import TokenResponse, device_code_of, error_text
from .pkce import CHALLENGE_METHOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_runtime.settings import Settings

    from .device import DeviceCode

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

# The most bytes of an answer that are read, and its time limit in seconds.
_MOST_READ = 1024 * 1024
LONGEST = 30.0

FIELD = "qwen_oauth_url"


class LoginRefusedError(AuthenticationError):
    """The server refuses the refresh token."""


class AuthorizationServer:
    """The server at the address in the settings, with their proxy and CA bundle."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask_for_code(self, challenge: str) -> DeviceCode:
        """Request a code for the user's login (RFC 8628 §3.1, RFC 7636 §4.3).

        Raises:
            ProviderError: if the server sends none.
        """
        service = qwen_oauth()
        form = {"scope": service.scope, "code_challenge": challenge, "code_challenge_method": CHALLENGE_METHOD}
        answer = self._ask(service.device_code, form)
        if answer.status != 200:
            is_final = 300 <= answer.status < 500 and answer.status != httpx.codes.TOO_MANY_REQUESTS
            raise ProviderError(
                f"the login server sent no login code ({_error_of(answer)})",
                where=self._settings.qwen_oauth_url,
                hint=about_refusal() if is_final else "Try again later, or use an API key: OPENAI_API_KEY.",
            )
        return device_code_of(answer.document)

    def poll(self, device: DeviceCode, verifier: Secret, seconds: float) -> TokenResponse:
        """Poll once whether the user has logged in (RFC 8628 §3.4), with a time limit in seconds.

        A network error is an answer too.
        """
        form = {
            "grant_type": DEVICE_GRANT,
            "device_code": device.device_code.reveal(),
            "code_verifier": verifier.reveal(),
        }
        try:
            return self._request(qwen_oauth().token, form, min(seconds, LONGEST))
        except NETWORK_ERRORS as error:
            return TokenResponse(trouble=reason(error))

    def refresh(self, refresh_token: Secret) -> Mapping[str, Any]:
        """Exchange a refresh token, which works once (RFC 6749 §6), and return the answer with the new tokens.

        Raises:
            LoginRefusedError: if the server refuses the token.
            ProviderError: if there is no usable answer.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
        answer = self._ask(qwen_oauth().token, form)
        if answer.status in (400, 401, 403):
            raise LoginRefusedError(
                f"the login is no longer accepted ({_error_of(answer)})",
                where=self._settings.qwen_oauth_url,
                hint=f"{LOG_IN_AGAIN}. {about_refusal()}",
            )
        if answer.status != 200 or not answer.document or answer.document.get("error"):
            raise ProviderError(
                f"the login server did not refresh the login ({_error_of(answer)})",
                where=self._settings.qwen_oauth_url,
                hint="Try again later; the login is unchanged.",
            )
        return answer.document

    def _ask(self, path: str, form: Mapping[str, str]) -> TokenResponse:
        started = time.monotonic()
        try:
            return self._request(path, form, LONGEST)
        except NETWORK_ERRORS as error:
            elapsed = time.monotonic() - started
            raise unreachable(error, self._settings, elapsed=elapsed, field=FIELD) from None

    def _request(self, path: str, form: Mapping[str, str], seconds: float) -> TokenResponse:
        """Send a form; a slow answer is cut off after the time limit in seconds."""
        url = self._settings.qwen_oauth_url.rstrip("/") + path
        data = {"client_id": qwen_oauth().client_id, **form}
        headers = {"Accept": "application/json", "x-request-id": str(uuid4())}
        with closing(make_client_for(url, self._settings)) as client:
            timeout, until = min(seconds, client.timeout.read or seconds), time.monotonic() + seconds
            with client.stream("POST", url, data=data, headers=headers, timeout=timeout) as response:
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > _MOST_READ or time.monotonic() > until:
                        break
        document = parse_json(body.decode("utf-8", "replace"))
        return TokenResponse(response.status_code, document if isinstance(document, dict) else None)


def _error_of(answer: TokenResponse) -> str:
    return error_text(answer.status, answer.document or {})
