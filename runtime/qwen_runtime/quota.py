"""Counts the requests that one user makes under Qwen OAuth, in all processes, against the numbers of the documents.

Source: the documents of Qwen Code, 2025: 60 requests a minute and 2,000 a day. The service lowered the day's number in
2026 and closed the free tier on 2026-04-15, so the day's number is told, never enforced. Where the service's day begins
is not documented: it is taken to begin at midnight UTC+8 (China Standard Time).
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from qwen_schema import OutputError
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.folders import anywhere
from qwen_schema.save import open_lock, save

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PER_MINUTE = 60
PER_DAY = 2000
# From so much of the day's number on, a person is told.
NEAR = 0.9
# Time services set a clock back by less than this, in seconds; after more, what was noted is of another time.
SET_BACK = 5.0
# How long the lock is waited for, in seconds: counting keeps nobody from asking.
LOCK_SECONDS = 2.0
FORMAT = 1

_NAME = "requests.json"
_LOCK_NAME = "requests.lock"
_LARGEST_BYTES = 16 * 1024
_LARGEST_COUNT = 1_000_000
_POLL_SECONDS = 0.01
_MINUTE = 60.0
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Counts:
    """How many requests were made, and how many seconds the next one has to wait (0 if it may go at once)."""

    last_minute: int
    today: int
    wait_seconds: float


@dataclass(frozen=True)
class Noted:
    """Requests that were noted: how many on a day, and the times of the last ones (in seconds since 1970)."""

    day: date = date.min
    today: int = 0
    times: tuple[float, ...] = ()


def day_of(now: datetime) -> date:
    """Return the day of a time (an aware one), as it is in UTC+8."""
    return now.astimezone(_CHINA).date()


def as_of(noted: Noted, now: float) -> Noted:
    """Return what still counts at a time: this day and the last 60 seconds; nothing if the clock was set back."""
    latest = max((now, *noted.times))
    if latest > now + SET_BACK or noted.day > _day_at(latest):
        return Noted(_day_at(now))
    day = _day_at(latest)
    times = tuple(moment for moment in noted.times if moment + _MINUTE > now)
    return Noted(day, noted.today if noted.day == day else 0, times)


def counted(noted: Noted, now: float) -> Counts:
    """Return the counts at a time, in seconds since 1970.

    The next request waits until the last 60 seconds hold less than PER_MINUTE.
    """
    current = as_of(noted, now)
    is_full = len(current.times) >= PER_MINUTE
    wait = sorted(current.times)[-PER_MINUTE] + _MINUTE - now if is_full else 0.0
    return Counts(len(current.times), current.today, wait)


def one_more(noted: Noted, now: float) -> Noted:
    """Return what is noted after one more request, which is never noted as earlier than the one before it."""
    current = as_of(noted, now)
    return replace(current, today=current.today + 1, times=(*current.times, max((now, *current.times))))


def together(one: Noted, other: Noted) -> Noted:
    """Return the sum of what was noted in two places, for the later of their days."""
    day = max(one.day, other.day)
    today = sum(noted.today for noted in (one, other) if noted.day == day)
    return Noted(day, today, one.times + other.times)


def remark(counts: Counts) -> str:
    """Return what a person should know about the day's count; empty where there is nothing to say."""
    if counts.today > PER_DAY:
        return (
            f"{counts.today:,} requests were made today, and the documents grant {PER_DAY:,}: the service may refuse "
            "more until its next day (counted here; that day is taken to begin at midnight UTC+8)"
        )
    if counts.today >= NEAR * PER_DAY:
        return (
            f"{counts.today:,} of the {PER_DAY:,} requests that the documents grant a day are used "
            "(counted here; the service's day is taken to begin at midnight UTC+8)"
        )
    return ""


def rows(counts: Counts) -> list[tuple[str, str]]:
    """Return what a person reads about the counts: names and values."""
    return [
        ("requests in the last minute", f"{counts.last_minute:,} of {PER_MINUTE:,}"),
        ("requests today", f"{counts.today:,} of {PER_DAY:,} (since 00:00 UTC+8)"),
    ]


