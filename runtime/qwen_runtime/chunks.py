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
    """Tell whether a JSON value can be a completion or a chunk of one."""
    return isinstance(document, dict) and (
        isinstance(document.get("choices"), list) or isinstance(document.get("usage"), dict)
    )


def events_of(document: Mapping[str, Any]) -> Iterator[Event]:
    """Yield what a chunk, or a whole completion, says about its first choice."""
    if isinstance(document.get("model"), str) and document["model"]:
        yield Named(document["model"])
    for choice in document.get("choices") or ():
        if isinstance(choice, dict) and choice.get("index", 0) == 0:
            yield from _of_choice(choice)
    if isinstance(document.get("usage"), dict):
        yield Counted(read_usage(document["usage"]))


def _of_choice(choice: Mapping[str, Any]) -> Iterator[Event]:
    part = choice.get("delta") or choice.get("message")
    if isinstance(part, dict):
        thought = next((part[name] for name in _REASONING if isinstance(part.get(name), str) and part[name]), None)
        if thought is not None:
            yield Reasoning(thought)
        for text in (part.get("content"), part.get("refusal")):
            if isinstance(text, str) and text:
                yield Text(text)
    if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
        yield Finished(choice["finish_reason"])


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
