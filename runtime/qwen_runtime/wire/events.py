"""What happens while the model answers, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import record

if TYPE_CHECKING:
    from .usage import Usage


@record
class Text:
    """A piece of the answer, as it came."""

    text: str


@record
class Reasoning:
    """A piece of what the model thinks before it answers (`reasoning_content`), which is no part of the answer."""

    text: str


@record
class ModelName:
    """The name by which the provider calls the model that answers."""

    model: str


@record
class FinishReason:
    """The model has come to an end, and why (`stop`, `length`, `content_filter` and others)."""

    reason: str


@record
class ToolCall:
    """The model asks for a tool by its name. No request offers one."""

    name: str


@record
class UsageReport:
    """The tokens that the request and its answer took."""

    usage: Usage


@record
class RetryWait:
    """A request failed and is tried again after a while, in seconds; `attempt` counts from 1, of `most` retries."""

    why: str
    seconds: float
    attempt: int
    most: int


@record
class RateWait:
    """The service grants no more requests this minute: so many seconds are left until the next one is sent."""

    seconds: float


Event = Text | Reasoning | ModelName | FinishReason | ToolCall | UsageReport | RetryWait | RateWait
