"""Retries: which failures are retried, how often, and after which delay."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prompts import ask, session
from support.provider import Reply, refusal, streamed_reply

from qwen_runtime.wire.events import RetryWait
from qwen_runtime.wire.retries import FIRST_DELAY, LONGEST_DELAY, LONGEST_GRANTED, delay, is_retried, requested_delay
from qwen_schema import QuotaError, QwenCfgError, RateLimitError, UnreachableError

if TYPE_CHECKING:
    from support.provider import Provider

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


# The rules, as pure functions.


@given(st.integers(100, 599))
def test_which_answers_are_retried(status: int) -> None:
    expected = status in (408, 409, 429) or status >= 500
    assert is_retried(status, {}) is expected
    assert is_retried(status, {"x-should-retry": "true"})
    assert not is_retried(status, {"x-should-retry": "false"})
    assert is_retried(status, {"x-should-retry": "maybe"}) is expected


@given(st.integers(0, 100), st.floats(0, 1))
def test_the_delay_doubles_with_at_most_a_quarter_of_jitter(attempt: int, draw: float) -> None:
    seconds = delay(attempt, None, lambda: draw)
    assert seconds is not None
    longest = min(FIRST_DELAY * 2**attempt, LONGEST_DELAY)
    assert longest * 0.75 <= seconds <= longest


@given(st.floats(0, 1e9))
def test_retry_after_is_followed_up_to_a_limit(seconds: float) -> None:
    assert delay(3, seconds) == (seconds if seconds <= LONGEST_GRANTED else None)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "0"}, 0),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=20), usegmt=True)}, 20),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=20), usegmt=True)}, 0),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 -0000"}, 30),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 +99999999999999"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_reading_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert requested_delay(headers, NOW) == seconds


# On the wire.


@pytest.mark.parametrize(
    "failure",
    [
        refusal(429, "Rate limit reached", "rate_limit_exceeded", retry_after_ms="20"),
        refusal(503, "overloaded", retry_after="0.02"),
        refusal(500, "internal", retry_after="0"),
        refusal(408, "took too long", retry_after_ms="1"),
        refusal(409, "conflict", retry_after_ms="1"),
        refusal(418, "odd", x_should_retry="true", retry_after_ms="1"),
        Reply([b"<html>Bad gateway</html>"], 502, "text/html", {"retry-after-ms": "1"}),
        Reply(drop=True),
    ],
)
def test_a_retried_request_is_answered(server: Provider, failure: Reply) -> None:
    server.replies[:] = [failure, failure, streamed_reply("at last")]
    happened, answer = ask(session(f"{server.url}/v1", max_retries=2))
    assert answer.text == "at last"
    waits = [event for event in happened if isinstance(event, RetryWait)]
    assert [(wait.attempt, wait.most) for wait in waits] == [(1, 2), (2, 2)]
    first, *others = server.take_requests()
    assert others == [first, first]


def test_the_wait_is_that_of_retry_after(server: Provider) -> None:
    server.replies[:] = [refusal(429, "slow down", retry_after="0.4"), streamed_reply("yes")]
    started = time.monotonic()
    happened, _ = ask(session(f"{server.url}/v1", max_retries=1))
    assert time.monotonic() - started >= 0.4
    assert next(e.seconds for e in happened if isinstance(e, RetryWait)) == 0.4


@pytest.mark.parametrize("most", [0, 1, 2])
def test_retries_end_after_the_configured_number(server: Provider, most: int) -> None:
    server.replies[:] = [refusal(429, "slow down", retry_after_ms="1")] * 5
    with pytest.raises(RateLimitError, match="slow down"):
        ask(session(f"{server.url}/v1", max_retries=most))
    assert len(server.take_requests()) == most + 1


@pytest.mark.parametrize(
    "failure",
    [
        refusal(400, "no"),
        refusal(401, "no"),
        refusal(403, "no"),
        refusal(404, "no"),
        refusal(422, "no"),
        refusal(503, "no", x_should_retry="false"),
        refusal(429, "You exceeded your current quota, please check your plan", "insufficient_quota"),
        refusal(429, "no", retry_after="3600"),
        Reply(status=307, headers={"location": "/v2/chat/completions"}),
    ],
)
def test_an_error_that_a_retry_cannot_fix_is_not_retried(server: Provider, failure: Reply) -> None:
    server.replies[:] = [failure] * 3
    with pytest.raises(QwenCfgError):
        ask(session(f"{server.url}/v1", max_retries=3))
    assert len([request for request in server.take_requests() if request.method == "POST"]) == 1


def test_a_too_long_wait_is_an_error(server: Provider) -> None:
    server.replies[:] = [refusal(429, "slow down", retry_after="3600")]
    with pytest.raises(RateLimitError) as raised:
        ask(session(f"{server.url}/v1", max_retries=3))
    assert "3600 s" in raised.value.hint


def test_a_used_up_quota_is_distinguished_from_throttling(server: Provider) -> None:
    server.replies[:] = [refusal(429, "You exceeded your current quota", "insufficient_quota")]
    with pytest.raises(QuotaError, match="used up"):
        ask(session(f"{server.url}/v1"))


def test_a_time_out_is_retried_and_reported(server: Provider) -> None:
    server.replies[:] = [Reply(wait=20), Reply(wait=20)]
    with pytest.raises(UnreachableError, match=r"took too long to answer after 0\.\d s") as raised:
        ask(session(f"{server.url}/v1", max_retries=1, timeout=0.2))
    assert "0.2 s (timeout from --timeout)" in raised.value.hint
    assert len(server.take_requests()) == 2


def test_a_wait_can_be_stopped(server: Provider) -> None:
    server.replies[:] = [refusal(429, "slow down", retry_after="50")]
    started = time.monotonic()
    with session(f"{server.url}/v1", max_retries=3).exchange("ping") as exchange:
        next(itertools.dropwhile(lambda event: not isinstance(event, RetryWait), exchange.events()))
    assert time.monotonic() - started < 20
    assert len(server.take_requests()) == 1
