"""An iterator in its own thread: it does not run far ahead of who reads it."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

from qwen_runtime.wire.background import Background

if TYPE_CHECKING:
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


def test_a_signal_whose_handler_outlasts_the_time_limit_does_not_block_the_reader() -> None:
    """`SimpleQueue.get` waits for ever then."""
    heard: list[int] = []

    def note(number: int, _: object) -> None:
        heard.append(number)
        time.sleep(0.2)

    may_end = threading.Event()
    background = Background(lambda _: iter([may_end.wait(_SECONDS)]))
    before = signal.signal(signal.SIGALRM, note)
    # If the reader is blocked, the second item comes only at the end of this limit.
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        items = background.poll(0.1)
        assert [next(items), next(items)] == [None, None]
        assert heard == [signal.SIGALRM]
        may_end.set()
        assert [item for item in items if item is not None] == [True]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_items_that_come_while_the_reader_waits_are_read_once_each() -> None:
    def make(_: threading.Event) -> Iterator[int]:
        for number in range(300):
            if number % 3 == 0:
                time.sleep(0.001)
            yield number

    for limit in (None, 0.0, 0.0005, 10.0):
        assert [item for item in Background(make).poll(limit) if item is not None] == list(range(300))


def test_one_that_waits_for_its_reader_ends_when_it_is_cancelled() -> None:
    made: list[int] = []
    background = Background(count_to(made))
    assert until(lambda: len(made) >= 1_000)
    background.cancelled.set()
    assert until(lambda: not background._thread.is_alive())
    assert len(made) < 5_000
