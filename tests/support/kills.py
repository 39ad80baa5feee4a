"""Kills real processes with SIGKILL, each before a different step that changes the disk."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHANGES = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.link", "os.symlink", "os.truncate"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_at_each_step(make: Callable[[int], Path], work: Callable[[], object]) -> Iterator[Path]:
    """Kill one process before its first step, the next before its second, and so on, each in a place from `make`.

    Yields each place after its process was killed; the last process runs to its end.
    """
    for step in count(1):
        place = make(step)
        child = os.fork()
        if child == 0:
            _work(work, place, step)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        yield place
        if status != -signal.SIGKILL:
            assert status == 0, f"it ended with {status} before step {step}"
            return


def run_to_end(work: Callable[[], object], place: Path) -> int:
    """Run a process in a place to its end, and return its exit code."""
    child = os.fork()
    if child == 0:
        _work(work, place, 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _work(work: Callable[[], object], place: Path, step: int) -> None:
    code = 1
    try:
        os.chdir(place)
        if step:
            _kill_before(step)
        code = int(work() or 0)  # type: ignore[call-overload]
    finally:
        os._exit(code)


def _kill_before(step: int) -> None:
    steps = count(1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        changes = event in CHANGES
        if event == "open":
            flags = arguments[2]
            changes = isinstance(flags, int) and bool(flags & WRITES)
        if changes and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
