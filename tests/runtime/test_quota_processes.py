"""Counting the requests of several threads and processes: the lock, and the count."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest
from cli.process import clean_environment
from cli.running import Running

from qwen_runtime.wire import quota
from qwen_runtime.wire.quota import (
    Counts,
    RequestLog,
)

from .request_counts import NOW, names, read_counts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The lock.


@contextmanager
def hold_lock(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory / "requests.json", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def test_a_lock_that_is_not_released_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < quota.LOCK_SECONDS <= 3
    monkeypatch.setattr(quota, "LOCK_SECONDS", 0.1)
    started = time.monotonic()
    with hold_lock(tmp_path):
        assert RequestLog(tmp_path).take(NOW) == Counts(1, 1, 0)
    assert 0.1 <= time.monotonic() - started < 2
    assert read_counts(tmp_path)["today"] == 1


def test_a_lock_that_is_released_in_time_is_waited_for(tmp_path: Path) -> None:
    taken: list[float] = []

    def take() -> None:
        RequestLog(tmp_path).take(NOW)
        taken.append(time.monotonic())

    with hold_lock(tmp_path):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(0.1)
        assert (tmp_path / "requests.json").read_bytes() == b""
        released = time.monotonic()
    thread.join()
    assert released <= taken[0]
    assert read_counts(tmp_path)["today"] == 1


def test_without_file_locks_requests_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "fcntl", None)
    with hold_lock(tmp_path):
        assert [RequestLog(tmp_path).take(NOW).today for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("directory", [True, False])
def test_threads_count_every_request(tmp_path: Path, directory: bool) -> None:
    log = RequestLog(tmp_path if directory else None)
    threads = [threading.Thread(target=lambda: [log.take(NOW) for _ in range(10)]) for _ in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert log.counts(NOW) == Counts(60, 60, 60)


# Real processes.

WORKER = """\
import sys
from pathlib import Path
from qwen_runtime.wire.quota import RequestLog
log = RequestLog(Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    now, takes = line.split()
    counts = [log.take(None if now == "clock" else float(now)) for _ in range(int(takes))]
    print(sum(count.wait_seconds == 0 for count in counts), flush=True)
"""


class Workers:
    """Processes that make requests on command, all at once."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self._processes = [stack.enter_context(self._start()) for _ in range(8)]
        for process in self._processes:
            assert process.stdout.readline() == b"ready\n"

    def _start(self) -> Running:
        environment = clean_environment(None)
        return Running(self.directory, cwd=self.directory, environment=environment, stdin=PIPE, stderr=2, code=WORKER)

    def take(self, now: float | None, takes: int) -> int:
        """Let each process make some requests, and return the number of granted ones."""
        for process in self._processes:
            process.stdin.write(f"{'clock' if now is None else now} {takes}\n".encode())
        return sum(int(process.stdout.readline()) for process in self._processes)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with ExitStack() as stack:
        yield Workers(tmp_path, stack)


def test_processes_count_every_request_and_keep_the_limit_of_a_minute(workers: Workers) -> None:
    log = RequestLog(workers.directory)
    with watch_count(log) as counts:
        assert workers.take(NOW, 7) == 56
        assert log.counts(NOW) == Counts(56, 56, 0)
        assert workers.take(NOW, 10) == 4
        assert log.counts(NOW) == Counts(60, 60, 60)
    # A concurrent reader never sees a partial file, and the count never goes down.
    assert counts == sorted(counts)
    for minute in (1, 2):
        now = NOW + 60 * minute
        assert workers.take(now, 7) == 56
        assert workers.take(now + 59, 2) == 4
        assert log.counts(now + 59) == Counts(60, 60 + 60 * minute, 1)
        assert workers.take(now + 59.5, 1) == 0
    assert workers.take(NOW + 86400, 3) == 24
    assert log.counts(NOW + 86400) == Counts(24, 24, 0)
    assert names(workers.directory) == {"requests.json"}
    # By the real clock: no process rejects the time that another one has just written as a future one.
    (workers.directory / "requests.json").unlink()
    assert workers.take(None, 7) == 56
    assert workers.take(None, 7) == 4
    assert len(read_counts(workers.directory)["times"]) == 60


@contextmanager
def watch_count(log: RequestLog) -> Iterator[list[int]]:
    """Read the day's count continuously, in another thread."""
    counts, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            counts.append(log.counts(NOW).today)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield counts
    finally:
        is_over.set()
        thread.join()
