"""The dearest imports of the commands, by library: what `python -X importtime` reports.

`python -m benchmarks.imports` runs these measurements alone.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from .processes import directory, run, without_click
from .provider import provider
from .report import write_table
from .working import provider_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COMMANDS = ("--help", "resolve", "check qwen.toml", "resolve --explain", "run -p hi")
_ROUNDS = 9
_SHOWN = 8
_OWN = "modules of qwen-cfg"

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*([\w.]+)")


def main() -> None:
    """Write the table of imports."""
    with directory() as at, provider(2) as url:
        env = {**provider_environment(url), **without_click(at)}
        run([sys.executable, "-m", "qwen_cfg", "resolve", "-o", "qwen.toml"], at, env)
        rows = [(f"`{words}`", *_row(words.split(), at, env)) for words in _COMMANDS]
    write_table("imports", ("command", "all imports", "the dearest, in ms"), rows)


def _row(words: list[str], at: Path, env: Mapping[str, str]) -> tuple[str, str]:
    """Return the milliseconds of all imports, and the libraries that take most of them."""
    runs = [_microseconds(words, at, env) for _ in range(_ROUNDS)]
    medians = {name: statistics.median(one[0][name] for one in runs) / 1000 for name in runs[0][0]}
    dearest = sorted(medians.items(), key=lambda item: -item[1])[:_SHOWN]
    named = [f"{_title(name, runs[0][1][name])} {spent:.1f}" for name, spent in dearest]
    return f"{sum(medians.values()):.0f} ms", ", ".join(named)


def _title(name: str, modules: int) -> str:
    return f"{modules} {name}" if name == _OWN else f"`{name}`"


def _microseconds(words: list[str], at: Path, env: Mapping[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Return what the modules of each library took when a command imported them, and how many modules they were."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "qwen_cfg", *words],
        cwd=at,
        env={"HOME": str(at), "PATH": "", **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    took, modules = Counter[str](), Counter[str]()
    for spent, module in _LINE.findall(ended.stderr):
        library = module.partition(".")[0]
        name = _OWN if library.startswith("qwen_") else library
        took[name] += int(spent)
        modules[name] += 1
    return took, modules


if __name__ == "__main__":
    main()
