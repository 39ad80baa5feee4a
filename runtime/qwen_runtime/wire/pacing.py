"""Waiting until the service takes another request: it grants so many a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .events import RateWait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event as Flag

    from .quota import RequestLog

# How often the time that is left is told, in seconds.
_TOLD_EVERY = 1.0


def room(requests: RequestLog | None, cancelled: Flag) -> Iterator[RateWait]:
    """Yield how long there is still to wait until there is room for a request, and note it."""
    while requests is not None and not cancelled.is_set():
        seconds = requests.take().wait_seconds
        if not seconds:
            return
        yield RateWait(seconds)
        cancelled.wait(min(seconds, _TOLD_EVERY))
