"""Waiting for a person to log in elsewhere: what each answer to a poll means (RFC 8628 §3.5)."""

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
# Where the server is in trouble the interval is doubled, up to so many seconds.
_LONGEST_INTERVAL = 60.0
_LONGEST_LIFE = 3600.0

_QUOTED = 200


@record
class DeviceCode:
    """What a person is to do where there is a browser: go to `address` and enter `user_code` (RFC 8628 §3.2).

    `whole_address` has the code in it, where the server gives one. Times are in seconds.
    """

    device_code: Secret
    user_code: str
    address: str
    whole_address: str
    expires_in: float
    interval: float


@record
class TokenResponse:
    """The answer to a poll: its status and the JSON object in it, or `trouble`, why there is none."""

    status: int = 0
    document: Mapping[str, Any] | None = None
    trouble: str = ""


@record
class PollState:
    """How polling stands: `interval` is how long to wait before the next poll, `ends_at` when the code expires.

    `tokens` is the answer with the tokens, once it has come. `trouble` is what the server last failed with. Times are
    in seconds, `ends_at` by a clock that only goes forward.
    """

    interval: float
    ends_at: float
    tokens: Mapping[str, Any] | None = None
    trouble: str = ""

    def after(self, answer: TokenResponse, now: float) -> PollState:
        """Return how polling stands after an answer.

        Raises:
            AuthenticationError: if it was denied, or the code has expired.
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
                f"the login server refuses ({error_text(answer.status, document)})", hint=about_refusal()
            )
        trouble = answer.trouble or f"it answers {error_text(answer.status, document)}"
        return replace(self, trouble=trouble)._wait_longer(min(self.interval * 2, _LONGEST_INTERVAL), now)

    def _wait_longer(self, interval: float, now: float) -> PollState:
        """Return it with the interval from now on; a code that has expired by then is not asked about again."""
        if now >= self.ends_at:
            raise _expired_error(self.trouble)
        return replace(self, interval=max(interval, self.interval))

    def seconds_left(self, now: float) -> float:
        """Return how long the code holds."""
        return max(self.ends_at - now, 0.0)


def start_polling(device: DeviceCode, now: float) -> PollState:
    """Return how polling stands before the first poll."""
    return PollState(device.interval, now + device.expires_in)


def device_code_of(document: object) -> DeviceCode:
    """Return what a device authorization response says (RFC 8628 §3.2).

    Raises:
        ProviderError: if it is none.
    """
    if not isinstance(document, dict):
        raise _no_code("it is no JSON object")
    texts = {name: document.get(name) for name in ("device_code", "user_code", "verification_uri")}
    missing = [name for name, text in texts.items() if not isinstance(text, str) or not text]
    if missing:
        raise _no_code(f"there is no {missing[0]} in it")
    whole = document.get("verification_uri_complete")
    whole = whole if isinstance(whole, str) and whole else str(texts["verification_uri"])
    for address in (str(texts["verification_uri"]), whole):
        try:
            check_login_url(address.partition("?")[0])
        except ValueError as error:
            raise _no_code(f"its address cannot be opened: {error}") from None
    return DeviceCode(
        Secret(str(texts["device_code"])),
        printable(str(texts["user_code"]))[:_QUOTED],
        printable(str(texts["verification_uri"])),
        printable(whole),
        _seconds(document.get("expires_in"), 600.0, _LONGEST_LIFE),
        _seconds(document.get("interval"), _INTERVAL, _LONGEST_INTERVAL),
    )


def _expired_error(trouble: str) -> AuthenticationError:
    also = f"; last answer of the login server: {trouble}" if trouble else ""
    return AuthenticationError(f"nobody logged in before the code expired{also}", hint=LOG_IN_OR_KEY)


def _no_code(wrong: str) -> ProviderError:
    return ProviderError(
        f"the login server sent no login code: {wrong}",
        hint="Is its address right (--qwen-oauth-url)? Or use an API key: OPENAI_API_KEY.",
    )


def error_text(status: int, document: Mapping[str, Any]) -> str:
    """Return what an answer says about an error (RFC 6749 §5.2), in one line."""
    words = [str(document[name]) for name in ("error", "error_description") if isinstance(document.get(name), str)]
    text = printable(redact_unknown(" ".join(": ".join(words).split())))[:_QUOTED]
    return f"{status}: {text}" if text else str(status)


def _seconds(value: object, otherwise: float, longest: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        return otherwise
    # In this order: a whole number may be too large to be made a float.
    return float(min(value, longest))
