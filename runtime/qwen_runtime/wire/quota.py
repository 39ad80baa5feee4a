"""Counts one user's requests under Qwen OAuth, in all processes, against the documented limits.

Source: Qwen Code's documentation, 2025: 60 requests a minute and 2,000 a day. The service lowered the daily limit in
2026 and closed the free tier on 2026-04-15, so the daily limit is shown, never enforced. When the service's day begins
is not documented: midnight UTC+8 (China Standard Time) is assumed.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from qwen_schema.bounded import Unreadable, require_kind
from qwen_schema.folders import any_link
from qwen_schema.records import record, replace
from qwen_schema.save import open_lock

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PER_MINUTE = 60
PER_DAY = 2000
# The part of the daily limit from which a notice is shown.
NEAR = 0.9
# Time services set a clock back by less than this, in seconds; after a larger change the counts are outdated.
SET_BACK = 5.0
# The longest wait for the lock, in seconds: counting must not delay requests.
LOCK_SECONDS = 2.0

FORMAT = 1

_NAME = "requests.json"
_LARGEST_BYTES = 16 * 1024
_LARGEST_COUNT = 1_000_000
_POLL_SECONDS = 0.01
_MINUTE = 60.0
_CHINA = timezone(timedelta(hours=8))


@record
class Counts:
    """The number of requests, and the wait of the next request in seconds (0 if it may be sent at once)."""

    last_minute: int
    today: int
    wait_seconds: float


@record
class RequestTimes:
    """The counted requests: their number on a day, and the times of the last ones (in seconds since 1970)."""

    day: date = date.min
    today: int = 0
    times: tuple[float, ...] = ()


def day_of(now: datetime) -> date:
    """Return the day of an aware time in UTC+8."""
    return now.astimezone(_CHINA).date()


def as_of(noted: RequestTimes, now: float) -> RequestTimes:
    """Return the entries that are valid at a time: this day and the last 60 seconds; none if the clock was set back."""
    latest = max((now, *noted.times))
    day = day_of(datetime.fromtimestamp(latest if latest <= now + SET_BACK else now, UTC))
    if latest > now + SET_BACK or noted.day > day:
        return RequestTimes(day)
    times = tuple(moment for moment in noted.times if moment + _MINUTE > now)
    return RequestTimes(day, noted.today if noted.day == day else 0, times)


def counts_of(noted: RequestTimes, now: float) -> Counts:
    """Return the counts at a time, in seconds since 1970.

    The next request waits until there are fewer than PER_MINUTE in the last 60 seconds.
    """
    current = as_of(noted, now)
    is_full = len(current.times) >= PER_MINUTE
    wait = sorted(current.times)[-PER_MINUTE] + _MINUTE - now if is_full else 0.0
    return Counts(len(current.times), current.today, wait)


def one_more(noted: RequestTimes, now: float) -> RequestTimes:
    """Return the entries after one more request, whose time is never before the previous one."""
    current = as_of(noted, now)
    return replace(current, today=current.today + 1, times=(*current.times, max((now, *current.times))))


def remark(counts: Counts) -> str:
    """Return the notice about the day's count; an empty text if there is none."""
    if counts.today > PER_DAY:
        return (
            f"{counts.today:,} requests were made today, and Qwen Code's documentation allows {PER_DAY:,}: the service "
            "may refuse more until its next day (counted here; the day is assumed to begin at midnight UTC+8)"
        )
    if counts.today >= NEAR * PER_DAY:
        return (
            f"{counts.today:,} of the {PER_DAY:,} requests that Qwen Code's documentation allows per day are used "
            "(counted here; the service's day is assumed to begin at midnight UTC+8)"
        )
    return ""


def rows(counts: Counts) -> list[tuple[str, str]]:
    """Return the counts for display: names and values."""
    return [
        ("requests in the last minute", f"{counts.last_minute:,} of {PER_MINUTE:,}"),
        ("requests today", f"{counts.today:,} of {PER_DAY:,} (since 00:00 UTC+8)"),
    ]


class RequestLog:
    """The requests of one user, in a file of the state directory; without the file, the requests of this process.

    An invalid file is replaced. `notices` are messages for the user. Times are in seconds since 1970, the
    clock's time by default.
    """

    def __init__(self, directory: Path | None) -> None:
        self._file = None if directory is None else directory / _NAME
        self._own = RequestTimes()
        self._one_thread = threading.Lock()
        self.notices: list[str] = []

    def take(self, now: float | None = None) -> Counts:
        """Count a request if the limit per minute allows it; else return the wait before the next call."""
        with self._one_thread, _locked(self._file, writes=True) as descriptor:
            # The clock is read under the lock, so that no other process has counted a later time.
            moment = time.time() if now is None else now
            noted = self._read(descriptor)
            if counts_of(noted, moment).wait_seconds > 0:
                return counts_of(noted, moment)
            self._own = one_more(noted, moment)
            if descriptor is None or not _write(descriptor, self._own):
                # From now on this process counts only its own requests.
                self._file = None
            return replace(counts_of(self._own, moment), wait_seconds=0.0)

    def counts(self, now: float | None = None) -> Counts:
        """Return the counts without counting a request."""
        with self._one_thread, _locked(self._file, writes=False) as descriptor:
            return counts_of(self._read(descriptor), time.time() if now is None else now)

    def _read(self, descriptor: int | None) -> RequestTimes:
        if descriptor is None:
            return self._own
        with suppress(OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return _parse(os.pread(descriptor, _LARGEST_BYTES + 1, 0))
        self.notices = [f"the count of requests starts again, because {self._file} was invalid"]
        return RequestTimes()


@contextmanager
def _locked(file: Path | None, *, writes: bool) -> Iterator[int | None]:
    """Hold a file open, locked if the lock is free soon; None if no file can be used."""
    descriptor = None if file is None else _open(file, writes=writes)
    try:
        until = time.monotonic() + LOCK_SECONDS
        while descriptor is not None and fcntl is not None and time.monotonic() < until:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_POLL_SECONDS)
            except OSError:
                break
            else:
                break
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _open(file: Path, *, writes: bool) -> int | None:
    unfollowed = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with suppress(OSError, Unreadable), ExitStack() as undo:
        descriptor = open_lock(file, any_link) if writes else os.open(file, os.O_RDONLY | unfollowed)
        undo.callback(os.close, descriptor)
        status = os.fstat(descriptor)
        require_kind(status)
        # The times in another user's file could make this user wait.
        if os.name != "posix" or status.st_uid in (0, os.geteuid()):
            undo.pop_all()
            return descriptor
    return None


def _parse(text: bytes) -> RequestTimes:
    """Return the entries of a file; raise an error if the file has another form."""
    document = json.loads(text or b"{}")
    if document == {}:
        return RequestTimes()
    day, today, times = (document[name] for name in ("day", "today", "times"))
    is_sound = len(text) <= _LARGEST_BYTES and document["format"] == FORMAT and isinstance(times, list)
    are_numbers = all(type(number) in (int, float) and math.isfinite(number) for number in times)
    if not is_sound or not are_numbers or type(today) is not int or not 0 <= today <= _LARGEST_COUNT:
        raise ValueError("it has another form")
    return RequestTimes(date.fromisoformat(day), today, tuple(map(float, times)))


def _write(descriptor: int, noted: RequestTimes) -> bool:
    document = {"format": FORMAT, "day": noted.day.isoformat(), "today": noted.today, "times": noted.times}
    try:
        os.ftruncate(descriptor, os.pwrite(descriptor, f"{json.dumps(document)}\n".encode(), 0))
        os.fchmod(descriptor, 0o600)
    except OSError:
        return False
    return True
