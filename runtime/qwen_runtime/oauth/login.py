"""A login as a value: its tokens, their expiry, and the URL of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema import Secret
from qwen_schema.formats import check_header_value
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

# An access token is refreshed this number of seconds before it expires, as in Qwen Code (sharedTokenManager.ts).
REFRESHED_BEFORE = 30.0

# The largest valid time, in milliseconds (ECMA-262 §21.4.1.1): a number may be too large to calculate with.
_LATEST = 8.64e15

# The keys in Qwen Code's file of the login; other keys are unchanged.
_KNOWN = ("access_token", "refresh_token", "token_type", "expiry_date", "resource_url")


@record
class Login:
    """The parts of a login. `ends_at` is in seconds since the epoch, on the clock of the machine that wrote it.

    `others` holds other programs' entries, which may be secret too.
    """

    access_token: Secret
    refresh_token: Secret | None = None
    token_type: str = "Bearer"  # noqa: S105 - a kind of token
    ends_at: float | None = None
    resource_url: str = ""
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_fresh(self, now: float) -> bool:
        """Return whether the access token is valid for a while; without an expiry it is valid until it is refused."""
        return self.ends_at is None or now < self.ends_at - REFRESHED_BEFORE

    def is_expired(self, now: float) -> bool:
        """Return whether the access token has expired."""
        return self.ends_at is not None and now >= self.ends_at


def login_of(document: object) -> Login:
    """Return the login in a document of Qwen Code's file.

    Raises:
        ValueError: if the document is invalid; the message contains no value of it.
    """
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    milliseconds = document.get("expiry_date")
    if milliseconds is not None and not _is_number(milliseconds):
        raise ValueError("expiry_date is not a time")
    refresh_token = document.get("refresh_token")
    return Login(
        access_token=_token(document, "access_token"),
        refresh_token=None if refresh_token in (None, "") else _token(document, "refresh_token"),
        token_type=_text(document, "token_type") or "Bearer",
        ends_at=None if milliseconds is None else milliseconds / 1000,
        resource_url=_text(document, "resource_url"),
        others={name: value for name, value in document.items() if name not in _KNOWN},
    )


def login_document(login: Login) -> dict[str, Any]:
    """Return the document of a login in the format of Qwen Code."""
    refresh_token = login.refresh_token
    known: dict[str, Any] = {
        "access_token": login.access_token.reveal(),
        "refresh_token": None if refresh_token is None else refresh_token.reveal(),
        "token_type": login.token_type,
        "expiry_date": None if login.ends_at is None else round(login.ends_at * 1000),
        "resource_url": login.resource_url or None,
    }
    return {**login.others, **{name: value for name, value in known.items() if value is not None}}


def login_of_tokens(document: Mapping[str, Any], asked_at: float, before: Login | None = None) -> Login:
    """Return the login in a token answer (RFC 6749 §5.1); missing parts keep their previous values.

    `asked_at` is the time of the request, in seconds since the epoch.

    Raises:
        ValueError: if the access token is missing, or a value is invalid.
    """
    seconds = document.get("expires_in")
    if seconds is not None and not _is_number(seconds):
        raise ValueError("expires_in is not a number of seconds")
    old = login_document(before) if before is not None else {}
    new = {name: document[name] for name in _KNOWN if name != "expiry_date" and document.get(name) not in (None, "")}
    old.pop("expiry_date", None)
    ends = {} if seconds is None else {"expiry_date": (asked_at + seconds) * 1000}
    return login_of({**old, "access_token": None, **new, **ends})


def _token(document: Mapping[str, Any], name: str) -> Secret:
    text = document.get(name)
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name} is missing")
    try:
        check_header_value(text)
    except ValueError as error:
        raise ValueError(f"its {name} cannot be sent: {error}") from None
    return Secret(text)


def _text(document: Mapping[str, Any], name: str) -> str:
    text = document.get(name)
    if text is not None and not isinstance(text, str):
        raise ValueError(f"its {name} is not a string")
    return text or ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LATEST
