"""One question and its answer, collected while it arrives."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from qwen_runtime.settings import Settings
from qwen_schema.records import record

from .background import Background
from .events import FinishReason, ModelName, Reasoning, Text, ToolCall, UsageReport
from .growing_text import GrowingText
from .stream import answer, require_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .connection import Connection
    from .events import Event
    from .request import Message
    from .usage import Usage


# The seconds of silence after the model's end that end the stream.
_GRACE = 3.0

# So many pieces of the answer that came together become one.
_MOST_JOINED = 256

_PIECES = (Text, Reasoning)


@record
class Answer:
    """The answer received so far. Times are in seconds since the request."""

    asked_model: str
    model: str
    text: str
    reasoning: str
    finish_reason: str | None
    usage: Usage | None
    first_token_seconds: float | None
    total_seconds: float


# Called after every request, with the settings, the answer, and the class of the error that ended the request.
Observe = Callable[[Settings, Answer, str], None]


class Exchange:
    """A question that is being answered. `error` is the class of the error that ended it, if one did."""

    def __init__(self, connection: Connection, messages: Sequence[Message]) -> None:
        self._connection = connection
        self._started = time.monotonic()
        self._first_token: float | None = None
        self._ended: float | None = None
        self.error = ""
        self._text = GrowingText()
        self._reasoning = GrowingText()
        self._model = self._asked_model = connection.settings.model
        self._finish_reason: str | None = None
        self._tool = ""
        self._usage: Usage | None = None
        self._background: Background[Event] = Background(lambda cancelled: answer(connection, messages, cancelled))

    def events(self, tick: float | None = None, *, joined: bool = False) -> Iterator[Event | None]:
        """Yield the events as they arrive, and None after each `tick` seconds without an event.

        With `joined`, texts that have arrived by now are one event: nothing is waited for.

        Raises:
            AuthenticationError: if the provider refuses the key.
            ProviderError: if there is no answer, or it stops in the middle.
        """
        try:
            yield from self._joined_events(tick) if joined else self._until_end(tick)
        except Exception as error:
            self.error = type(error).__name__
            raise
        finally:
            self._ended = time.monotonic()

    def _joined_events(self, tick: float | None) -> Iterator[Event | None]:
        texts: list[str] = []
        try:
            for event in self._until_end(tick):
                if isinstance(event, Text):
                    texts.append(event.text)
                    if len(texts) < _MOST_JOINED and self._background.has_more:
                        continue
                if texts:
                    text, texts = "".join(texts), []
                    yield Text(text)
                if not isinstance(event, Text):
                    yield event
        except Exception:
            if texts:
                yield Text("".join(texts))
            raise
        if texts:
            yield Text("".join(texts))

    def _until_end(self, tick: float | None) -> Iterator[Event | None]:
        latest = time.monotonic()
        for event in self._background.poll(_GRACE if tick is None else min(tick, _GRACE)):
            if event is not None:
                latest = time.monotonic()
                self._note(event)
            elif self._finish_reason is not None and time.monotonic() - latest >= _GRACE:
                # The model has ended, and the server does not hang up.
                require_whole(self._connection, self._finish_reason, self._tool, has_text=bool(self._text))
                return
            if event is not None or tick is not None:
                yield event

    @property
    def has_more(self) -> bool:
        """Whether something more has arrived already."""
        return self._background.has_more

    def cancel(self) -> None:
        """Stop the request; the text received is kept."""
        self._background.cancelled.set()
        if self._ended is None:
            self._ended = time.monotonic()
        self._connection.abort()

    @property
    def answer(self) -> Answer:
        """The answer received so far."""
        first = None if self._first_token is None else self._first_token - self._started
        total = (self._ended or time.monotonic()) - self._started
        text, reasoning = self._text.text, self._reasoning.text
        return Answer(self._asked_model, self._model, text, reasoning, self._finish_reason, self._usage, first, total)

    def _note(self, event: Event) -> None:
        if self._first_token is None and isinstance(event, _PIECES):
            self._first_token = time.monotonic()
        match event:
            case Text(text):
                self._text.add(text)
            case Reasoning(text):
                self._reasoning.add(text)
            case ModelName(model):
                self._model = model
            case FinishReason(reason):
                self._finish_reason = reason
            case ToolCall(name):
                self._tool = self._tool or name
            case UsageReport(usage):
                self._usage = usage
