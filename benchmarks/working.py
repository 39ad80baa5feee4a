"""What the work itself takes: a warm resolution, deep directories, each event of an answer, and memory.

`python -m benchmarks.working` runs these measurements alone.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg import resolve

from .processes import NOTHING, PROGRAM, cpu_of, directory, median_cpu, memory_of
from .provider import provider, text_of
from .report import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVENTS, _SIZE = 20_000, 100
_LARGE_EVENTS, _LARGE_SIZE = 40_000, 1_000
_FORMS = ("text", "stream-json", "json")
_EVENT_GOALS = {"text": "15 µs", "stream-json": "20 µs"}
_MEMORY_GOALS = {"text": "1.2", "json": "2.2"}


def main() -> None:
    """Write the table of works."""
    with directory() as at:
        rows = [_warm(at), *_depths(at), *_events(at), *_memory(at)]
    write_table("working", ("work", "median (middle half)", "goal"), rows)


def _warm(at: Path) -> tuple[str, str, str]:
    """Measure `resolve()` in a process that has resolved before."""

    def once() -> float:
        start = time.thread_time()
        for _ in range(20):
            resolve(environ={"PATH": "/usr/bin"}, cwd=at, home=at)
        return (time.thread_time() - start) / 20 * 1e6

    once()
    low, median, high = statistics.quantiles((once() for _ in range(31)), n=4)
    return "warm `resolve()` from Python", f"{median:,.0f} µs ({low:,.0f} to {high:,.0f})", "300 µs"


def _depths(at: Path) -> Iterator[tuple[str, str, str]]:
    for depth in (200, 400):
        deep = make_deep_directory(at, depth)
        seconds = median_cpu([PROGRAM, "resolve", "--explain"], deep, rounds=3)
        yield f"`resolve --explain`, {depth} directories deep", f"{seconds:.2f} s", "1 s" if depth == 400 else ""


def make_deep_directory(at: Path, depth: int) -> Path:
    """Return a directory that lies so deep, with an env file in it."""
    deep = at.joinpath(*["d"] * depth)
    deep.mkdir(parents=True, exist_ok=True)
    file = deep / ".env"
    file.write_text("OPENAI_API_KEY=sk-0123456789abcdefghij\n", encoding="utf-8")
    file.chmod(0o600)
    return deep


def _events(at: Path) -> Iterator[tuple[str, str, str]]:
    """Measure each event: the CPU time of a long answer without that of a short one."""
    script = [NOTHING[0], str(Path(__file__).with_name("ten_lines.py"))]
    with provider(1, _SIZE) as short, provider(_EVENTS, _SIZE) as long:

        def each(words: list[str], *, names_url: bool = False) -> str:
            took = []
            for _ in range(7):
                ends = [
                    cpu_of([*words, *([f"{url}/chat/completions"] if names_url else [])], at, provider_environment(url))
                    for url in (short, long)
                ]
                took.append((ends[1] - ends[0]) / (_EVENTS - 1) * 1e6)
            low, median, high = statistics.quantiles(took, n=4)
            return f"{median:.1f} µs ({low:.1f} to {high:.1f})"

        yield "an event of 100 bytes: a script of ten lines", each(script, names_url=True), ""
        for form in _FORMS:
            words = [PROGRAM, "run", "-p", "hi", "--output-format", form]
            yield f"an event of 100 bytes: `run -p`, {form}", each(words), _EVENT_GOALS.get(form, "")


def _memory(at: Path) -> Iterator[tuple[str, str, str]]:
    """Measure the memory that an answer of 40 MB takes, for each byte of its text."""
    bytes_of_text = _LARGE_EVENTS * len(text_of(_LARGE_SIZE))
    with provider(1) as short, provider(_LARGE_EVENTS, _LARGE_SIZE) as long:
        for form in _FORMS:
            words = [PROGRAM, "run", "-p", "hi", "--output-format", form]
            least, most = (memory_of(words, at, provider_environment(url)) for url in (short, long))
            each = f"{(most - least) / bytes_of_text:.1f}"
            yield f"bytes of memory for each byte of a 40 MB answer, {form}", each, _MEMORY_GOALS.get(form, "")


def provider_environment(url: str) -> dict[str, str]:
    """Return the environment of a command that asks a provider."""
    return {"OPENAI_BASE_URL": url, "OPENAI_MODEL": "m", "OPENAI_API_KEY": "sk-0123456789abcdefghij"}


if __name__ == "__main__":
    main()
