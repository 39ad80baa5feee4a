"""Counting requests: the limits of a minute and a day, and the messages to the user."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_runtime.wire.quota import (
    NEAR,
    PER_DAY,
    PER_MINUTE,
    SET_BACK,
    Counts,
    RequestLog,
    RequestTimes,
    as_of,
    counts_of,
    day_of,
    one_more,
    remark,
    rows,
)

from .request_counts import MIDNIGHT, NOW, TODAY, bursts, chinese_day, gaps, starts, take_all, times_of, write

if TYPE_CHECKING:
    from pathlib import Path

# The rules, as pure functions and in the memory of one process.


@given(starts, bursts)
def test_no_minute_has_too_many_requests_and_each_day_is_counted(start: float, bursts: list[tuple[float, int]]) -> None:
    log = RequestLog(None)
    take_all(lambda: log, times_of(start, bursts))


@given(starts, st.lists(gaps, min_size=60, max_size=80))
def test_a_request_is_granted_after_the_wait_and_not_before(start: float, gaps: list[float]) -> None:
    log, now = RequestLog(None), start
    for gap in gaps:
        now += gap / 64
        wait = log.take(now).wait_seconds
        if wait:
            assert log.take(now + wait - 1 / 1024).wait_seconds == 1 / 1024
            now += wait
            assert log.take(now).wait_seconds == 0


@given(st.lists(st.floats(0, 2e9), max_size=100))
def test_times_in_any_order_are_accepted(times: list[float]) -> None:
    log = RequestLog(None)
    for now in times:
        counts = log.take(now)
        assert 1 <= counts.last_minute <= PER_MINUTE
        assert counts.today >= 1
        assert 0 <= counts.wait_seconds <= 60 + SET_BACK


@given(starts, st.integers(1, 59), st.floats(SET_BACK + 1, 1e8))
def test_a_clock_that_was_set_back_restarts_the_count(start: float, requests: int, back: float) -> None:
    log = RequestLog(None)
    for _ in range(requests):
        log.take(start)
    assert log.counts(start - back) == Counts(0, 0, 0)
    assert log.take(start - back) == Counts(1, 1, 0)


@given(starts, st.integers(1, 59), st.floats(0, SET_BACK - 0.001))
def test_a_corrected_clock_loses_no_count(start: float, requests: int, back: float) -> None:
    log = RequestLog(None)
    for _ in range(requests):
        log.take(start)
    assert log.take(start - back) == Counts(requests + 1, requests + 1, 0)
    assert log.counts(start + 60.001).last_minute == 0


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, 999999, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 16, 0, 0, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 16, 0, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 11, 21, 23, 59, 59, tzinfo=timezone(timedelta(hours=8))), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 8, 0, 0, tzinfo=timezone(timedelta(hours=-8))), date(2026, 11, 22)),
    ],
)
def test_the_day_begins_at_midnight_in_china(now: datetime, day: date) -> None:
    assert day_of(now) == day


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_the_day_does_not_depend_on_the_local_time_zone(now: datetime) -> None:
    assert day_of(now).toordinal() == chinese_day(now.timestamp()) + date(1970, 1, 1).toordinal()
    assert day_of(now) == day_of(now.astimezone(timezone(timedelta(hours=-11))))


def test_a_new_day_keeps_the_count_of_the_minute(tmp_path: Path) -> None:
    log = RequestLog(tmp_path)
    for _ in range(PER_MINUTE):
        log.take(MIDNIGHT - 1)
    assert log.counts(MIDNIGHT - 1) == Counts(60, 60, 60)
    assert log.take(MIDNIGHT) == Counts(60, 0, 59)
    assert log.take(MIDNIGHT + 59) == Counts(1, 1, 0)


def test_the_pure_functions_on_examples() -> None:
    noted = RequestTimes(date(2026, 11, 21), 100, (NOW - 60, NOW - 59, NOW))
    assert as_of(noted, NOW) == replace(noted, times=(NOW - 59, NOW))
    assert counts_of(noted, NOW) == Counts(2, 100, 0)
    assert counts_of(noted, NOW + 86400) == Counts(0, 0, 0)
    assert one_more(noted, NOW + 0.5) == RequestTimes(noted.day, 101, (NOW - 59, NOW, NOW + 0.5))
    assert one_more(noted, NOW - 1).times[-1] == NOW
    assert as_of(RequestTimes(date(2026, 11, 22), 5), NOW) == RequestTimes(date(2026, 11, 21))


# Messages to the user.


@pytest.mark.parametrize("today", [0, 1, 1799])
def test_no_message_while_enough_requests_are_left(today: int) -> None:
    assert remark(Counts(60, today, 30)) == ""


@pytest.mark.parametrize("today", [1800, 1803, 1999, 2000])
def test_a_message_when_the_day_is_nearly_used_up(today: int) -> None:
    assert today >= NEAR * PER_DAY
    assert remark(Counts(1, today, 0)) == (
        f"{today:,} of the 2,000 requests that Qwen Code's documentation allows per day are used "
        "(counted here; the service's day is assumed to begin at midnight UTC+8)"
    )


@pytest.mark.parametrize("today", [2001, 12345])
def test_a_message_when_the_day_is_exceeded(today: int) -> None:
    text = remark(Counts(1, today, 0))
    assert text.startswith(f"{today:,} requests were made today, and Qwen Code's documentation allows 2,000")
    assert "UTC+8" in text


def test_the_rows_of_a_table() -> None:
    assert rows(Counts(3, 120, 0)) == [
        ("requests in the last minute", "3 of 60"),
        ("requests today", "120 of 2,000 (since 00:00 UTC+8)"),
    ]
    assert rows(Counts(60, 2345, 9))[1][1] == "2,345 of 2,000 (since 00:00 UTC+8)"


def test_requests_beyond_the_daily_limit_are_granted(tmp_path: Path) -> None:
    write(tmp_path, {"format": 1, "day": TODAY, "today": 2000, "times": []})
    assert RequestLog(tmp_path).take(NOW) == Counts(1, 2001, 0)
