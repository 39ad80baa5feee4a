"""Measures a ratio: runs A and B in turn, many times, and compares their medians."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


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
        """Return the subject's time in units of the baseline's median."""
        self.subject(), self.baseline()
        pairs = [(self._seconds(self.subject), self._seconds(self.baseline)) for _ in range(self.rounds)]
        unit = statistics.median(b for _, b in pairs)
        low, median, high = statistics.quantiles((a / unit for a, _ in pairs), n=4)
        return Ratio(median, low, high)

    def _seconds(self, work: Callable[[], object]) -> float:
        start = self.clock()
        work()
        return self.clock() - start
