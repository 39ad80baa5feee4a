"""Server-sent events, read from the bytes of an answer (WHATWG HTML §9.2)."""

from __future__ import annotations

import codecs
from io import IncrementalNewlineDecoder
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE_ORDER_MARK = codecs.BOM_UTF8
_FIELDS = ("data", "event", "id", "retry", "")
_LONGEST_STRAY = 1_000


class ServerSentEvent(NamedTuple):
    """One event: its name, empty for most, and its data."""

    name: str
    data: str


class EventReader:
    """Reads the events. `stray` is the first line that belongs to no event: a server may report an error there."""

    def __init__(self) -> None:
        self.stray = ""

    def events(self, parts: Iterator[bytes]) -> Iterator[ServerSentEvent]:
        """Yield the events as they come.

        An event at the end of the stream counts without the empty line that the standard wants after it: some servers
        leave that line out.
        """
        name, data = "", list[str]()
        for line in chain(_lines(parts), [""]):
            if not line:
                if name or data:
                    yield ServerSentEvent(name, "\n".join(data))
                name, data = "", []
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
            elif field not in _FIELDS:
                self.stray = self.stray or line[:_LONGEST_STRAY]


def is_document(parts: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Return whether an answer is one document, JSON or a web page, instead of events; and all of its bytes.

    The bytes decide: servers send either under the content type of the other, or under none. No more is read than the
    first byte that is no blank.
    """
    start = b""
    for part in parts:
        start = (start + part).removeprefix(_BYTE_ORDER_MARK).lstrip()
        if start and not _BYTE_ORDER_MARK.startswith(start):
            break
    return start[:1] in (b"{", b"[", b"<", b'"'), chain([start], parts)


def _lines(parts: Iterator[bytes]) -> Iterator[str]:
    """Yield the lines, which end in a line feed, a carriage return or both; the encoding is always UTF-8."""
    decoder = IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    rest: list[str] = []
    texts = (decoder.decode(part) for part in parts)
    for text in chain(texts, (decoder.decode(end, final=True) for end in (b"",))):
        *lines, last = text.split("\n")
        for line in lines:
            yield "".join([*rest, line]) if rest else line
            rest = []
        if last:
            rest.append(last)
    yield "".join(rest)
