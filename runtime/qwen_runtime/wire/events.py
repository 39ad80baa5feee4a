"""The events of an answer, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import record

if TYPE_CHECKING:
    from .usage import Usage


@record
class Text:
    """A piece of the answer, unchanged."""

    text: str


@record
class Reasoning:
    """A piece of the model's reasoning before the answer (`reasoning_content`), which is not part of the answer."""

    text: str


@record
class ModelName:
    """The provider's name of the model that answers."""

    model: str


@record
class FinishReason:
    """The end of the answer, and its reason (`stop`, `length`, `content_filter` and others)."""

    reason: str


@record
class ToolCall:
    """The model requests a tool by its name, although no request offers one."""

    name: str


@record
class UsageReport:
    """The token counts of the request and its answer."""

    usage: Usage


@record
class RetryWait:
    """A failed request is retried after `seconds`; `attempt` counts from 1, up to `most` retries."""

    why: str
    seconds: float
    attempt: int
    most: int


@record
class RateWait:
    """The rate limit of this minute is reached: the next request is sent after `seconds`."""

    seconds: float


Event = Text | Reasoning | ModelName | FinishReason | ToolCall | UsageReport | RetryWait | RateWait