class RequestLog:
    """The requests of one user, in the state directory; without one, and where it fails, those of this process.

    No method fails for a file that is broken, in the way, or not writable: the count then starts anew.
    """

    def __init__(self, directory: Path | None) -> None:
        self._file = None if directory is None else directory / _NAME
        self._unwritten = Noted()
        self._one_thread = threading.Lock()

    def take(self, now: float | None = None) -> Counts:
        """Note a request if there is room for it in the minute.

        Args:
            now: the time in seconds since 1970; the clock's if None.

        Returns:
            The counts with the request, and a wait of 0; or, if it was not noted, the wait after which to call again.
        """
        with self._one_thread, _alone(self._file):
            # The clock is read under the lock, so that no other process has noted a later time.
            moment = time.time() if now is None else now
            noted = self._noted(moment)
            counts = counted(noted, moment)
            if counts.wait_seconds > 0:
                return counts
            more = one_more(noted, moment)
            self._unwritten = Noted() if _write(self._file, more) else one_more(self._unwritten, moment)
            return replace(counted(more, moment), wait_seconds=0.0)

    def counts(self, now: float | None = None) -> Counts:
        """Return the counts, and note nothing. `now` is in seconds since 1970; the clock's time if None."""
        moment = time.time() if now is None else now
        return counted(self._noted(moment), moment)

    def _noted(self, now: float) -> Noted:
        return together(as_of(_read(self._file), now), as_of(self._unwritten, now))


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    """Let no other process note a request meanwhile, if that can be had soon."""
    descriptor = None if file is None else _lock_file(file)
    try:
        if descriptor is not None:
            _wait_for(descriptor)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lock_file(file: Path) -> int | None:
    """Return a descriptor of the file to lock, or None where there can be none."""
    try:
        return open_lock(file.with_name(_LOCK_NAME), anywhere)
    except OSError:
        return None


def _wait_for(descriptor: int) -> None:
    """Take the lock; go on without it if that takes too long, or if there are no locks here."""
    if fcntl is None:
        return
    for _ in range(round(LOCK_SECONDS / _POLL_SECONDS)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_POLL_SECONDS)
        except OSError:
            return
        else:
            return


def _read(file: Path | None) -> Noted:
    """Return what a file holds; nothing if it is not what was written there."""
    if file is None:
        return Noted()
    try:
        return _parsed(read_file(file, most=_LARGEST_BYTES, require=_require_ours).decode())
    except (OSError, Unreadable, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return Noted()


def _require_ours(status: os.stat_result) -> None:
    """Refuse a file of another user: the times in it can make this one wait."""
    if os.name == "posix" and status.st_uid not in (0, os.geteuid()):
        raise ValueError("it is another user's")


def _parsed(text: str) -> Noted:
    document = json.loads(text)
    day, today, times = (document[name] for name in ("day", "today", "times"))
    if document["format"] != FORMAT or not isinstance(times, list) or not all(map(_is_number, (today, *times))):
        raise ValueError("it has another form")
    moments = tuple(map(float, times))
    if not isinstance(today, int) or not 0 <= today <= _LARGEST_COUNT or not all(map(math.isfinite, moments)):
        raise ValueError("nobody makes so many requests")
    return Noted(date.fromisoformat(day), today, moments)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _write(file: Path | None, noted: Noted) -> bool:
    """Put a file in place, and tell whether that went well."""
    if file is None:
        return False
    document = {"format": FORMAT, "day": noted.day.isoformat(), "today": noted.today, "times": noted.times}
    try:
        save(file, json.dumps(document) + "\n", may_follow=anywhere, private=True, follow_last=False)
    except OutputError:
        return False
    return True


def _day_at(now: float) -> date:
    return day_of(datetime.fromtimestamp(now, UTC))
