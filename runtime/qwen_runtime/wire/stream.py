"""One question on the wire: the request, its retries, and the stream that comes back, as events."""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

from qwen_schema import CutOffError, NoCompletionError, QwenCfgError, redact_unknown

from .chunks import choices_of, events_of, is_completion, tells_error, whole_characters
from .connection import models, read_refusal
from .endpoint import completions_url
from .events import Event, Finished, Reasoning, Text, Waiting
from .failures import NETWORK_ERRORS, cause_of, reason, unreachable
from .near_models import near_models
from .pacing import room
from .refusals import Refusal, error_of, is_out_of_quota, misses_model, parsed, path_doubt
from .request import body_of
from .retries import asked_delay, delay, is_retried

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event as Flag

    from .connection import Connection
    from .request import Message

# What servers say that do not know `stream_options`, or no option that they do not know.
_USAGE_OPTION = re.compile(r"stream_options|include_usage")
_VAGUE = re.compile(r"(bad|invalid) request\W*", re.IGNORECASE)
_NO_SUCH_OPTION = re.compile(
    r"extra (inputs|fields)|unrecogni[sz]ed|additional propert"
    r"|unknown (field|parameter|argument|name)|unsupported (field|parameter|argument)|unexpected keyword",
    re.IGNORECASE,
)

_SECONDS_FOR_MODELS = 5.0

# Reasons to finish that are failures. `error` is OpenRouter's (openrouter.ai/docs/api-reference/errors).
_FAILED_ENDS = {
    "content_filter": "the provider's content filter stopped it",
    "error": "the provider failed in the middle of it",
}


class _FailedError(Exception):
    """An attempt failed before anything of an answer came."""

    def __init__(self, error: QwenCfgError, *, may_retry: bool, asked: float | None = None) -> None:
        super().__init__(error.what)
        self.error = error
        self.may_retry = may_retry
        self.asked = asked


class _UnknownOptionError(Exception):
    """The server does not know what asks for the usage."""


@dataclass
class _Stream:
    """How far a stream has come."""

    chosen: bool = False
    begun: bool = False
    ended: bool = False
    reason: str = ""

    def note(self, event: Event) -> None:
        """Take notice of an event."""
        self.begun = self.begun or isinstance(event, Text | Reasoning)
        if isinstance(event, Finished):
            self.ended, self.reason = True, event.reason


def answer(connection: Connection, messages: Sequence[Message], cancelled: Flag) -> Iterator[Event]:
    """Send a conversation and yield what comes back, as it comes.

    A failed attempt is made again as often as the artifact says, but not once a piece of the answer has come.

    Raises:
        AuthenticationError: if the provider refuses the key.
        ProviderError: if no answer comes, or what comes is none; `CutOffError` if it stops in the middle.
    """
    most = connection.settings.max_retries
    for attempt in count():
        yield from room(connection.requests, cancelled)
        if cancelled.is_set():
            return
        try:
            yield from whole_characters(_attempt(connection, messages, cancelled))
        except _FailedError as failed:
            seconds = delay(attempt, failed.asked)
            if attempt >= most or not failed.may_retry or seconds is None:
                raise _with_wait(failed, seconds) from None
            yield Waiting(failed.error.what, seconds, attempt + 1, most)
            if cancelled.wait(seconds):
                return
        else:
            return


def _attempt(connection: Connection, messages: Sequence[Message], cancelled: Flag) -> Iterator[Event]:
    """Make one request, and one more without asking for the usage where that is what the server refuses."""
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
                raise _refused(read_refusal(response), connection, str(url))
            yield from _read(response, connection, stream)
    except NETWORK_ERRORS as error:
        if stream.ended:
            return
        if stream.begun:
            raise _cut_off(connection, reason(error)) from None
        known = isinstance(error, httpx.TransportError) and not _is_hopeless(error)
        raise _FailedError(unreachable(error, settings, elapsed=time.monotonic() - started), may_retry=known) from None
    _require_end(stream, connection)


def _read(response: httpx.Response, connection: Connection, stream: _Stream) -> Iterator[Event]:
    """Yield the events of an answer: a stream, or one whole completion from a server that does not stream."""
    kind = response.headers.get("content-type", "")
    is_whole = "json" in kind or "html" in kind
    documents = _whole(response, connection) if is_whole else _streamed(response, connection, stream)
    for document in documents:
        if document is None:
            stream.ended = True
            return
        stream.chosen = stream.chosen or bool(choices_of(document))
        for event in events_of(document):
            stream.note(event)
            yield event


def _whole(response: httpx.Response, connection: Connection) -> Iterator[dict[str, Any] | None]:
    """Yield the one completion that an answer is, and None for its end."""
    refusal = read_refusal(response)
    document = parsed(refusal.body)
    if not is_completion(document):
        raise _no_completion(refusal, connection)
    yield document
    yield None


