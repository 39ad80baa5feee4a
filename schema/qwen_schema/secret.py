"""The type of a secret, which shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn
from urllib.parse import quote, quote_plus
from weakref import WeakValueDictionary

from .pointers import is_pointer

# From this length a secret is looked for in every text that leaves the program. A shorter one ("ollama", "EMPTY",
# "lm-studio": what local servers take as a key) is too likely to stand there for another reason.
TELLTALE_LENGTH = 12

# So many characters of a secret may be passed on before anybody can tell that they are its beginning.
_TELLTALE_BEGINNING = 6

# From this length the first and last four characters may be shown: eight of them are then less than a third.
PARTLY_SHOWN_LENGTH = 25

REDACTED = "[redacted]"

# What a key looks like, for texts in which nobody knows yet what is a secret (a mistyped flag, say).
_KEY_SHAPE = re.compile(
    r"\b(?:(?:sk|rk|xai|gsk|hf)[-_][A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{16,}|ms-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)

_QUERY_CREDENTIAL = re.compile(
    r"([?&](?:(?:x[-_])?api[-_]?key|key|(?:access|auth)[-_]?token|token|password|(?:client[-_])?secret|sig|signature)=)"
    r"[^&#\s\"']+",
    re.IGNORECASE,
)

_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]*(?:@[^/?#\s@]*)*@")

# By identity, so that of two equal secrets either may go first.
_known: WeakValueDictionary[int, Secret] = WeakValueDictionary()


class Secret:
    """A text whose `repr`, `str` and format never show it; `reveal()` is the one way to it."""

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        _known[id(self)] = self

    def reveal(self) -> str:
        """Return the secret itself, for the one who sends or compares it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret('**********')" if self._text else "Secret('')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied into another process")


def mask(text: str) -> str:
    """Return what may be shown of a secret: first and last characters with the length, or only the length."""
    if not text:
        return "(empty)"
    count = f"{len(text)} character" + ("" if len(text) == 1 else "s")
    if len(text) < PARTLY_SHOWN_LENGTH:
        return f"hidden ({count})"
    return f"{text[:4]}…{text[-4:]} ({count})"


class Verbatim(str):
    """A text that holds no known secret any more, and that is not to be changed further: a model's answer."""

    __slots__ = ()


class Redacting:
    """A text that comes in pieces, and is passed on as it comes, without any secret that this process knows.

    What looks like the beginning of a secret is held back until the next piece, or the end, tells. A few characters
    look like that too often; where they were one, the rest does not follow them.
    """

    def __init__(self) -> None:
        self._passed = ""
        self._held = ""

    def add(self, piece: str) -> Verbatim:
        """Return what can be passed on now."""
        secrets, text = _telltale(), self._held + piece
        for secret in secrets:
            text = _without_rest(self._passed, text, secret)
        text = redact_known(text)
        begun = max((_begun(self._passed + text, secret) for secret in secrets), default=0)
        kept = len(text) - min(begun, len(text))
        self._held = text[kept:]
        self._passed = (self._passed + text[:kept])[-_TELLTALE_BEGINNING:]
        return Verbatim(text[:kept])

    def end(self) -> Verbatim:
        """Return what was held back and is no secret."""
        held, self._held = self._held, ""
        return Verbatim(held)


def redact_known(text: str) -> Verbatim:
    """Return `text` without any secret that this process knows, and else as it is."""
    for secret in _telltale():
        for form in _written_forms(secret):
            text = text.replace(form, REDACTED)
    return Verbatim(text)


def redact(text: str) -> str:
    """Return `text` without any secret that this process knows and without the user info of URLs."""
    text = str(redact_known(text))
    text = _QUERY_CREDENTIAL.sub(rf"\1{REDACTED}", text)
    return _USER_INFO.sub(f"{REDACTED}@", text)


def hide_credentials(text: str) -> str:
    """Return what may be a URL, and may be none, without what can be a credential in it.

    A URL that is not one (`user:password@host`, a password with `/` in it) is hidden up to its last `@`.
    """
    if "@" in text:
        scheme, separator, _ = text.rpartition("://") if "://" in text else ("", "", text)
        start = f"{scheme}{separator}" if "@" not in scheme else ""
        text = f"{start}{REDACTED}@{text.rpartition('@')[2]}"
    return re.sub(r"([?&][^?=&#]*=)[^&#]*", rf"\1{REDACTED}", text.partition("#")[0])


def looks_like_key(text: str) -> bool:
    """Tell whether something in a text has the shape of a well-known provider's key."""
    return bool(_KEY_SHAPE.search(text))


def redact_unknown(text: str) -> str:
    """Return `text` without what has the shape of a key, known as a secret or not."""
    return _KEY_SHAPE.sub(REDACTED, redact(text))


def _telltale() -> list[str]:
    """Return the known secrets that are looked for in texts, the longest first. A pointer to a key is none."""
    texts = {secret.reveal() for secret in list(_known.values())}
    return sorted(
        (text for text in texts if len(text) >= TELLTALE_LENGTH and not is_pointer(text)), key=len, reverse=True
    )


def _begun(text: str, secret: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a secret; few say nothing."""
    longest = min(len(text), len(secret) - 1)
    return next((n for n in range(longest, _TELLTALE_BEGINNING - 1, -1) if text.endswith(secret[:n])), 0)


def _without_rest(passed: str, text: str, secret: str) -> str:
    """Return a text without the rest of a secret whose first few characters have been passed on before it."""
    for count in range(_TELLTALE_BEGINNING - 1, 0, -1):
        if passed.endswith(secret[:count]) and text.startswith(secret[count:]):
            return f"{REDACTED}{text[len(secret) - count :]}"
    return text


@lru_cache(maxsize=512)
def _written_forms(secret: str) -> set[str]:
    """Return the secret as it stands, and as Python, JSON or a URL would write it."""
    quoted = secret.encode("unicode_escape").decode("ascii")
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, quoted, repr(secret)[1:-1], escaped, escaped.replace("/", "\\/"), *encoded}
