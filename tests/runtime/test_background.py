"""An iterator in its own thread: it does not run far ahead of who reads it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qwen_runtime.wire.background import Background

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

_SECONDS = 10.0
_ITEMS = 20_000


def until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + _SECONDS
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def count_to(made: list[int]) -> Callable[[threading.Event], Iterator[int]]:
    def make(_: threading.Event) -> Iterator[int]:
        for number in range(_ITEMS):
            made.append(number)
            yield number

    return make


def test_unread_items_are_not_produced() -> None:
    made: list[int] = []
    background = Background(count_to(made))
    assert until(lambda: len(made) >= 1_000)
    time.sleep(0.3)
    assert len(made) < 5_000
    assert list(background) == list(range(_ITEMS))


def test_one_that_waits_for_its_reader_ends_when_it_is_cancelled() -> None:
    made: list[int] = []
    background = Background(count_to(made))
    assert until(lambda: len(made) >= 1_000)
    background.cancelled.set()
    assert until(lambda: not background._thread.is_alive())
    assert len(made) < 5_000
