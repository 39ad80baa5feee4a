"""What happens while the model answers, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .usage import Usage


@dataclass(frozen=True)
class Text:
    """A piece of the answer, as it came."""

    text: str


@dataclass(frozen=True)
class Reasoning:
    """A piece of what the model thinks before it answers (`reasoning_content`), which is no part of the answer."""

    text: str


@dataclass(frozen=True)
class ModelName:
    """The name by which the provider calls the model that answers."""

    model: str


@dataclass(frozen=True)
class FinishReason:
    """The model has come to an end, and why (`stop`, `length`, `content_filter` and others)."""

    reason: str


@dataclass(frozen=True)
class ToolCall:
    """The model asks for a tool by its name. No request offers one."""

    name: str


@dataclass(frozen=True)
class UsageReport:
    """The tokens that the request and its answer took."""

    usage: Usage


@dataclass(frozen=True)
class RetryWait:
    """A request failed and is tried again after a while, in seconds; `attempt` counts from 1, of `most` retries."""

    why: str
    seconds: float
    attempt: int
    most: int


@dataclass(frozen=True)
class RateWait:
    """The service grants no more requests this minute: so many seconds are left until the next one is sent."""

    seconds: float


Event = Text | Reasoning | ModelName | FinishReason | ToolCall | UsageReport | RetryWait | RateWait
