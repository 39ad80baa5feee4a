"""How fast the commands start: the CPU time of whole processes, against a Python that does nothing.

`python -m benchmarks.starting` runs these measurements alone.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PROGRAM = str(Path(sys.executable).with_name("qwen-cfg"))
_COMMANDS = (
    ["--version"],
    ["--help"],
    ["resolve"],
    ["check", "qwen.toml"],
    ["resolve", "--explain"],
    ["envfile", ".env"],
    ["run", "--help"],
)


def measurements() -> Iterator[Measurement]:
    """Yield each command against `python -I -c pass`, which loads the same environment and does nothing with it."""
    with tempfile.TemporaryDirectory(prefix="qwen-cfg-bench-") as directory:
        env_file = Path(directory, ".env")
        env_file.write_text("OPENAI_API_KEY=sk-0123456789\n", encoding="utf-8")
        env_file.chmod(0o600)
        _process([_PROGRAM, "resolve", "-o", "qwen.toml"], directory)()
        for words in _COMMANDS:
            yield Measurement(
                f"qwen-cfg {' '.join(words)} / python -I -c pass (CPU time)",
                _process([_PROGRAM, *words], directory),
                _process([sys.executable, "-I", "-c", "pass"], directory),
                clock=_cpu_seconds,
            )


def _cpu_seconds() -> float:
    """Return the CPU time of the processes that have ended: other work of the machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _process(words: list[str], directory: str) -> Callable[[], object]:
    environment = {"HOME": directory, "PATH": ""}
    return lambda: subprocess.run(words, cwd=directory, env=environment, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    for measurement in measurements():
        print(f"{measurement.ratio():7.2f}  {measurement.title}")
