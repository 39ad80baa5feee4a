"""Sends one question: the request, its retries, and the answer's stream as events."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from qwen_schema import QwenCfgError, printable, redact_unknown
from qwen_schema import patterns as re

from .chunks import ChunkReader, choices_of, completion_of, whole_characters
from .connection import read_refusal, unread_encoding, without_key
from .endings import incomplete_reason, is_tool_call
from .endpoint import completions_url
from .error_words import codes_of, is_error, parse_json, status_of
from .events import Event, FinishReason, Reasoning, RetryWait, Text, ToolCall
from .failures import NETWORK_ERRORS, reason, unreachable
from .pacing import wait_for_room
from .refusal import Refusal
from .refusal_errors import error_of
from .refusal_kinds import is_out_of_quota, misses_model
from .request import body_of
from .retries import delay, is_retried, requested_delay
from .sse import EventReader, ServerSentEvent, is_document, is_lines
from .stream_errors import (
    cut_off_error,
    encoding_error,
    is_permanent,
    near_models_hint,
    no_completion_error,
    not_completion_error,
    refuse_other_api,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from threading import Event as Flag

    from .connection import Connection
    from .request import Message

# The errors of servers that do not support `stream_options`, or refuse unknown options.
_USAGE_OPTION = re.compile(r"stream_options|include_usage")
_VAGUE = re.compile(r"(bad|invalid) request\W*", re.IGNORECASE)
_NO_SUCH_OPTION = re.compile(
    r"extra (inputs|fields)|unrecogni[sz]ed|additional propert"
    r"|unknown (field|parameter|argument|name)|unsupported (field|parameter|argument)|unexpected keyword",
    re.IGNORECASE,
)

# Events that keep the connection open while the model thinks, by their name or data.
_KEEP_ALIVE = re.compile(
    r"[\W\d_]*((openrouter )?processing|keep[-_ ]?alive|ping|pong|heart[-_ ]?beat|hb|noop|waiting"
    r"|null|none|true|false)?[\W\d_]*",
    re.IGNORECASE,
)
_LONGEST_KEEP_ALIVE = 100
_LOOKS_FAILED = re.compile(
    r"error|fail|exception|out of memory|bad gateway|time[d -]*out|overload|unavailable|refused|denied|invalid|limit"
    r"|exceed|错误|失败",
    re.IGNORECASE,
)


_PIECES = (Text, Reasoning)

# A status with which a text begins: `502 Bad Gateway`.
_STATUS = re.compile(r"(?:HTTP/[\d.]+ )?([45]\d\d)\b(?= [A-Z])")


class _AttemptError(Exception):
    """An attempt failed before any part of the answer arrived."""

    def __init__(self, error: QwenCfgError, *, may_retry: bool, asked: float | None = None) -> None:
        super().__init__(error.what)
        self.error = error
        self.may_retry = may_retry
        self.asked = asked


class _UnknownOptionError(Exception):
    """The server does not support the option that requests the usage."""


@dataclass
class _Stream:
    """The state of a stream. `stray` is a line outside of an event."""

    reader: ChunkReader = field(default_factory=ChunkReader)
    begun: bool = False
    has_text: bool = False
    ended: bool = False
    reason: str = ""
    tool: str = ""
    stray: str = ""

    def note(self, event: Event) -> None:
        """Update the state with an event."""
        self.begun = self.begun or isinstance(event, _PIECES)
        self.has_text = self.has_text or isinstance(event, Text)
        if isinstance(event, FinishReason):
            self.ended, self.reason = True, event.reason
        elif isinstance(event, ToolCall):
            self.tool = self.tool or event.name


def answer(connection: Connection, messages: Sequence[Message], cancelled: Flag) -> Iterator[Event]:
    """Send a conversation and yield the events of the answer as they arrive.

    A failed attempt is retried up to the artifact's limit, but not after a piece of the answer has arrived.

    Raises:
        AuthenticationError: if the provider refuses the key.
        ProviderError: if there is no valid answer; `CutOffError` if it stops in the middle.
    """
    most = connection.settings.max_retries
    for attempt in count():
        yield from wait_for_room(connection.requests, cancelled)
        if cancelled.is_set():
            return
        try:
            yield from whole_characters(_attempt(connection, messages, cancelled))
        except _AttemptError as failed:
            seconds = delay(attempt, failed.asked)
            if attempt >= most or not failed.may_retry or seconds is None:
                raise _with_wait(failed, seconds) from None
            yield RetryWait(failed.error.what, seconds, attempt + 1, most)
            if cancelled.wait(seconds):
                return
        else:
            return


def _attempt(connection: Connection, messages: Sequence[Message], cancelled: Flag) -> Iterator[Event]:
    """Make one request, and a second one without the usage option if the server refuses that option."""
    try:
        yield from _request(connection, messages, cancelled)
    except _UnknownOptionError:
        connection.asks_for_usage = False
        yield from _request(connection, messages, cancelled)


def _request(connection: Connection, messages: Sequence[Message], cancelled: Flag) -> Iterator[Event]:
    settings = connection.settings
    url = completions_url(settings.base_url)
    body = body_of(
        messages,
        model=settings.model,
        provider=connection.provider,
        ask_for_usage=connection.asks_for_usage,
    )
    stream, started = _Stream(), time.monotonic()
    sent = connection.client.stream(
        "POST", url, json=body, headers={"Accept": "text/event-stream"}, extensions=connection.extensions(cancelled)
    )
    try:
        with sent as response:
            if not response.is_success:
                raise _refusal_error(read_refusal(response), connection, str(url))
            yield from _read(response, connection, stream)
    except NETWORK_ERRORS as error:
        if stream.ended:
            require_whole(connection, stream.reason, stream.tool, has_text=stream.has_text)
            return
        if stream.begun:
            raise cut_off_error(connection, reason(error), has_text=stream.has_text) from None
        known = isinstance(error, httpx.TransportError) and not is_permanent(error)
        raise _AttemptError(unreachable(error, settings, elapsed=time.monotonic() - started), may_retry=known) from None
    _require_end(stream, connection)


def _read(response: httpx.Response, connection: Connection, stream: _Stream) -> Iterator[Event]:
    """Yield the events of an answer: a stream, or one complete completion from a server that does not stream."""
    encoding = unread_encoding(response)
    if encoding:
        raise encoding_error(connection, encoding)
    is_whole, parts = is_document(response.iter_bytes(), response.headers.get("content-type", ""))
    documents = (_single_document if is_whole else _stream_documents)(response, parts, connection, stream)
    for document in documents:
        if document is None:
            stream.ended = True
            return
        for event in stream.reader.events(document):
            stream.note(event)
            yield event


def _single_document(
    response: httpx.Response, parts: Iterator[bytes], connection: Connection, stream: _Stream
) -> Iterator[Mapping[str, Any] | None]:
    """Yield the single completion of an answer, and None for its end."""
    refusal = read_refusal(response, parts)
    document = parse_json(refusal.body)
    if document is None and is_lines(refusal.body):
        yield from _stream_documents(response, iter([refusal.body.encode()]), connection, stream)
        return
    refuse_other_api(document, connection)
    completion = completion_of(document) if isinstance(document, dict) else {}
    if not choices_of(completion) or is_error(completion):
        raise not_completion_error(refusal, connection)
    yield completion
    yield None


def _stream_documents(
    response: httpx.Response, parts: Iterator[bytes], connection: Connection, stream: _Stream
) -> Iterator[Mapping[str, Any] | None]:
    """Yield the JSON of every server-sent event, and None for the end marked by `[DONE]`."""
    reader = EventReader()
    for event in reader.events(parts):
        document = parse_json(event.data)
        if isinstance(document, list) and document and isinstance(document[0], dict):
            document = document[0]
        is_named_error = bool(event.name) and event.name.lower() == "error"
        if isinstance(document, dict):
            if not stream.begun:
                refuse_other_api(document, connection)
            completion = completion_of(document)
            if is_named_error or (is_error(completion) and not _is_keep_alive(*_kinds(event, document))):
                raise _reported_error(without_key(event.data, response.request), connection, stream)
            yield completion
            continue
        text, is_list = document if isinstance(document, str) else event.data, isinstance(document, list)
        if text.strip().strip("[]").lower() == "done":
            yield None
            return
        if reader.is_cut and text.startswith(("{", "[")):
            # An answer that the model has ended is complete, even if the stream breaks afterwards.
            if stream.ended:
                break
            raise cut_off_error(connection, "the stream ended within an event", has_text=stream.has_text)
        if is_named_error or (is_list and document) or not _is_keep_alive(text, *_kinds(event, {})):
            raise _no_json(without_key(text, response.request), connection, stream, is_error=is_named_error)
    stream.stray = without_key(reader.stray, response.request)


def _kinds(event: ServerSentEvent, document: Mapping[str, Any]) -> list[str]:
    """Return the name of an event that contains a document."""
    names = [event.name, *(document.get(name) for name in ("type", "object", "event"))]
    return [name for name in names if isinstance(name, str) and name]


def _is_keep_alive(*texts: str) -> bool:
    """Return whether any of the texts marks an event that only keeps the connection open."""
    short = [text.strip() for text in texts if len(text) <= _LONGEST_KEEP_ALIVE]
    return any(text.startswith(":") or _KEEP_ALIVE.fullmatch(text) for text in short)


def _refusal_error(refusal: Refusal, connection: Connection, url: str) -> Exception:
    if connection.asks_for_usage and _is_about_usage(refusal):
        return _UnknownOptionError()
    error = error_of(refusal, connection.settings, url=url, remark=connection.remark)
    if misses_model(refusal):
        error = error.copy(hint=f"{near_models_hint(connection)} {error.hint}".strip())
    may_retry = is_retried(refusal.status, refusal.headers) and not is_out_of_quota(refusal)
    return _AttemptError(error, may_retry=may_retry, asked=requested_delay(refusal.headers))


def _is_about_usage(refusal: Refusal) -> bool:
    """Return whether a server may refuse only the option for the usage."""
    if refusal.matches(_USAGE_OPTION):
        return refusal.status not in (401, 403)
    vague = refusal.matches(_NO_SUCH_OPTION) or not refusal.words or bool(_VAGUE.fullmatch(refusal.words))
    return refusal.status in (400, 422) and vague


def _reported_error(data: str, connection: Connection, stream: _Stream) -> Exception:
    """Return the error that an event reports; before any part of the answer, it counts as a refusal."""
    begun = _STATUS.match(Refusal(0, {}, data).reason)
    refusal = Refusal(status_of(codes_of(parse_json(data))) or int(begun[1] if begun else 0), {}, data)
    error = error_of(refusal, connection.settings, remark=connection.remark)
    if not stream.begun:
        may_retry = is_retried(refusal.status, {}) and not is_out_of_quota(refusal)
        return _AttemptError(error, may_retry=may_retry)
    return error.copy(what=f"in the middle of the answer: {error.what}")


def _no_json(text: str, connection: Connection, stream: _Stream, *, is_error: bool) -> Exception:
    """Return the error for an event that is not a JSON object: an error in plain text, or a damaged stream."""
    refusal = Refusal(0, {}, text)
    is_text = not text.lstrip().startswith(("{", "["))
    if is_error or (is_text and _LOOKS_FAILED.search(text)):
        return _reported_error(text, connection, stream)
    message = refusal.words or refusal.page_text
    words = f": {message}" if is_text and message else ""
    return cut_off_error(connection, f"an event is not a JSON object{words}", has_text=stream.has_text)


def _require_end(stream: _Stream, connection: Connection) -> None:
    """Check that an answer is complete and was ended by the model."""
    stray = Refusal(0, {}, stream.stray)
    words = stray.words or stray.page_text
    if not stream.ended and stream.begun:
        why = f"the connection ended before the answer did{f': {words}' if words else ''}"
        raise cut_off_error(connection, why, has_text=stream.has_text)
    if not stream.ended or not stream.reader.has_choices:
        raise no_completion_error(connection, words)
    require_whole(connection, stream.reason, stream.tool, has_text=stream.has_text)


def require_whole(connection: Connection, reason: str, tool: str, *, has_text: bool) -> None:
    """Check that an answer is complete. `tool` is the tool that the model requested, empty if it requested none.

    `has_text` is whether any text was received.

    Raises:
        CutOffError: if the answer is incomplete.
    """
    why = incomplete_reason(reason)
    if tool:
        name = printable(redact_unknown(tool))
        why = f"the model asks for the tool {name}, and qwen-cfg offers none (finish_reason {reason or 'none'})"
    if why:
        raise cut_off_error(connection, why, has_text=has_text, tools=bool(tool) or is_tool_call(reason))


def _with_wait(failed: _AttemptError, seconds: float | None) -> QwenCfgError:
    if failed.may_retry and seconds is None and failed.asked is not None:
        return failed.error.copy(hint=f"The provider asks to wait for {failed.asked:.0f} s. {failed.error.hint}")
    return failed.error
