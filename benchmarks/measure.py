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
    """Two things that take time, and how often they are compared."""

    title: str
    subject: Callable[[], object]
    baseline: Callable[[], object]
    rounds: int = 15

    def ratio(self) -> float:
        """Return the subject's median time in units of the baseline's."""
        self.subject(), self.baseline()
        pairs = [(_seconds(self.subject), _seconds(self.baseline)) for _ in range(self.rounds)]
        return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
