"""A command that runs beside its test, which reads its output, sends it signals and waits for its end."""

from __future__ import annotations

import os
import selectors
import signal
import time
from io import FileIO
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Any

from .process import SECONDS, start

if TYPE_CHECKING:
    from collections.abc import Mapping


class Running:
    """A running command, or Python code; at the end of a `with` block it is killed unless it has ended.

    Each of its streams is a pipe, nothing, or an open file. `stdin`, `stdout` and `stderr` are the other ends of the
    pipes. They have no buffer: `read` with a number of bytes returns what there is.
    """

    def __init__(
        self,
        *argv: str | bytes | Path,
        cwd: Path,
        environment: Mapping[str, Any],
        stdin: int = DEVNULL,
        stdout: int = PIPE,
        stderr: int = PIPE,
        code: str = "",
    ) -> None:
        (in_, self.stdin), (out, self.stdout), (err, self.stderr) = _open_input(stdin), _open(stdout), _open(stderr)
        self._process = start(argv, cwd, environment, (in_, out, err), code=code, unloads=True)
        for descriptor in (in_, out, err):
            os.close(descriptor)
        self.send_signal = self._process.send_signal

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.returncode is None:
            self.kill()
            self.wait()
        for file in (self.stdin, self.stdout, self.stderr):
            file.close()

    @property
    def pid(self) -> int:
        """The process number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal, or None while the command runs."""
        return self._process.wait(0)

    def kill(self) -> None:
        """End the command at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds: float = SECONDS) -> int:
        """Wait for the end of the command; return its exit code, negative for a signal."""
        code = self._process.wait(seconds)
        assert code is not None, f"the command did not end in {seconds} s"
        return code

    def wait_until_idle(self, port: int | None = None) -> None:
        """Wait until the command has handled its signals, and what the server of a port has sent, and waits."""
        if not Path("/proc/self/task").is_dir():
            # Other systems do not show it.
            time.sleep(0.3)
            return
        deadline = time.monotonic() + SECONDS
        while (port is not None and _unread_bytes(port)) or not self._is_idle:
            assert time.monotonic() < deadline, f"the command was busy for {SECONDS} s"
            time.sleep(0.005)

    @property
    def _is_idle(self) -> bool:
        """Whether no signal is pending, and none of its threads runs or is ready to run."""
        for file in Path(f"/proc/{self.pid}/task").glob("*/status"):
            facts = dict(line.split(":\t", 1) for line in file.read_text().splitlines() if ":\t" in line)
            if facts["State"][0] != "S" or int(facts["SigPnd"], 16) or int(facts["ShdPnd"], 16):
                return False
        return True

    def communicate(self) -> tuple[str, str]:
        """End the input, read the rest of the two outputs, and wait for the end of the command."""
        self.stdin.close()
        read, deadline = {self.stdout: b"", self.stderr: b""}, time.monotonic() + SECONDS
        with selectors.DefaultSelector() as selector:
            for file in read:
                selector.register(file, selectors.EVENT_READ, file)
            while selector.get_map():
                ready = selector.select(deadline - time.monotonic())
                assert ready, f"the command did not end in {SECONDS} s: {list(read.values())}"
                for file in (key.data for key, _ in ready):
                    piece = file.read(65536)
                    read[file] += piece
                    if not piece:
                        selector.unregister(file)
        self.wait(deadline - time.monotonic())
        return read[self.stdout].decode(), read[self.stderr].decode()


def read_until(file: FileIO, text: bytes) -> bytes:
    """Read an output of a running command up to the piece that completes a text, and return what was read."""
    read = b""
    while text not in read:
        piece = file.read(4096)
        assert piece, f"the output ended without {text!r}: {read!r}"
        read += piece
    return read


def _unread_bytes(port: int) -> int:
    """Return how many bytes of a server on this machine have arrived at its clients and were not read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[2].endswith(f":{port:04X}"))


def _open_input(stream: int) -> tuple[int, FileIO]:
    """Open the input for a command, and a file that writes to it."""
    if stream == PIPE:
        theirs, ours = os.pipe()
        return theirs, FileIO(ours, "w")
    return _open_file(stream), FileIO(os.devnull, "w")


def _open(stream: int) -> tuple[int, FileIO]:
    """Open an output for a command, and a file that reads it; without a pipe, that file is an empty one."""
    ours, theirs = os.pipe()
    if stream != PIPE:
        os.close(theirs)
        theirs = _open_file(stream)
    return theirs, FileIO(ours)


def _open_file(stream: int) -> int:
    return os.open(os.devnull, os.O_RDWR) if stream == DEVNULL else os.dup(stream)
