"""Processes that are measured: how much CPU time one takes, and how much memory."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRAM = str(Path(sys.executable).with_name("qwen-cfg"))
NOTHING = [sys.executable, "-I", "-c", "pass"]

_STARTING = """
import os, sys
started = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(started, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss, file=sys.stderr)
"""

# Linux reports kilobytes, and macOS bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


@contextmanager
def directory() -> Iterator[Path]:
    """Yield a directory that is a home as well, with an env file in it, and in no git repository."""
    with tempfile.TemporaryDirectory(prefix="qwen-cfg-bench-") as name:
        env_file = Path(name, ".env")
        env_file.write_text("OPENAI_API_KEY=sk-0123456789abcdefghij\n", encoding="utf-8")
        env_file.chmod(0o600)
        yield Path(name)


def without_click(at: Path) -> dict[str, str]:
    """Return a variable with which Python does not find click; its file is created in the directory.

    httpx loads a command line of its own where click is installed, as beside our tools, but not beside us alone.
    """
    (at / "without").mkdir()
    (at / "without" / "click.py").write_text("raise ImportError\n", encoding="utf-8")
    return {"PYTHONPATH": str(at / "without")}


def cpu_seconds() -> float:
    """Return the CPU time of the processes that have ended: other work of the machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(words: list[str], at: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a process to its end; it must not fail."""
    environment = {"HOME": str(at), "PATH": "", **(env or {})}
    subprocess.run(words, cwd=at, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def cpu_of(words: list[str], at: Path, env: Mapping[str, str] | None = None) -> float:
    """Return the CPU time of one process, in seconds."""
    before = cpu_seconds()
    run(words, at, env)
    return cpu_seconds() - before


def median_cpu(words: list[str], at: Path, env: Mapping[str, str] | None = None, rounds: int = 5) -> float:
    """Return the median CPU time of a process, in seconds."""
    return statistics.median(cpu_of(words, at, env) for _ in range(rounds))


def memory_of(words: list[str], at: Path, env: Mapping[str, str] | None = None) -> int:
    """Return the most memory that a process had, in bytes.

    A small process starts it: the memory of a process counts from that of the one that starts it, on Linux.
    """
    environment = {"HOME": str(at), "PATH": "", **(env or {})}
    starting = [*NOTHING[:2], "-S", "-c", _STARTING, *words]
    ended = subprocess.run(
        starting, cwd=at, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
    )
    code, used = map(int, ended.stderr.split()[-2:])
    if code:
        raise subprocess.CalledProcessError(code, words)
    return used * _UNIT
