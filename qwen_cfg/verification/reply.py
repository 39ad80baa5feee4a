"""The fixed reply of the recorder: an answer of one word, or an error for protocols that it only reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sent_request import SentRequest

WORD = "pong"


def reply_to(sent: SentRequest) -> tuple[int, str, bytes]:
    """Return the status, the media type and the body of the reply to a request."""
    if sent.protocol != "openai":
        error = {"error": {"type": "invalid_request_error", "message": "recorded by qwen-cfg verify"}}
        return 400, "application/json", json.dumps(error).encode()
    if not sent.streams:
        choice = {"index": 0, "message": {"role": "assistant", "content": WORD}, "finish_reason": "stop"}
        return 200, "application/json", json.dumps(_document("chat.completion", sent, choice)).encode()
    first = {"index": 0, "delta": {"role": "assistant", "content": WORD}, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    documents = [json.dumps(_document("chat.completion.chunk", sent, choice)) for choice in (first, last)]
    return 200, "text/event-stream", "".join(f"data: {text}\n\n" for text in (*documents, "[DONE]")).encode()


def _document(kind: str, sent: SentRequest, choice: dict[str, Any]) -> dict[str, Any]:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"id": "qwen-cfg", "object": kind, "created": 0, "model": sent.model, "choices": [choice], "usage": usage}
