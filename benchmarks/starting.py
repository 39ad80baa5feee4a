"""How fast the commands start: the times of whole processes, against a Python that does nothing.

`python -m benchmarks.starting` runs these measurements alone.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import Measurement
from .processes import NOTHING, PROGRAM, cpu_seconds, directory, median_cpu, run, without_click
from .provider import provider
from .report import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

# A command, and the ratio that is aimed at.
_COMMANDS = (
    ("--version", "3.5"),
    ("--help", "3.5"),
    ("resolve", "6"),
    ("check qwen.toml", "6"),
    ("resolve --explain", "8"),
    ("envfile .env", ""),
    ("run --help", ""),
)


def measurements() -> Iterator[Measurement]:
    """Yield each command against `python -I -c pass`, and `run -p` against the same with httpx alone."""
    with directory() as at:
        run([PROGRAM, "resolve", "-o", "qwen.toml"], at)
        for words, goal in _COMMANDS:
            subject, baseline = partial(run, [PROGRAM, *words.split()], at), partial(run, NOTHING, at)
            yield Measurement(f"`{words}` / `python -I -c pass`", subject, baseline, clock=cpu_seconds, goal=goal)
        with provider(2) as url:
            yield _ten_lines_measurement(url, at)


def _ten_lines_measurement(url: str, at: Path) -> Measurement:
    env = {**without_click(at), "OPENAI_BASE_URL": url, "OPENAI_MODEL": "m"}
    script = [NOTHING[0], str(Path(__file__).with_name("ten_lines.py")), f"{url}/chat/completions"]
    return Measurement(
        "`run -p` / a script of ten lines with httpx",
        partial(run, [PROGRAM, "run", "-p", "hi"], at, env),
        partial(run, script, at, env),
        clock=cpu_seconds,
        goal="1.25",
    )


def main() -> None:
    """Write the table of starts."""
    with directory() as at:
        least = median_cpu(NOTHING, at, rounds=15)
    rows = [("`python -I -c pass`", f"1 is {least * 1000:.1f} ms", "", "")]
    for measurement in measurements():
        cpu, elapsed = measurement.ratios()
        rows.append((measurement.title, str(cpu), measurement.goal, str(elapsed)))
    write_table("starting", ("a process", "CPU time: ratio (middle half)", "goal", "elapsed time: ratio"), rows)


if __name__ == "__main__":
    main()
