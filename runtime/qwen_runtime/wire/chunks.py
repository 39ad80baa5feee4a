"""From a chunk of a streamed chat completion, or a whole one, to events.

Source of the form: OpenAI API reference, "Chat completion chunk object" and "Chat completion object". Servers leave
out much of it, so that nothing is taken for granted but what is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .events import Counted, Event, Finished, Named, Reasoning, Text
from .usage import read_usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# DashScope, DeepSeek and vLLM say the first, OpenRouter and newer vLLM the second.
_REASONING = ("reasoning_content", "reasoning")


def is_completion(document: object) -> bool:
    """Tell whether a JSON value is a whole completion."""
    return isinstance(document, dict) and bool(choices_of(document))


def choices_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of a chunk or a completion; nothing where it has none."""
    choices = document.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def tells_error(document: Mapping[str, Any]) -> bool:
    """Tell whether an event says what went wrong, in any of the forms in use, instead of being a chunk."""
    if document.get("error"):
        return True
    is_chunk = isinstance(document.get("choices"), list) or isinstance(document.get("usage"), dict)
    return not is_chunk and isinstance(document.get("message") or document.get("code"), str | int)


def events_of(document: Mapping[str, Any]) -> Iterator[Event]:
    """Yield what a chunk, or a whole completion, says about its first choice."""
    if isinstance(document.get("model"), str) and document["model"]:
        yield Named(document["model"])
    for choice in choices_of(document):
        if not choice.get("index"):
            yield from _of_choice(choice)
    if isinstance(document.get("usage"), dict):
        yield Counted(read_usage(document["usage"]))


def _of_choice(choice: Mapping[str, Any]) -> Iterator[Event]:
    part = choice.get("delta") or choice.get("message")
    if isinstance(part, dict):
        thought = next((part[name] for name in _REASONING if isinstance(part.get(name), str) and part[name]), None)
        if thought is not None:
            yield Reasoning(thought)
        for content in (part.get("content"), part.get("refusal")):
            yield from (Text(text) for text in _texts(content) if text)
    if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
        yield Finished(choice["finish_reason"])


def _texts(content: Any) -> list[str]:
    """Return the texts of a content: one, or those of its parts."""
    parts = content if isinstance(content, list) else [{"text": content}]
    return [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]


def whole_characters(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events with no character of a text cut in two.

    JSON writes a character beyond U+FFFF as two halves (RFC 8259 §7), and a server that cuts its texts by such halves
    sends one of them at the end of one piece and the other at the beginning of the next.
    """
    half = ""
    for event in events:
        if isinstance(event, Text):
            text, half = _split_half(half + event.text)
            if text:
                yield Text(_joined(text))
        else:
            if half and isinstance(event, Finished):
                yield Text(_joined(half))
                half = ""
            yield event


def _split_half(text: str) -> tuple[str, str]:
    return (text[:-1], text[-1]) if "\ud800" <= text[-1:] <= "\udbff" else (text, "")


def _joined(text: str) -> str:
    """Return a text whose halves are joined; one that stays alone becomes U+FFFD."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
