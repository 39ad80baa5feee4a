"""Reads an iterator that runs in another thread, so that Ctrl-C works at once.

A signal cannot interrupt a name lookup or a TLS handshake, but it interrupts the thread that waits for this queue.

That thread waits for a lock, and not in the queue: in Python 3.11 and 3.12, `SimpleQueue.get` with a time limit waits
for ever if the handler of a signal returns after the limit, which a short handler does on a busy machine.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


# An answer that comes faster than it is written waits in the connection, and not in memory, from so many pieces on.
_MOST_WAITING = 2_000
_LOOK_EVERY = 0.005


class _End:
    """The end of the iterator."""


class Background(Generic[T]):
    """An iterator in its own thread, which does not delay the exit of the program. It has one reader at a time."""

    def __init__(self, make: Callable[[threading.Event], Iterator[T]]) -> None:
        self.cancelled = threading.Event()
        self._queue: SimpleQueue[T | _End | BaseException] = SimpleQueue()
        # Unlocked when something has come since the reader last waited for it.
        self._has_come = threading.Lock()
        self._has_come.acquire()
        self._thread = threading.Thread(target=self._run, args=(make,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Yield all items, and wait for each without a limit."""
        return (item for item in self.poll(None) if item is not None)

    @property
    def has_more(self) -> bool:
        """Whether something has come that was not yielded yet."""
        return not self._queue.empty()

    def poll(self, seconds: float | None) -> Iterator[T | None]:
        """Yield the items, and None after each `seconds` without an item; raise the iterator's errors."""
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                if not self._has_come.acquire(timeout=-1 if seconds is None else seconds):
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
                self._put(item)
                while self._queue.qsize() >= _MOST_WAITING and not self.cancelled.wait(_LOOK_EVERY):
                    pass
            self._put(_End())
        except BaseException as error:
            self._put(error)

    def _put(self, item: T | _End | BaseException) -> None:
        self._queue.put(item)
        # Only this thread unlocks it.
        if self._has_come.locked():
            self._has_come.release()
