"""Reads the output of a program that was started, within limits of time and size."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import IO, Protocol

# Enough for the list of two million files. A repository of a few kilobytes can name any number of files.
MOST_BYTES = 256 * 1024 * 1024

_PIECE = 1 << 20
# The interval between checks of a process that has closed its streams, in seconds.
_LOOK_EVERY = 0.01


class Process(Protocol):
    """A process that was started with three pipes."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def poll(self) -> int | None:
        """Return the exit code, or None if the process has not ended."""

    def kill(self) -> None:
        """End the process."""

    def wait(self) -> int:
        """Wait for the end of the process, and return its exit code."""


def answer_of(
    process: Process, input_: bytes, seconds: float, *, most: int = MOST_BYTES
) -> tuple[int, bytes, bytes] | None:
    """Send an input to a process, and return its exit code, output and error output.

    None if the process does not end in `seconds`, or writes more than `most` bytes; it is then killed.
    """
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - the caller made pipes
    assert process.stderr is not None  # noqa: S101
    deadline = time.monotonic() + seconds
    reads = [_Reading(process, stream, most) for stream in (process.stdout, process.stderr)]
    threads = [*reads, threading.Thread(target=_feed, args=(process.stdin, input_), daemon=True)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
        code = process.poll()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if code is None or any(thread.is_alive() for thread in threads) or any(read.is_too_much for read in reads):
        return None
    out, err = (read.text() for read in reads)
    return code, out, err


class _Reading(threading.Thread):
    """Reads a stream to its end; a process that writes too much to it is killed."""

    def __init__(self, process: Process, stream: IO[bytes], most: int) -> None:
        super().__init__(daemon=True)
        self._process, self._stream, self._left = process, stream, most
        self._pieces: list[bytes] = []
        self.is_too_much = False

    def run(self) -> None:
        """Read."""
        with self._stream as stream, suppress(OSError, ValueError):
            while piece := stream.read1(_PIECE):  # type: ignore[attr-defined]
                self._left -= len(piece)
                if self._left < 0:
                    self.is_too_much = True
                    self._pieces.clear()
                    self._process.kill()
                    return
                self._pieces.append(piece)

    def text(self) -> bytes:
        """Return the text that was read."""
        return b"".join(self._pieces)


def _feed(stream: IO[bytes], content: bytes) -> None:
    # A process may end before it has read everything.
    with suppress(OSError, ValueError), stream:
        stream.write(content)
