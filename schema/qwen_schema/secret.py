"""The type of a secret, which shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from weakref import WeakValueDictionary

from . import patterns as re
from .pointers import is_pointer
from .spellings import (
    LOOSE,
    PLAIN,
    QUOTED,
    RAW,
    TELLTALE_BEGINNING,
    Spelling,
    Views,
    cut_escape,
    found,
    partial_length,
    places,
    spellings,
    views,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# So many characters are held back of what begins like a secret; what has more invisible ones in it is hidden.
_LONGEST_HELD = 1024

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

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|AUTH|PRIVATE|COOKIE|SIGNATURE|DSN", re.IGNORECASE)

_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]*(?:@[^/?#\s@]*)*@")

# By identity, so that of two equal secrets either may go first.
_known: WeakValueDictionary[int, Secret] = WeakValueDictionary()


class Secret:
    """A text whose `repr`, `str` and format never show it; `reveal()` is the one way to it."""

    __slots__ = ("__weakref__", "_spellings", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._spellings: tuple[Spelling, ...] | None = None
        _known[id(self)] = self

    def reveal(self) -> str:
        """Return the secret itself, for the one who sends or compares it."""
        return self._text

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """How it may be written in a text; nothing for a pointer to a key, and for one that is short."""
        if self._spellings is None:
            self._spellings = () if is_pointer(self._text) else spellings(self._text)
        return self._spellings

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


class StreamRedactor:
    """A text that comes in pieces, and is passed on as it comes, without any secret that this process knows.

    What looks like the beginning of a secret is held back until the next piece, or the end, tells. A few characters
    look like that too often; where they were one, the rest does not follow them.
    """

    def __init__(self) -> None:
        self._passed: Views = ("", "", "", "")
        self._held = ""
        # Of a secret that is not held back, no more than its beginning was passed on.
        self._looked_back = TELLTALE_BEGINNING

    def add(self, piece: str) -> Verbatim:
        """Return what can be passed on now."""
        known, text = _known_spellings(), self._held + piece
        whole = text[: cut_escape(text)] if known else text
        seen = _joined(self._passed, views(whole))
        near = [Spelling(view, start, form) for view, start, form in known if start in seen[view]]
        cuts = _cuts(whole, seen, near, self._passed)
        # A secret that is whole is not the beginning of another one.
        kept = max([_begun(whole, seen, near), *(end for _, end in cuts)])
        is_too_much = len(text) - kept > _LONGEST_HELD
        passed, self._held = (text, "") if is_too_much else (text[:kept], text[kept:])
        if passed != whole:
            seen = _joined(self._passed, views(passed))
        if cuts or is_too_much:
            self._looked_back = max(len(spelling.text) for spelling in known)
        raw, plain, loose, quoted = (view[-self._looked_back :] for view in seen)
        self._passed = raw, plain, loose, quoted
        return Verbatim(_without(text[:kept], cuts) + (REDACTED if is_too_much else ""))

    def end(self) -> Verbatim:
        """Return what was held back and is no secret."""
        held, self._held = self._held, ""
        seen = _joined(self._passed, views(held))
        return Verbatim(_without(held, _cuts(held, seen, _known_spellings(), self._passed)))


def redact_known(text: str) -> Verbatim:
    """Return `text` without any secret that this process knows, however it is written, and else as it is."""
    known = _known_spellings()
    return Verbatim(_without(text, _cuts(text, views(text), known)) if known else text)


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


def is_secret_name(name: str) -> bool:
    """Tell whether a variable, or a member of a document, holds a secret by its name."""
    return _SECRET_NAME.search(name) is not None


def looks_like_key(text: str) -> bool:
    """Tell whether something in a text has the shape of a well-known provider's key."""
    return bool(_KEY_SHAPE.search(text))


def redact_unknown(text: str) -> str:
    """Return `text` without what has the shape of a key, known as a secret or not."""
    return _KEY_SHAPE.sub(REDACTED, redact(text))


def _known_spellings() -> Sequence[Spelling]:
    """Return how the known secrets may be written that are looked for in texts."""
    secrets = [secret for reference in _known.valuerefs() if (secret := reference()) is not None]
    return secrets[0].spellings if len(secrets) == 1 else list({s: None for each in secrets for s in each.spellings})


def _joined(before: Views, after: Views) -> Views:
    return (
        before[RAW] + after[RAW],
        before[PLAIN] + after[PLAIN],
        before[LOOSE] + after[LOOSE],
        before[QUOTED] + after[QUOTED],
    )


def _cuts(text: str, seen: Views, near: Sequence[Spelling], before: Views = ("", "", "", "")) -> list[tuple[int, int]]:
    """Return from where to where secrets stand in a text; they may have begun in what was seen `before` it."""
    cuts = []
    for view in {spelling.view for spelling in near}:
        begin = len(before[view])
        ends = [end for spelling in near if spelling.view == view for end in found(spelling.text, seen[view], begin)]
        place = places(text, view) if ends else []
        cuts += [(place[max(start, 0)][0], place[end - 1][1]) for start, end in ends]
    return sorted(cuts)


def _without(text: str, cuts: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in cuts:
        if start >= last:
            parts += [text[last:start], REDACTED]
        last = max(last, end)
    return "".join([*parts, text[last:]])


def _begun(text: str, seen: Views, near: Sequence[Spelling]) -> int:
    """Return from where a text may be the beginning of a secret, or go on with one."""
    begins = len(text)
    for spelling in near:
        if count := partial_length(spelling, seen[spelling.view]):
            place = places(text, spelling.view)
            begins = min(begins, place[-count][0] if count <= len(place) else 0)
    return begins
