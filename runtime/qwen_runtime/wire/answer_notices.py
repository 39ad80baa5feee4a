"""Notices about an answer."""

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
    """Yield the notices about a finished answer."""
    if is_limit(answer.finish_reason):
        yield "the answer stops at the token limit"
    elif not answer.text:
        yield "the model's answer is empty"
    # A request to a deployment names the deployment, not the model.
    if provider_of(settings.base_url).lists_models and not _is_same_model(answer):
        yield f"{printable(answer.model)} answered, not {printable(answer.asked_model)}"


def rate_wait_line(held: RateWait) -> str:
    """Return the line about a request that waits for the rate limit."""
    return f"{PER_MINUTE} requests were made in the last minute: the next one follows in {math.ceil(held.seconds)} s"


def retry_line(waiting: RetryWait) -> str:
    """Return the line about a retry that waits."""
    return f"trying again in {waiting.seconds:.1f} s ({waiting.attempt} of {waiting.most}): {printable(waiting.why)}"


def _is_same_model(answer: Answer) -> bool:
    """Return whether the requested model answered; its name may have a date added or its vendor removed."""
    asked, model = answer.asked_model.lower(), answer.model.lower()
    return model.startswith(asked) or asked.endswith(f"/{model}") or model.rpartition("/")[2].startswith(asked)