def _streamed(response: httpx.Response, connection: Connection, stream: _Stream) -> Iterator[dict[str, Any] | None]:
    """Yield the JSON of every server-sent event (WHATWG HTML §9.2), and None for the end that `[DONE]` marks."""
    from httpx_sse import EventSource  # noqa: PLC0415 - for an answer only

    # Some servers say text/plain, or nothing. The encoding of an event stream is UTF-8, whatever a server says.
    response.headers["content-type"] = "text/event-stream"
    response.encoding = "utf-8-sig"
    for event in EventSource(response).iter_sse():
        if event.data.strip() == "[DONE]":
            yield None
            return
        if not event.data.strip():
            continue
        document = parsed(event.data)
        if not isinstance(document, dict):
            raise _cut_off(connection, "an event came that is no JSON object")
        if tells_error(document) or event.event == "error":
            raise _told_error(event.data, document, connection, stream)
        yield document


def _refused(refusal: Refusal, connection: Connection, url: str) -> Exception:
    if connection.asks_for_usage and _is_about_usage(refusal):
        return _UnknownOptionError()
    error = error_of(refusal, connection.settings, url=url, remark=connection.remark)
    if misses_model(refusal):
        error = error.copy(hint=f"{_nearest(connection)} {error.hint}".strip())
    may_retry = is_retried(refusal.status, refusal.headers) and not is_out_of_quota(refusal)
    return _FailedError(error, may_retry=may_retry, asked=asked_delay(refusal.headers))


def _is_about_usage(refusal: Refusal) -> bool:
    """Tell whether a server may refuse just that it is asked for the usage."""
    if refusal.says(_USAGE_OPTION):
        return refusal.status not in (401, 403)
    vague = refusal.says(_NO_SUCH_OPTION) or not refusal.words or bool(_VAGUE.fullmatch(refusal.words))
    return refusal.status in (400, 422) and vague


def _nearest(connection: Connection) -> str:
    """Return which models the endpoint has that are called much like the one asked for; nothing if it tells none."""
    try:
        names = models(connection, seconds=_SECONDS_FOR_MODELS)
    except QwenCfgError:
        return ""
    near = near_models(connection.settings.model, names) or names[:3]
    return f"The endpoint has {redact_unknown(', '.join(near))}." if near else ""


def _no_completion(refusal: Refusal, connection: Connection) -> Exception:
    """Return what an answer is that is a success by its status and no completion by its content."""
    document = parsed(refusal.body)
    if isinstance(document, dict) and tells_error(document):
        refusal = Refusal(_status(document) or 0, refusal.headers, refusal.body)
        return error_of(refusal, connection.settings, remark=connection.remark)
    return error_of(refusal, connection.settings) if refusal.is_web_page else _nothing(connection)


def _told_error(data: str, document: dict[str, Any], connection: Connection, stream: _Stream) -> Exception:
    """Return what an event says that tells of an error; before anything of an answer it is as good as a refusal."""
    refusal = Refusal(_status(document) or 0, {}, data)
    error = error_of(refusal, connection.settings, remark=connection.remark)
    if not stream.begun:
        may_retry = is_retried(refusal.status, {}) and not is_out_of_quota(refusal)
        return _FailedError(error, may_retry=may_retry)
    return error.copy(what=f"in the middle of the answer: {error.what}")


def _status(document: dict[str, Any]) -> int | None:
    """Return the HTTP status that an error object has as its code."""
    error = document.get("error")
    code = error.get("code") if isinstance(error, dict) else document.get("code")
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _require_end(stream: _Stream, connection: Connection) -> None:
    """Make sure that an answer came to an end, and that it is the model's."""
    if not stream.ended and stream.begun:
        raise _cut_off(connection, "the connection ended before the answer did")
    if not stream.ended or not stream.chosen:
        raise _nothing(connection)
    if stream.reason in _FAILED_ENDS:
        raise _cut_off(connection, _FAILED_ENDS[stream.reason])


def _nothing(connection: Connection) -> NoCompletionError:
    return NoCompletionError(
        "what came is no chat completion",
        where=connection.settings.place("base_url"),
        hint=f"Something else may have answered, or {path_doubt(connection.settings)}",
    )


def _cut_off(connection: Connection, why: str) -> CutOffError:
    return CutOffError(
        f"the answer is cut off: {why}",
        where=connection.settings.place("base_url"),
        hint="What came is kept. Ask again, or ask to go on.",
    )


def _with_wait(failed: _FailedError, seconds: float | None) -> QwenCfgError:
    if failed.may_retry and seconds is None and failed.asked is not None:
        return failed.error.copy(hint=f"The provider asks to wait for {failed.asked:.0f} s. {failed.error.hint}")
    return failed.error


def _is_hopeless(error: Exception) -> bool:
    """Tell whether TLS fails for a reason that stays: the certificate, or a server that speaks plain http."""
    cause = cause_of(error, ssl.SSLError)
    return isinstance(cause, ssl.SSLCertVerificationError) or getattr(cause, "reason", "") == "WRONG_VERSION_NUMBER"
