"""What is worth saying about an answer, beside the answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qwen_schema import printable, provider_of

from .endings import is_limit
from .quota import PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_runtime.settings import Settings

    from .events import RateWait, RetryWait
    from .exchange import Answer


def notices_of(answer: Answer, settings: Settings) -> Iterator[str]:
    """Yield what a person should know about an answer that came to its end."""
    if is_limit(answer.finish_reason):
        yield "the answer stops at the token limit"
    elif not answer.text:
        yield "the model's answer is empty"
    # Where a deployment is asked for, the model has another name.
    if provider_of(settings.base_url).lists_models and not _is_same_model(answer):
        yield f"{printable(answer.model)} answered, not {printable(answer.asked_model)}"


def held_line(held: RateWait) -> str:
    """Return the line that says why a request is not sent yet."""
    return f"{PER_MINUTE} requests were made in the last minute: the next one follows in {math.ceil(held.seconds)} s"


def waiting_line(waiting: RetryWait) -> str:
    """Return the line that says what a retry waits for."""
    return f"trying again in {waiting.seconds:.1f} s ({waiting.attempt} of {waiting.most}): {printable(waiting.why)}"


def _is_same_model(answer: Answer) -> bool:
    """Tell whether the model that answered is the asked one, under a dated name perhaps, or without its vendor."""
    asked, model = answer.asked_model.lower(), answer.model.lower()
    return model.startswith(asked) or asked.endswith(f"/{model}") or model.rpartition("/")[2].startswith(asked)
