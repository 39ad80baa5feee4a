"""The type of a secret, which shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

import re
from typing import NoReturn
from weakref import WeakValueDictionary

# From this length a secret is looked for in every text that leaves the program. A shorter one ("ollama", "EMPTY",
# "lm-studio": what local servers take as a key) is too likely to stand there for another reason.
TELLTALE_LENGTH = 12

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


def redact(text: str) -> str:
    """Return `text` without any secret that this process knows and without the user info of URLs."""
    for secret in sorted({s.reveal() for s in list(_known.values())}, key=len, reverse=True):
        if len(secret) >= TELLTALE_LENGTH:
            for form in _written_forms(secret):
                text = text.replace(form, REDACTED)
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
    return re.sub(r"([?&][^=&#]*=)[^&#]*", rf"\1{REDACTED}", text.partition("#")[0])


def looks_like_key(text: str) -> bool:
    """Tell whether something in a text has the shape of a well-known provider's key."""
    return bool(_KEY_SHAPE.search(text))


def redact_unknown(text: str) -> str:
    """Return `text` without what has the shape of a key, known as a secret or not."""
    return _KEY_SHAPE.sub(REDACTED, redact(text))


def _written_forms(secret: str) -> set[str]:
    """Return the secret as it stands, and as Python or JSON would quote it."""
    quoted = secret.encode("unicode_escape").decode("ascii")
    return {secret, quoted, repr(secret)[1:-1], secret.replace("\\", "\\\\").replace('"', '\\"')}
