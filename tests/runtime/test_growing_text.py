"""A text that arrives in pieces: it equals their sum, and is stored only once."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from qwen_runtime.wire.growing_text import GrowingText


@given(st.lists(st.text(min_size=1, max_size=5) | st.none(), max_size=60))
def test_the_text_is_the_sum_of_its_pieces(pieces: list[str | None]) -> None:
    """None means that the text is read at this point."""
    growing, expected = GrowingText(), ""
    for piece in pieces:
        if piece is None:
            assert growing.text == expected
        else:
            growing.add(piece)
            expected += piece
    assert (growing.text, bool(growing)) == (expected, bool(expected))


def test_the_text_is_stored_once() -> None:
    """A list of pieces that is joined at the end takes more than twice the memory."""
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
