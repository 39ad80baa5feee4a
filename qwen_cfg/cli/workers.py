"""Many pieces of work of one kind, shared among the cores of the machine where that saves time."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from qwen_schema.ending import ENDING
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# So many seconds one process works alone: less than that is not worth another one.
_ALONE_SECONDS = 0.2
_MOST_PROCESSES = 8
_PIECE = 1 << 16


@record
class Work(Generic[T]):
    """Pieces of work, by number: how one is done, how its result becomes JSON and comes back, and what a lost one is.

    `shown` is called with how many are done.
    """

    do: Callable[[int], T]
    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]
    lost: Callable[[int], T]
    shown: Callable[[int], None]

    def all(self, total: int, *, alone: bool = False) -> list[T]:
        """Return the results of so many pieces, in their order; with `alone`, this process does them all."""
        results: dict[int, T] = {}
        until = time.monotonic() + _ALONE_SECONDS
        processes = 1 if alone else _processes()
        while len(results) < total and (processes == 1 or time.monotonic() < until):
            results[len(results)] = self.do(len(results))
            self.shown(len(results))
        if len(results) < total:
            _Crew(self, results).work(range(len(results), total), processes)
        return [results[number] if number in results else self.lost(number) for number in range(total)]


def _processes() -> int:
    """Return how many processes can work at once."""
    if not hasattr(os, "fork"):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_PROCESSES)


class _Crew(Generic[T]):
    """Forks of this process, which has everything loaded; each does its share and writes a line of JSON for each piece.

    They hold nothing that has to be given back, and are killed where this process ends early.
    """

    def __init__(self, work: Work[T], results: dict[int, T]) -> None:
        self._work, self._results = work, results
        self._pids: dict[int, int] = {}

    def work(self, numbers: Sequence[int], processes: int) -> None:
        """Let processes do pieces of work, until each is done or its process is gone."""
        try:
            for share in (numbers[start::processes] for start in range(processes)):
                if share:
                    self._start(share)
            self._read()
        finally:
            for descriptor, pid in self._pids.items():
                os.close(descriptor)
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)

    def _start(self, share: Sequence[int]) -> None:
        read, write = os.pipe()
        # Where a signal came between the fork and the next lines, the fork would go on as if it were this process.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            pid = os.fork()
            if pid == 0:
                os.close(read)
                self._serve(share, write, before)
            os.close(write)
            self._pids[read] = pid
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _serve(self, share: Sequence[int], write: int, mask: set[Any]) -> NoReturn:
        """Do a share, and leave without anything that this process would do at its end."""
        try:
            for ending in ENDING:
                if signal.getsignal(ending) is not signal.SIG_IGN:
                    signal.signal(ending, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            for descriptor in self._pids:
                os.close(descriptor)
            for number in share:
                line = json.dumps([number, self._work.pack(self._work.do(number))]).encode("ascii") + b"\n"
                while line:
                    line = line[os.write(write, line) :]
        finally:
            os._exit(0)

    def _read(self) -> None:
        """Take results until every process has closed its pipe."""
        begun: dict[int, bytes] = dict.fromkeys(self._pids, b"")
        while begun:
            for descriptor in select.select(list(begun), [], [])[0]:
                piece = os.read(descriptor, _PIECE)
                if not piece:
                    del begun[descriptor]
                    continue
                *lines, begun[descriptor] = (begun[descriptor] + piece).split(b"\n")
                for line in lines:
                    number, packed = json.loads(line)
                    self._results[number] = self._work.unpack(packed)
                self._work.shown(len(self._results))
