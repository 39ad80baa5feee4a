"""Waits until the service's limit per minute allows another request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .events import RateWait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event as Flag

    from .quota import RequestLog

# The interval between reports of the remaining time, in seconds.
_REPORT_SECONDS = 1.0


def wait_for_room(requests: RequestLog | None, cancelled: Flag) -> Iterator[RateWait]:
    """Yield the remaining wait until the limit allows a request, then count the request."""
    while requests is not None and not cancelled.is_set():
        seconds = requests.take().wait_seconds
        if not seconds:
            return
        yield RateWait(seconds)
        cancelled.wait(min(seconds, _REPORT_SECONDS))
