"""Server-sent events, read from the bytes of an answer (WHATWG HTML §9.2)."""

from __future__ import annotations

import codecs
from io import IncrementalNewlineDecoder
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from qwen_schema import patterns as re

from .chunks import is_chunk
from .error_words import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE_ORDER_MARK = codecs.BOM_UTF8
# application/x-ndjson, application/ndjson, application/jsonl, application/stream+json and similar types.
_KIND_OF_LINES = re.compile(r"ndjson|jsonl|json-?lines|stream\+json|json-seq", re.IGNORECASE)
_FIELDS = ("data", "event", "id", "retry", "")
_LONGEST_STRAY = 1_000


class ServerSentEvent(NamedTuple):
    """One event: its name, which is usually empty, and its data."""

    name: str
    data: str


class EventReader:
    """Reads the events; JSON objects on lines without `data:` (NDJSON) count as events, too.

    `stray` is text outside of events, up to a limit: a server may report an error there. `is_cut` is whether the last
    event was ended by the end of the stream instead of an empty line.
    """

    def __init__(self) -> None:
        self.stray = ""
        self.is_cut = False
        self._object: list[str] = []

    def events(self, parts: Iterator[bytes]) -> Iterator[ServerSentEvent]:
        """Yield the events as they arrive.

        The last event of the stream counts without the empty line that the standard requires after it: some servers
        omit that line.
        """
        name, data = "", list[str]()
        for line in _lines(parts):
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
            elif field not in _FIELDS and not data and self._is_object(line):
                yield ServerSentEvent(name, self._take_object())
                name = ""
        self.is_cut = True
        if name or data:
            yield ServerSentEvent(name, "\n".join(data))
        elif self._object:
            yield ServerSentEvent("", self._take_object())

    def _is_object(self, line: str) -> bool:
        """Add a line that is not a field; return whether a JSON object, which may span lines, ends in it."""
        if not self._object and not line.startswith("{"):
            self.stray = f"{self.stray}\n{line}".strip()[:_LONGEST_STRAY]
            return False
        self._object.append(line)
        return line.rstrip().endswith("}") and isinstance(parse_json("\n".join(self._object)), dict)

    def _take_object(self) -> str:
        text, self._object = "\n".join(self._object), []
        return text


def is_document(parts: Iterator[bytes], kind: str = "") -> tuple[bool, Iterator[bytes]]:
    """Return whether an answer is one document, JSON or a web page, instead of events; and all of its bytes.

    The bytes decide, since some servers send a wrong content type or none. `kind`, the content type, decides only
    whether a JSON object is the first of many. Only the parts up to the first byte that is not blank are read.
    """
    start = b""
    for part in parts:
        start = (start + part).removeprefix(_BYTE_ORDER_MARK).lstrip()
        if start and not _BYTE_ORDER_MARK.startswith(start):
            break
    is_lines = start[:1] == b"{" and (bool(_KIND_OF_LINES.search(kind)) or _begins_chunks(start))
    return start[:1] in (b"{", b"[", b"<", b'"') and not is_lines, chain([start], parts)


def is_lines(text: str) -> bool:
    """Return whether a text that is not a JSON document has one in each line."""
    first, end, _ = text.lstrip().partition("\n")
    return bool(end) and isinstance(parse_json(first), dict)


def _begins_chunks(start: bytes) -> bool:
    """Return whether the first line is a complete chunk of a completion."""
    line, end, _ = start.partition(b"\n")
    document = parse_json(line.decode("utf-8", "replace")) if end else None
    return isinstance(document, dict) and is_chunk(document)


def _lines(parts: Iterator[bytes]) -> Iterator[str]:
    """Yield the lines, which end with a line feed, a carriage return or both; the encoding is always UTF-8."""
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
    if rest:
        yield "".join(rest)
