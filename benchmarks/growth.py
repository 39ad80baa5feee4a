"""Doubles each input, and fails if the CPU time grows more than linearly: `make bench-growth`.

Measures medians of several runs, without the CPU time of a command with minimal input. For directories, calls of
functions are counted: the system takes more time for each call in a deep directory, since it walks each path from its
root.
"""

from __future__ import annotations

import io
import statistics
import sys
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_cfg.cli.main import main as run_command_line

from .processes import PROGRAM, cpu_of, directory
from .provider import provider
from .report import write_table
from .working import make_deep_directory, provider_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# Twice the input takes twice the time; twice that again would be quadratic.
_MOST = 2.7
_ROUNDS = 5


@dataclass(frozen=True)
class Growth:
    """A command with an input of three sizes: minimal, normal, double."""

    title: str
    words: tuple[str, ...]
    places: tuple[tuple[Path, Mapping[str, str]], ...]

    def factor(self) -> float:
        """Return the ratio of the times for double and normal input, each without the time for minimal input."""
        took: list[list[float]] = [[], [], []]
        for _ in range(_ROUNDS):
            for times, (at, env) in zip(took, self.places, strict=True):
                times.append(cpu_of([PROGRAM, *self.words], at, env))
        return _factor(*map(statistics.median, took))


@dataclass(frozen=True)
class GrowthOfCalls:
    """A command in directories of three depths, whose calls of functions are counted, built-in ones included."""

    title: str
    words: tuple[str, ...]
    places: tuple[Path, ...]

    def factor(self) -> float:
        """Return the ratio of the calls for double and normal depth, each without the calls for minimal depth."""
        self._calls(self.places[0])
        return _factor(*map(self._calls, self.places))

    def _calls(self, at: Path) -> int:
        calls = 0

        def count(_: object, event: str, __: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        with chdir(at), redirect_stdout(io.StringIO()):
            sys.setprofile(count)
            try:
                code = run_command_line(list(self.words))
            finally:
                sys.setprofile(None)
        if code:
            raise RuntimeError(f"{' '.join(self.words)} ended with exit code {code}")
        return calls


def _factor(least: float, some: float, double: float) -> float:
    return (double - least) / (some - least)


def main() -> int:
    """Write the table of growth; return 1 if anything grows more than linearly."""
    rows, failed = [], False
    with directory() as at:
        for growth in _growths(at):
            factor = growth.factor()
            failed = failed or factor > _MOST
            rows.append((growth.title, f"{factor:.2f}{' (too much)' if factor > _MOST else ''}"))
    write_table("growth", ("twice the", "takes so many times as much CPU time, or calls"), rows)
    return int(failed)


def _growths(at: Path) -> Iterator[Growth | GrowthOfCalls]:
    explain = ("resolve", "--explain")
    depths = [make_deep_directory(at / f"deep-{depth}", depth) for depth in (1, 200, 400)]
    yield GrowthOfCalls("depth of directories (200), in calls", explain, tuple(depths))
    yield Growth("lines of an env file (20,000)", explain, _files(at, "lines", (1, 20_000, 40_000), "# a comment\n"))
    yield Growth(
        "variables of an env file (4,000)",
        explain,
        _files(at, "variables", (1, 4_000, 8_000), lambda n: f"APP_SETTING_{n}=value {n}\n"),
    )
    environs = [{f"APP_SETTING_{n}": "a value" for n in range(count)} for count in (1, 2_000, 4_000)]
    yield Growth("variables of the environment (2,000)", explain, tuple((at, environ) for environ in environs))
    for form in ("text", "stream-json", "json"):
        with provider(1) as none, provider(20_000) as some, provider(40_000) as double:
            words = ("run", "-p", "hi", "--output-format", form)
            places = tuple((at, provider_environment(url)) for url in (none, some, double))
            yield Growth(f"events of an answer, {form} (20,000)", words, places)


def _files(
    at: Path, name: str, counts: tuple[int, ...], line: str | Callable[[int], str]
) -> tuple[tuple[Path, Mapping[str, str]], ...]:
    """Return directories whose env files have so many lines."""
    places = []
    for count in counts:
        file = at / f"{name}-{count}" / ".env"
        file.parent.mkdir()
        lines = (line if isinstance(line, str) else line(n) for n in range(count))
        file.write_text("OPENAI_API_KEY=sk-0123456789abcdefghij\n" + "".join(lines), encoding="utf-8")
        file.chmod(0o600)
        places.append((file.parent, dict[str, str]()))
    return tuple(places)


if __name__ == "__main__":
    sys.exit(main())
