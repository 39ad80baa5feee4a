"""A text that comes in pieces: it is all of them, and is held once."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from qwen_runtime.wire.growing_text import GrowingText


@given(st.lists(st.text(min_size=1, max_size=5) | st.none(), max_size=60))
def test_it_is_all_that_was_added(pieces: list[str | None]) -> None:
    """None stands for a look at it."""
    growing, expected = GrowingText(), ""
    for piece in pieces:
        if piece is None:
            assert growing.text == expected
        else:
            growing.add(piece)
            expected += piece
    assert (growing.text, bool(growing)) == (expected, bool(expected))


def test_it_is_held_once() -> None:
    """Pieces that stay, and are put together at the end, take more than twice as much."""
    growing = GrowingText()
    tracemalloc.start()
    try:
        for number in range(100_000):
            growing.add(f"{number:050}")
        size = len(growing.text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 5_000_000
    assert most < 1.5 * size
