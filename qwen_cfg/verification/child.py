"""Runs a program in its own session, reads its output, and kills everything that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.reading.start_errors import cannot_start
from qwen_schema.records import record
from qwen_schema.signals import delay_signals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# The interval of checks and the time to end after the answer, in seconds; and the size of the kept output.
_LOOK_EVERY = 0.05
_END_SECONDS = 5.0
_KEPT_BYTES = 8 * 1024


@record
class ProgramEnd:
    """The end of a program: its exit status (None if it was killed), whether it took too long, and its last output."""

    status: int | None
    too_long: bool
    output: str


def run(
    program: Path,
    words: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path,
    answered: threading.Event,
    seconds: float,
) -> ProgramEnd:
    """Run a program until it ends, until it is `answered` and had time to end, or for `seconds`.

    Raises:
        UsageError: if the program cannot be started.
    """
    process = None
    try:
        # A signal during the start would leave the program running.
        with delay_signals():
            process = _start(program, words, environ, cwd)
        tail = _Tail(process)
        too_long = _wait(process, answered, time.monotonic() + seconds)
        status = process.returncode
    finally:
        if process is not None:
            _end(process)
    return ProgramEnd(status, too_long, tail.text())


def _start(program: Path, words: Sequence[str], environ: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own Qwen Code, with the words that were typed for it
            [str(program), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=cwd,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise cannot_start(program, error) from None


def _wait(process: subprocess.Popen[bytes], answered: threading.Event, deadline: float) -> bool:
    """Wait for the end, and return whether the program sent no request in time."""
    until = deadline
    while process.poll() is None:
        now = time.monotonic()
        if answered.is_set():
            until = min(until, now + _END_SECONDS) if until == deadline else until
        if now >= until:
            return not answered.is_set()
        time.sleep(_LOOK_EVERY)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and everything in its session, if it has not ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Tail:
    """The last output of a process. A thread reads it, so that the process never waits for a full pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._kept = b""
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Return the output; called after the end of the process."""
        self._thread.join(1.0)
        return self._kept.decode("utf-8", "replace")

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as pipe, suppress(OSError, ValueError):
            while piece := os.read(pipe.fileno(), 65536):
                self._kept = (self._kept + piece)[-_KEPT_BYTES:]
