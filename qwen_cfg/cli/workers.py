"""Distributes many similar tasks over processes, if that saves time."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from qwen_schema.records import record
from qwen_schema.signals import ENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# One process works alone for this time, in seconds: shorter work is not worth a second process.
_ALONE_SECONDS = 0.2
_MOST_PROCESSES = 8
# The bytes to read from a pipe at once.
_CHUNK = 1 << 16


@record
class Work(Generic[T]):
    """Tasks by number. `do` does a task, and `pack` and `unpack` convert its result to JSON and back.

    `missing_result` returns the result for a task whose process died. `show_progress` takes the number of done tasks.
    """

    do: Callable[[int], T]
    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]
    missing_result: Callable[[int], T]
    show_progress: Callable[[int], None]

    def all(self, total: int, *, alone: bool = False) -> list[T]:
        """Return the results of tasks 0 to `total` - 1, in this order. With `alone`, this process does all of them."""
        results: dict[int, T] = {}
        until = time.monotonic() + _ALONE_SECONDS
        processes = 1 if alone else _processes()
        while len(results) < total and (processes == 1 or time.monotonic() < until):
            results[len(results)] = self.do(len(results))
            self.show_progress(len(results))
        if len(results) < total:
            _Workers(self, results).work(range(len(results), total), processes)
        return [results[number] if number in results else self.missing_result(number) for number in range(total)]


def _processes() -> int:
    """Return the number of processes to use."""
    if not hasattr(os, "fork"):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_PROCESSES)


class _Workers(Generic[T]):
    """Forks of this process, which has imported everything. Each does its share and writes a line of JSON per task.

    They hold no resources, and are killed if this process ends early.
    """

    def __init__(self, work: Work[T], results: dict[int, T]) -> None:
        self._work, self._results = work, results
        self._pids: dict[int, int] = {}

    def work(self, numbers: Sequence[int], processes: int) -> None:
        """Distribute tasks, and wait until each is done or its process has ended."""
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
        # If a signal arrived between the fork and the next lines, the child would continue as if it were the parent.
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
        """Do a share, and exit without the cleanup of the parent process."""
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
        """Read results until every process has closed its pipe."""
        buffers: dict[int, bytes] = dict.fromkeys(self._pids, b"")
        while buffers:
            for descriptor in select.select(list(buffers), [], [])[0]:
                chunk = os.read(descriptor, _CHUNK)
                if not chunk:
                    del buffers[descriptor]
                    continue
                *lines, buffers[descriptor] = (buffers[descriptor] + chunk).split(b"\n")
                for line in lines:
                    number, packed = json.loads(line)
                    self._results[number] = self._work.unpack(packed)
                self._work.show_progress(len(self._results))
