"""The type of a secret, which shows its text only through `reveal()`, and the redaction of known secrets."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NoReturn
from weakref import WeakValueDictionary

from . import patterns as re
from .pointers import is_pointer
from .records import record
from .spellings import (
    LOOSE,
    PLAIN,
    QUOTED,
    RAW,
    TELLTALE_BEGINNING,
    TELLTALE_LENGTH,
    Spelling,
    Views,
    cut_escape,
    has_beginning,
    matches_in,
    partial_length,
    positions,
    spellings,
    views,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# The most text that is held back as the beginning of a secret; longer text, with invisible characters, is redacted.
_LONGEST_HELD = 1024

# For longer texts, views are made only if needed, since each is a copy.
_LONG = 1024 * 1024

# From this length on, the first and last four characters may be shown: eight are then less than a third.
PARTLY_SHOWN_LENGTH = 25

REDACTED = "[redacted]"

# The shape of keys, for texts with secrets that are not known yet (a mistyped flag, for example).
_KEY_SHAPE = re.compile(
    r"\b(?:(?:sk|rk|xai|gsk|hf)[-_][A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{16,}|ms-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)

_SHORTEST_KEY = len("sk-") + 16

_QUERY_CREDENTIAL = re.compile(
    r"([?&](?:(?:x[-_])?api[-_]?key|key|(?:access|auth)[-_]?token|token|password|(?:client[-_])?secret|sig|signature)=)"
    r"[^&#\s\"']+",
    re.IGNORECASE,
)

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|AUTH|PRIVATE|COOKIE|SIGNATURE|DSN", re.IGNORECASE)

_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]*(?:@[^/?#\s@]*)*@")

# By identity, so that either of two equal secrets may be deleted first.
_known: WeakValueDictionary[int, Secret] = WeakValueDictionary()
_numbers = count()
_newest = 0


class Secret:
    """A text that `repr`, `str` and format never show; only `reveal()` returns it."""

    __slots__ = ("__weakref__", "_spellings", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._spellings: tuple[Spelling, ...] | None = None
        _known[id(self)] = self
        global _newest  # noqa: PLW0603 - the cached spellings are then outdated
        _newest = next(_numbers)

    def __del__(self) -> None:
        # The cached spellings of all known secrets contain it.
        global _last_spellings  # noqa: PLW0603
        _last_spellings = _NO_SPELLINGS

    def reveal(self) -> str:
        """Return the secret itself, to send or compare it."""
        return self._text

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """The ways the secret may be written in a text; empty for a pointer and for a short secret."""
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
    """Return a secret for display: its first and last characters with the length, or only the length."""
    if not text:
        return "(empty)"
    count = f"{len(text)} character" + ("" if len(text) == 1 else "s")
    if len(text) < PARTLY_SHOWN_LENGTH:
        return f"hidden ({count})"
    return f"{text[:4]}…{text[-4:]} ({count})"


class Verbatim(str):
    """A text without known secrets that must not be changed further: a model's answer."""

    __slots__ = ()


class StreamRedactor:
    """Redacts the known secrets from a text that arrives in pieces, and passes it on piece by piece.

    Text that looks like the beginning of a secret is held back until the next piece or the end. A few characters are
    too common to hold back; if they did begin a secret, the rest of it is redacted.
    """

    def __init__(self) -> None:
        self._passed: Views = ("", "", "", "")
        self._held = ""
        # At most this many characters of a secret are passed on before it is recognized.
        self._context_length = TELLTALE_BEGINNING

    def add(self, piece: str) -> Verbatim:
        """Add a piece; return the text that can be passed on now."""
        known, text = _known_spellings(), self._held + piece
        whole = text[: cut_escape(text)] if known.spellings else text
        text_views = _join(self._passed, views(whole))
        near = known.near(text_views)
        if not near and len(text) - len(whole) <= _LONGEST_HELD:
            return self._release(text, len(whole), text_views)
        cuts = _secret_parts(whole, text_views, near, self._passed)
        # A complete secret is not held back as the beginning of another.
        kept = max([_partial_start(whole, text_views, near), *(end for _, end in cuts)])
        is_too_much = len(text) - kept > _LONGEST_HELD
        if is_too_much:
            # A cut escape waits for the next piece: without it, the rest of the secret is not recognized.
            end = len(whole) if len(text) - len(whole) <= _LONGEST_HELD else len(text)
            passed, self._held = text[:end], text[end:]
        else:
            passed, self._held = text[:kept], text[kept:]
        if passed != whole:
            text_views = _join(self._passed, views(passed))
        if cuts or is_too_much:
            self._context_length = max(len(spelling.text) for spelling in known.spellings)
        self._keep_context(text_views)
        return Verbatim(_redact_parts(text[:kept], cuts) + (REDACTED if is_too_much else ""))

    def _release(self, text: str, kept: int, text_views: Views) -> Verbatim:
        """Return a piece without a secret, up to an escape that its end cuts. Most pieces are such."""
        self._held = text[kept:]
        self._keep_context(text_views)
        return Verbatim(text[:kept] if self._held else text)

    def _keep_context(self, text_views: Views) -> None:
        raw, plain, loose, quoted = text_views
        back = -self._context_length
        self._passed = raw[back:], plain[back:], loose[back:], quoted[back:]

    def end(self) -> Verbatim:
        """Return the text that is still held back, redacted."""
        held, self._held = self._held, ""
        text_views = _join(self._passed, views(held))
        return Verbatim(
            _redact_parts(held, _secret_parts(held, text_views, _known_spellings().spellings, self._passed))
        )


