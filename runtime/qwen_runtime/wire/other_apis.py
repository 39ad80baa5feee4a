"""Recognizes answers of other APIs than chat completions, which a wrong base URL may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping


@record
class OtherApi:
    """Another API: its name, and the place of chat completions."""

    name: str
    advice: str


_OLLAMA = OtherApi(
    "Ollama's own API (/api/chat)", "Ollama's OpenAI-compatible API is at /v1: http://localhost:11434/v1"
)
_ANTHROPIC = OtherApi("Anthropic's Messages API", "Use the provider's OpenAI-compatible base URL.")
_GEMINI = OtherApi(
    "Gemini's own API", "Its OpenAI-compatible API is at https://generativelanguage.googleapis.com/v1beta/openai/"
)
_RESPONSES = OtherApi("OpenAI's Responses API", "The base URL should end before /responses.")
_COMPLETIONS = OtherApi("the API of text completions (/completions)", "The base URL should end before /completions.")
_DASHSCOPE = OtherApi(
    "DashScope's own API", "Its OpenAI-compatible API is at https://dashscope.aliyuncs.com/compatible-mode/v1"
)
_ANTHROPIC_TYPES = {"message", "message_start", "content_block_start", "content_block_delta"}


def other_api(document: Any) -> OtherApi | None:
    """Return the API of an answer or a piece of an answer; None if it is unknown.

    Sources: the API references of Ollama ("Generate a chat completion"), Anthropic ("Messages"), Google
    ("GenerateContentResponse"), OpenAI ("Response object", "Completion object") and DashScope ("DashScope API").
    """
    if isinstance(document, list):
        document = document[0] if document else None
    return _api_of_object(document) if isinstance(document, dict) else None


def _api_of_object(document: Mapping[str, Any]) -> OtherApi | None:
    kind, named, choices = document.get("type"), document.get("object"), document.get("choices")
    output = document.get("output")
    first = choices[0] if isinstance(choices, list) and choices else None
    if document.get("error") or (isinstance(first, dict) and {"delta", "message"} & set(first)):
        return None
    if isinstance(document.get("done"), bool) and ("message" in document or "response" in document):
        return _OLLAMA
    if (
        isinstance(kind, str)
        and kind in _ANTHROPIC_TYPES
        and {"content", "message", "content_block", "delta"} & set(document)
    ):
        return _ANTHROPIC
    if isinstance(document.get("candidates"), list):
        return _GEMINI
    if named == "response" or (isinstance(kind, str) and kind.startswith("response.")):
        return _RESPONSES
    if isinstance(output, dict) and ("choices" in output or "text" in output) and "request_id" in document:
        return _DASHSCOPE
    if isinstance(first, dict) and isinstance(first.get("text"), str):
        return _COMPLETIONS
    return None
