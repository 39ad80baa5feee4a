"""Target: how long it takes to read an env file, in either dialect, in which something comes again and again.

The bytes are a beginning, what is repeated, and an end, with a NUL between them.
"""

from __future__ import annotations

import time

from qwen_schema.envfile import DIALECTS, Dialect, reader_of

_CHARACTERS = 100_000
# A reading that takes less time than this, in seconds of this process, is fast enough whatever it depends on.
_FAST = 1.0
# Four times the text may take so many times as long: it is 4 where the time is linear, 16 where it is quadratic.
_MOST = 9.0


def check(data: bytes) -> None:
    """Raise if reading takes more than linear time."""
    beginning, repeated, end = (*data.decode("utf-8", "replace").split("\0", 2), "", "")[:3]
    count = _CHARACTERS // max(len(repeated), 1)
    for dialect in DIALECTS:
        whole = _seconds(dialect, beginning + repeated * count + end)
        if whole > _FAST:
            quarter = min(_seconds(dialect, beginning + repeated * (count // 4) + end) for _ in range(2))
            assert whole <= _MOST * quarter, f"{dialect}: {whole:.2f} s, and {quarter:.2f} s for a quarter"


def _seconds(dialect: Dialect, text: str) -> float:
    read = reader_of(dialect)
    before = time.process_time()
    read(text)
    return time.process_time() - before
