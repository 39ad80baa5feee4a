"""The time to read a text with many repetitions.

The bytes of an input are a beginning, a part to repeat, and an end, with a NUL between them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CHARACTERS = 100_000
# Reading in less than this time, in seconds of CPU, is always fast enough.
_FAST = 1.0
# The limit of the ratio of times for four times the text: 4 is linear, 16 quadratic.
_MOST = 9.0


def require_linear(readers: Mapping[str, Callable[[str], object]], data: bytes) -> None:
    """Raise an error if one of the readers takes more than linear time; the readers themselves raise no error."""
    beginning, repeated, end = (*data.decode("utf-8", "replace").split("\0", 2), "", "")[:3]
    count = _CHARACTERS // max(len(repeated), 1)
    for name, read in readers.items():
        whole = _seconds(read, beginning + repeated * count + end)
        if whole > _FAST:
            quarter = min(_seconds(read, beginning + repeated * (count // 4) + end) for _ in range(2))
            assert whole <= _MOST * quarter, f"{name}: {whole:.2f} s, and {quarter:.2f} s for a quarter"


def _seconds(read: Callable[[str], object], text: str) -> float:
    before = time.process_time()
    read(text)
    return time.process_time() - before
