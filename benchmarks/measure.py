"""Measures a ratio: runs A and B in turn, many times, and compares their medians."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Ratio:
    """The median of A in units of B's, and between which values the middle half of A lies."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Measurement:
    """Two functions to compare, the number of runs, and the clock."""

    title: str
    subject: Callable[[], object]
    baseline: Callable[[], object]
    rounds: int = 15
    clock: Callable[[], float] = time.process_time
    goal: str = ""

    def ratio(self) -> Ratio:
        """Return the subject's time on the clock, in units of the baseline's median."""
        return self.ratios()[0]

    def ratios(self) -> tuple[Ratio, Ratio]:
        """Return the ratio of the times on the clock, and that of the elapsed times of the same runs."""
        self.subject(), self.baseline()
        runs = [(self._times(self.subject), self._times(self.baseline)) for _ in range(self.rounds)]
        by_clock, elapsed = (ratio_of([a[n] for a, _ in runs], [b[n] for _, b in runs]) for n in (0, 1))
        return by_clock, elapsed

    def _times(self, work: Callable[[], object]) -> tuple[float, float]:
        start, began = self.clock(), time.perf_counter()
        work()
        return self.clock() - start, time.perf_counter() - began


def ratio_of(subject: Sequence[float], baseline: Sequence[float]) -> Ratio:
    """Return the median and the middle half of times, in units of the median of others."""
    unit = statistics.median(baseline)
    low, median, high = statistics.quantiles((seconds / unit for seconds in subject), n=4)
    return Ratio(median, low, high)
