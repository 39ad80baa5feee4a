"""Takes from an iterator that another thread runs, so that Ctrl-C is heard at once.

A name lookup and a TLS handshake do not give way to a signal; the thread that waits for this queue does.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class _End:
    """The iterator has come to its end."""


class Background(Generic[T]):
    """An iterator in a thread of its own, which no exit of the program waits for."""

    def __init__(self, make: Callable[[threading.Event], Iterator[T]]) -> None:
        self.cancelled = threading.Event()
        self._queue: SimpleQueue[T | _End | BaseException] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(make,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Yield everything, waiting as long as it takes."""
        return (item for item in self.poll(None) if item is not None)

    def poll(self, seconds: float | None) -> Iterator[T | None]:
        """Yield what comes, and None whenever nothing came for some seconds; raise what the iterator raises."""
        while True:
            try:
                item = self._queue.get(timeout=seconds)
            except Empty:
                yield None
                continue
            if isinstance(item, _End):
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self, make: Callable[[threading.Event], Iterator[T]]) -> None:
        try:
            for item in make(self.cancelled):
                if self.cancelled.is_set():
                    return
                self._queue.put(item)
            self._queue.put(_End())
        except BaseException as error:
            self._queue.put(error)
