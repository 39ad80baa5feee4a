"""The state of a login on another device: the meaning of each answer to a poll (RFC 8628 §3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_runtime.wire.refusal_errors import about_refusal
from qwen_schema import AuthenticationError, ProviderError, Secret, printable, redact_unknown
from qwen_schema.formats import check_login_url
from qwen_schema.records import record, replace

from .cache import LOG_IN_OR_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

# RFC 8628 §3.2 (without an interval it is 5 seconds) and §3.5 (slow_down adds 5).
_INTERVAL = 5.0
_SLOWER_BY = 5.0
# If the server fails, the interval is doubled, up to this number of seconds.
_LONGEST_INTERVAL = 60.0
_LONGEST_LIFE = 3600.0

_MOST_SHOWN = 200


@record
class DeviceCode:
    """The user's instructions: open `address` in a browser and enter `user_code` (RFC 8628 §3.2).

    `whole_address` contains the code, if the server sends it. Times are in seconds.
    """

    device_code: Secret
    user_code: str
    address: str
    whole_address: str
    expires_in: float
    interval: float


@record
class TokenResponse:
    """The answer to a poll: its status and JSON object, or `trouble`, the reason why there is none."""

    status: int = 0
    document: Mapping[str, Any] | None = None
    trouble: str = ""


@record
class PollState:
    """The state of polling: `interval` is the wait before the next poll, `ends_at` the time when the code expires.

    `tokens` is the answer with the tokens, once received. `trouble` is the server's last failure. Times are
    in seconds, `ends_at` on a monotonic clock.
    """

    interval: float
    ends_at: float
    tokens: Mapping[str, Any] | None = None
    trouble: str = ""

    def after(self, answer: TokenResponse, now: float) -> PollState:
        """Return the state of polling after an answer.

        Raises:
            AuthenticationError: if the user denied the login, or the code has expired.
            ProviderError: if the server refuses for another reason.
        """
        document = answer.document or {}
        error = str(document.get("error") or "")
        if answer.status == 200 and not error and isinstance(document.get("access_token"), str):
            return replace(self, tokens=document)
        if error == "slow_down":
            return self._wait_longer(self.interval + _SLOWER_BY, now)
        if error == "authorization_pending" or (answer.status == 200 and document.get("status") == "pending"):
            return self._wait_longer(self.interval, now)
        if error == "access_denied":
            raise AuthenticationError("the login was denied in the browser", hint=LOG_IN_OR_KEY)
        if error == "expired_token":
            raise _expired_error(self.trouble)
        if 400 <= answer.status < 500 and answer.status not in (408, 429):
            raise ProviderError(
                f"the login server refused the request ({error_text(answer.status, document)})", hint=about_refusal()
            )
        trouble = answer.trouble or f"it answered {error_text(answer.status, document)}"
        return replace(self, trouble=trouble)._wait_longer(min(self.interval * 2, _LONGEST_INTERVAL), now)

    def _wait_longer(self, interval: float, now: float) -> PollState:
        """Return the state with a new interval; there is no further poll if the code expires before it."""
        if now >= self.ends_at:
            raise _expired_error(self.trouble)
        return replace(self, interval=max(interval, self.interval))

    def seconds_left(self, now: float) -> float:
        """Return how long the code is valid, in seconds."""
        return max(self.ends_at - now, 0.0)


def start_polling(device: DeviceCode, now: float) -> PollState:
    """Return the state of polling before the first poll."""
    return PollState(device.interval, now + device.expires_in)


def device_code_of(document: object) -> DeviceCode:
    """Return the content of a device authorization response (RFC 8628 §3.2).

    Raises:
        ProviderError: if the response is invalid.
    """
    if not isinstance(document, dict):
        raise _no_code("it is not a JSON object")
    texts = {name: document.get(name) for name in ("device_code", "user_code", "verification_uri")}
    missing = [name for name, text in texts.items() if not isinstance(text, str) or not text]
    if missing:
        raise _no_code(f"{missing[0]} is missing")
    whole = document.get("verification_uri_complete")
    whole = whole if isinstance(whole, str) and whole else str(texts["verification_uri"])
    for address in (str(texts["verification_uri"]), whole):
        try:
            check_login_url(address.partition("?")[0])
        except ValueError as error:
            raise _no_code(f"its address cannot be opened: {error}") from None
    return DeviceCode(
        Secret(str(texts["device_code"])),
        printable(str(texts["user_code"]))[:_MOST_SHOWN],
        printable(str(texts["verification_uri"])),
        printable(whole),
        _seconds(document.get("expires_in"), 600.0, _LONGEST_LIFE),
        _seconds(document.get("interval"), _INTERVAL, _LONGEST_INTERVAL),
    )


def _expired_error(trouble: str) -> AuthenticationError:
    also = f"; last answer of the login server: {trouble}" if trouble else ""
    return AuthenticationError(f"the code expired before a login{also}", hint=LOG_IN_OR_KEY)


def _no_code(wrong: str) -> ProviderError:
    return ProviderError(
        f"the login server sent no login code: {wrong}",
        hint="Check its address (--qwen-oauth-url), or use an API key: OPENAI_API_KEY.",
    )


def error_text(status: int, document: Mapping[str, Any]) -> str:
    """Return the error in an answer (RFC 6749 §5.2), in one line."""
    words = [str(document[name]) for name in ("error", "error_description") if isinstance(document.get(name), str)]
    text = printable(redact_unknown(" ".join(": ".join(words).split())))[:_MOST_SHOWN]
    return f"{status}: {text}" if text else str(status)


def _seconds(value: object, otherwise: float, longest: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        return otherwise
    # In this order: a whole number may be too large to convert to a float.
    return float(min(value, longest))
