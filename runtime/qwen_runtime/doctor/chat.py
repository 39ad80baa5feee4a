"""The last step: one short question with a streamed answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.session import Session
from qwen_runtime.wire.answer_notices import notices_of

from .step import StepResult

if TYPE_CHECKING:
    from qwen_runtime.settings import Settings
    from qwen_runtime.wire.connection import Connection
    from qwen_runtime.wire.exchange import Answer, Observe

PROMPT = "Reply with: ok"


def ask(connection: Connection, observe: Observe | None) -> StepResult:
    """Ask, and return the time of the answer; `observe` is called with the request.

    Raises:
        AuthenticationError: if the provider refuses the key.
        ProviderError: if there is no answer, or it stops in the middle.
    """
    with Session(connection, observe=observe).exchange(PROMPT) as exchange:
        for _ in exchange.events():
            pass
    return _result_of(exchange.answer, connection.settings)


def _result_of(answer: Answer, settings: Settings) -> StepResult:
    hint = "; ".join(notices_of(answer, settings))
    tokens = answer.usage.total_tokens if answer.usage else None
    count = "tokens not reported" if tokens is None else f"{tokens:,} tokens"
    if answer.first_token_seconds is None:
        return StepResult(f"the answer is empty, after {answer.total_seconds:.2f} s ({count})", hint, "note")
    return StepResult(f"the model answers: time to first token {answer.first_token_seconds:.2f} s, {count}", hint)
