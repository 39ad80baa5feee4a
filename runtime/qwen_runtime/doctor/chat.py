"""The last step: one tiny question, whose answer is streamed like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..remarks import remarks
from ..session import Session
from .step import Finding

if TYPE_CHECKING:
    from qwen_schema import ResolvedConfig

    from ..connection import Connection
    from ..exchange import Answer

PROMPT = "Reply with: ok"


def ask(connection: Connection) -> Finding:
    """Ask, and tell how long the answer took.

    Raises:
        AuthenticationError: if the provider refuses the key.
        ProviderError: if no answer comes, or it stops in the middle.
    """
    with Session(connection).asking(PROMPT) as exchange:
        for _ in exchange.events():
            pass
    return _about(exchange.answer, connection.artifact)


def _about(answer: Answer, artifact: ResolvedConfig) -> Finding:
    hint = "; ".join(remarks(answer, artifact))
    tokens = answer.usage.total_tokens if answer.usage else None
    count = "tokens not reported" if tokens is None else f"{tokens:,} tokens"
    if answer.first_token_seconds is None:
        return Finding(f"an answer without a token came after {answer.total_seconds:.2f} s ({count})", hint, "note")
    return Finding(f"the model answers: time to first token {answer.first_token_seconds:.2f} s, {count}", hint)
