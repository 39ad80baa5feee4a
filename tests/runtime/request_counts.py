"""Times of requests, and the file that counts them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from qwen_runtime.wire.quota import (
        RequestLog,
    )

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 21, 16, tzinfo=UTC).timestamp()
NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC).timestamp()
TODAY = "2026-11-21"

# Eighths of a second are exact in binary, so the edges of a minute are exact too.
eighths = st.integers(0, 8 * 70).map(lambda number: number / 8)
gaps = st.one_of(eighths, st.sampled_from([0, 1 / 8, 59.875, 60, 60.125, 3600, 86400]))
bursts = st.lists(st.tuples(gaps, st.integers(1, 70)), min_size=1, max_size=12)
starts = st.sampled_from([NOW, MIDNIGHT - 60, MIDNIGHT - 1, MIDNIGHT, NEW_YEAR - 60])


def times_of(start: float, bursts: list[tuple[float, int]]) -> Iterator[float]:
    """Yield the time of each request: after each gap, several at once."""
    for gap, number in bursts:
        start += gap
        yield from [start] * number


def chinese_day(moment: float) -> int:
    """Return the number of the day in UTC+8, computed in another way than in the code."""
    return int((moment + 8 * 3600) // 86400)


def take_all(log: Callable[[], RequestLog], times: Iterator[float]) -> None:
    """Request one after the other, and compare each answer with the list of granted requests."""
    granted: list[float] = []
    for now in times:
        counts = log().take(now)
        recent = [moment for moment in granted if moment > now - 60]
        if len(recent) < 60:
            granted.append(now)
            recent.append(now)
            assert counts.wait_seconds == 0
        else:
            assert counts.wait_seconds == recent[-60] + 60 - now > 0
        assert counts.last_minute == len(recent)
        assert counts.today == sum(chinese_day(moment) == chinese_day(now) for moment in granted)
    assert all(later - first >= 60 for first, later in zip(granted, granted[60:], strict=False))


def write(directory: Path, document: object) -> Path:
    file = directory / "requests.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def read_counts(directory: Path) -> dict[str, Any]:
    document = json.loads((directory / "requests.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document
