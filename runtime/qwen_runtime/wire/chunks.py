"""Converts chunks of a streamed chat completion, or a complete one, to events.

Source of the form: OpenAI API reference, "Chat completion chunk object" and "Chat completion object". Servers omit
many of its parts, so only the parts in use are required.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from qwen_schema import patterns as re

from .endings import is_end, reason_name
from .events import Event, FinishReason, ModelName, Reasoning, Text, ToolCall, UsageReport
from .usage import read_usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# DashScope, DeepSeek and vLLM use the first, OpenRouter and newer vLLM the second.
_REASONING = ("reasoning_content", "reasoning")
_LONGEST_NAME = 100
_MOST_PIECES = 100
_HALF = re.compile("[\ud800-\udfff]")
_PIECES = (Text, Reasoning)


def completion_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the completion or chunk in a document, which may wrap it (`{"code": 0, "data": {…}}`)."""
    if document.get("choices"):
        return document
    inner = next((value for value in document.values() if isinstance(value, dict) and choices_of(value)), {})
    return {**document, **inner} if inner else document


def choices_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of a chunk or a completion; an empty list if there are none."""
    choices = document.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def is_chunk(document: Mapping[str, Any]) -> bool:
    """Return whether a document is a chunk of a streamed completion, and not a whole one."""
    is_named = str(document.get("object")).endswith(".chunk")
    return is_named or any("delta" in choice for choice in choices_of(completion_of(document)))


class _StreamedText:
    """The text that was streamed, by its length and digest: the text itself is held by who takes the events."""

    def __init__(self) -> None:
        self.length = 0
        self._digest = sha256()
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Add a piece."""
        self.length += len(piece)
        self._pieces.append(piece)
        if len(self._pieces) >= _MOST_PIECES:
            self._flush()

    def begins(self, text: str) -> bool:
        """Tell whether a longer text begins with it."""
        self._flush()
        return self._digest.digest() == sha256(_bytes_of(text[: self.length])).digest()

    def _flush(self) -> None:
        self._digest.update(_bytes_of("".join(self._pieces)))
        self._pieces.clear()


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class ChunkReader:
    """Reads the chunks of one answer. `has_choices` is true once a chunk belonged to a completion."""

    def __init__(self) -> None:
        self.has_choices = False
        self._model = ""
        self._streamed_texts: dict[type[Text | Reasoning], _StreamedText] = {
            Text: _StreamedText(),
            Reasoning: _StreamedText(),
        }
        self._message_texts: dict[type[Text | Reasoning], str] = {Text: "", Reasoning: ""}
        self._grows, self._are_pieces = False, False

    def events(self, document: Mapping[str, Any]) -> Iterator[Event]:
        """Yield the events of the first choice of a chunk or a complete completion."""
        choices = choices_of(document)
        self.has_choices = self.has_choices or bool(choices)
        model = document.get("model")
        if isinstance(model, str) and model and model != self._model:
            self._model = model
            yield ModelName(model)
        for choice in choices:
            if not choice.get("index"):
                yield from self._choice_events(choice)
        # OpenAI; Groq (`x_groq.usage`); Moonshot (`choices[0].usage`).
        for holder in (document, document.get("x_groq"), *choices):
            usage = holder.get("usage") if isinstance(holder, dict) else None
            if usage and isinstance(usage, dict):
                yield UsageReport(read_usage(usage))
                break

    def _choice_events(self, choice: Mapping[str, Any]) -> Iterator[Event]:
        delta, message, reason = choice.get("delta"), choice.get("message"), reason_name(choice.get("finish_reason"))
        if delta and isinstance(delta, dict):
            for event in _part_events(delta):
                if isinstance(event, _PIECES):
                    self._streamed_texts[type(event)].add(event.text)
                yield event
        if message and isinstance(message, dict):
            yield from self._message_events(message)
        if reason and is_end(reason):
            yield FinishReason(reason)

    def _message_events(self, message: Mapping[str, Any]) -> Iterator[Event]:
        """Yield the new part of a message: after deltas it is the complete answer, otherwise a piece of it.

        DashScope without `incremental_output` sends the answer so far in each message.
        """
        parts = _part_events(message)
        for kind in (Reasoning, Text):
            text, known = "".join(part.text for part in parts if isinstance(part, kind)), self._streamed_texts[kind]
            if not known.length:
                new = self._new_part(kind, text) if text else ""
            else:
                # A message that differs from the streamed text is ignored: that text has already been shown.
                new = text[known.length :] if known.begins(text) else ""
            if new:
                yield kind(new)
        yield from (part for part in parts if not isinstance(part, _PIECES))

    def _new_part(self, kind: type[Text | Reasoning], text: str) -> str:
        """Return the new part of a message; no deltas came. A longer one that repeats those before adds its rest."""
        known = self._message_texts[kind]
        repeats = bool(known.strip()) and text.startswith(known)
        self._grows = self._grows or (repeats and len(text) > len(known) and not self._are_pieces)
        if self._grows and repeats:
            self._message_texts[kind] = text
            return text[len(known) :]
        self._are_pieces = self._are_pieces or (bool(known.strip()) and not repeats)
        if not self._are_pieces:
            # Blanks may be a piece, or the beginning of an answer that the next message repeats.
            self._message_texts[kind] = text if text.startswith(known) and not known.strip() else known + text
        return text


def _part_events(part: Mapping[str, Any]) -> list[Event]:
    found: list[Event] = []
    for name in _REASONING:
        thought = part.get(name)
        if thought and isinstance(thought, str):
            found.append(Reasoning(thought))
            break
    for content in (part.get("content"), part.get("refusal")):
        if content:
            found += [Text(text) for text in _texts(content) if text]
    calls, legacy = part.get("tool_calls"), part.get("function_call")
    if calls or legacy:
        found += map(ToolCall, _tools([*(calls if isinstance(calls, list) else []), {"function": legacy}]))
    return found


def _tools(calls: list[Any]) -> Iterator[str]:
    """Yield the names of the requested tools."""
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str) and function["name"]:
            yield function["name"][:_LONGEST_NAME]


def _texts(content: Any) -> list[str]:
    """Return the texts of a content: a single text, or the texts of its parts."""
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]


def whole_characters(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events without characters that are split between two texts.

    JSON writes a character beyond U+FFFF as two halves (RFC 8259 §7), and a server that cuts its texts by such halves
    sends one of them at the end of one piece and the other at the beginning of the next.
    """
    half = ""
    for event in events:
        if isinstance(event, Text):
            if not half and (event.text.isascii() or not _HALF.search(event.text)):
                yield event
                continue
            text, half = _split_half(half + event.text)
            if text:
                yield Text(_join_halves(text))
        else:
            if half and isinstance(event, FinishReason):
                yield Text(_join_halves(half))
                half = ""
            yield event


def _split_half(text: str) -> tuple[str, str]:
    return (text[:-1], text[-1]) if "\ud800" <= text[-1:] <= "\udbff" else (text, "")


def _join_halves(text: str) -> str:
    """Return a text with joined surrogate halves; a single half becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
