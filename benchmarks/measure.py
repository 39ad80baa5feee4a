"""How a ratio is measured: A and B in turn, many times, and the medians of both."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Measurement:
    """Two things that take time, how often they are compared, and the clock that says how much they take."""

    title: str
    subject: Callable[[], object]
    baseline: Callable[[], object]
    rounds: int = 15
    clock: Callable[[], float] = time.perf_counter

    def ratio(self) -> float:
        """Return the subject's median time in units of the baseline's."""
        self.subject(), self.baseline()
        pairs = [(self._seconds(self.subject), self._seconds(self.baseline)) for _ in range(self.rounds)]
        return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)

    def _seconds(self, work: Callable[[], object]) -> float:
        start = self.clock()
        work()
        return self.clock() - start