def redact_known(text: str) -> Verbatim:
    """Return `text` without the secrets that this process knows, in any spelling; the rest is unchanged."""
    known = _known_spellings()
    if len(text) < TELLTALE_LENGTH or not known.spellings:
        return Verbatim(text)
    if len(text) > _LONG and not has_beginning(text, known.beginnings):
        return Verbatim(text)
    text_views = views(text)
    near = known.near(text_views)
    return Verbatim(_redact_parts(text, _secret_parts(text, text_views, near)) if near else text)


def redact(text: str) -> str:
    """Return `text` without the secrets that this process knows, and without credentials in URLs."""
    text = str(redact_known(text))
    text = _QUERY_CREDENTIAL.sub(rf"\1{REDACTED}", text)
    return _USER_INFO.sub(f"{REDACTED}@", text)


def hide_credentials(text: str) -> str:
    """Return a text that may be a URL without the parts that may be a credential.

    An invalid URL (`user:password@host`, a password with `/` in it) is hidden up to its last `@`.
    """
    if "@" in text:
        scheme, separator, _ = text.rpartition("://") if "://" in text else ("", "", text)
        start = f"{scheme}{separator}" if "@" not in scheme else ""
        text = f"{start}{REDACTED}@{text.rpartition('@')[2]}"
    return re.sub(r"([?&][^?=&#]*=)[^&#]*", rf"\1{REDACTED}", text.partition("#")[0])


def is_secret_name(name: str) -> bool:
    """Return whether the name of a variable, or of a member of a document, says that it contains a secret."""
    return _SECRET_NAME.search(name) is not None


def looks_like_key(text: str) -> bool:
    """Return whether a part of a text has the shape of a well-known provider's key."""
    may_be = len(text) >= _SHORTEST_KEY and ("-" in text or "_" in text or "AIza" in text)
    return may_be and _KEY_SHAPE.search(text) is not None


def redact_unknown(text: str) -> str:
    """Return `text` as from `redact`, and without other parts that have the shape of a key."""
    return _KEY_SHAPE.sub(REDACTED, redact(text))


@record
class _KnownSpellings:
    """The spellings of all known secrets, and the state for which they are valid.

    `newest` and `known` are the number of the newest secret and the count of secrets at that time. `beginnings` are the
    beginnings of the spellings by view; few texts contain one.
    """

    newest: int
    known: int
    spellings: Sequence[Spelling]
    beginnings: tuple[tuple[int, tuple[str, ...]], ...]

    def near(self, text_views: Views) -> Sequence[Spelling]:
        """Return the spellings whose beginnings are in a text."""
        for view, beginnings in self.beginnings:
            text = text_views[view]
            for beginning in beginnings:
                if beginning in text:
                    return [spelling for spelling in self.spellings if spelling.beginning in text_views[spelling.view]]
        return ()


_NO_SPELLINGS = _KnownSpellings(-1, 0, (), ())
_last_spellings = _NO_SPELLINGS


def _known_spellings() -> _KnownSpellings:
    """Return the spellings of all known secrets; they are computed again after a secret was added or deleted.

    The global variable is read once: a secret that is deleted at any moment, by a garbage collection, resets it.
    """
    global _last_spellings  # noqa: PLW0603
    last, newest, known = _last_spellings, _newest, len(_known)
    if (last.newest, last.known) != (newest, known):
        secrets = [secret for reference in _known.valuerefs() if (secret := reference()) is not None]
        spellings = list({(s.view, s.text): s for each in secrets for s in each.spellings}.values())
        views_ = {spelling.view: None for spelling in spellings}
        by_view = [(v, tuple({s.beginning: None for s in spellings if s.view == v})) for v in views_]
        last = _last_spellings = _KnownSpellings(newest, known, spellings, tuple(by_view))
    return last


def _join(before: Views, after: Views) -> Views:
    return (
        before[RAW] + after[RAW],
        before[PLAIN] + after[PLAIN],
        before[LOOSE] + after[LOOSE],
        before[QUOTED] + after[QUOTED],
    )


def _secret_parts(
    text: str, text_views: Views, near: Sequence[Spelling], before: Views = ("", "", "", "")
) -> list[tuple[int, int]]:
    """Return the start and end of each secret in a text; a secret may begin in the text `before` it."""
    cuts = []
    for view in {spelling.view for spelling in near}:
        begin = len(before[view])
        ends = [
            end
            for spelling in near
            if spelling.view == view
            for end in matches_in(spelling.text, text_views[view], begin)
        ]
        place = positions(text, view) if ends else []
        cuts += [(place[max(start, 0)][0], place[end - 1][1]) for start, end in ends]
    return sorted(cuts)


def _redact_parts(text: str, cuts: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in cuts:
        if start >= last:
            parts += [text[last:start], REDACTED]
        last = max(last, end)
    return "".join([*parts, text[last:]])


def _partial_start(text: str, text_views: Views, near: Sequence[Spelling]) -> int:
    """Return the position from which the end of a text may be a part of a secret; its length if nothing may be."""
    begins = len(text)
    for view in {spelling.view for spelling in near}:
        # The longest part begins first.
        if count := max(partial_length(spelling, text_views[view]) for spelling in near if spelling.view == view):
            place = positions(text, view)
            begins = min(begins, place[-count][0] if count <= len(place) else 0)
    return begins
