"""Whether and when a failed request is retried, as in the OpenAI SDKs.

Source: openai-python, `_base_client.py` (`_should_retry`, `_calculate_retry_timeout`), and RFC 9110 §10.2.3 for
`Retry-After`.
"""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0
# The longest wait that a server may request, in seconds. There is no retry before the time that it requested.
LONGEST_GRANTED = 60.0

_RETRIED = (408, 409, 429)


def is_retried(status: int, headers: Mapping[str, str]) -> bool:
    """Return whether a retry may change an answer with this status. `headers` have names in lower case."""
    asked = headers.get("x-should-retry")
    if asked in ("true", "false"):
        return asked == "true"
    return status in _RETRIED or status >= 500


def requested_delay(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the wait that the server requests, in seconds; None without a valid request."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    return seconds if seconds is not None else _until(text, now or datetime.now(UTC))


def delay(attempt: int, asked: float | None, draw: Callable[[], float] = random.random) -> float | None:
    """Return the seconds before a retry (`attempt` counts from 0), or None if the server requests too long a wait.

    Without a request of the server the delay doubles each time, minus a random part of up to a quarter.
    """
    if asked is not None:
        return asked if asked <= LONGEST_GRANTED else None
    return min(FIRST_DELAY * 2.0**attempt, LONGEST_DELAY) * (1 - draw() / 4)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str | None, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())
