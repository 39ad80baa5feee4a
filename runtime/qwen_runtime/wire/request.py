"""The body of a request for a conversation: the prefix has the same bytes in every turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_schema import Provider

Role = Literal["system", "user", "assistant"]


@record
class Message:
    """One message of a conversation."""

    role: Role
    text: str


def body_of(
    messages: Sequence[Message], *, model: str, provider: Provider, ask_for_usage: bool = True
) -> dict[str, Any]:
    """Return the body of a streamed chat completion (OpenAI API reference, "Create chat completion")."""
    marked = _to_mark(messages) if provider.caching == "marked" else frozenset()
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, marked=place in marked) for place, message in enumerate(messages)],
        "stream": True,
    }
    if ask_for_usage:
        body["stream_options"] = {"include_usage": True}
    return body


def _to_mark(messages: Sequence[Message]) -> frozenset[int]:
    """Return the messages after which the prefix is cached: the system message and the latest message.

    Source: alibabacloud.com/help/en/model-studio/context-cache, "Explicit cache"; Qwen Code marks the same two.
    """
    system = {place for place, message in enumerate(messages) if message.role == "system"}
    return frozenset(system | {len(messages) - 1})


def _message(message: Message, *, marked: bool) -> dict[str, Any]:
    if not marked:
        return {"role": message.role, "content": message.text}
    part = {"type": "text", "text": message.text, "cache_control": {"type": "ephemeral"}}
    return {"role": message.role, "content": [part]}
