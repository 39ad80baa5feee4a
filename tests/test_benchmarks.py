"""The benchmarks: their tables have a place in docs/performance.md, and the programs that they start run."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))

from benchmarks import reading, report, starting, streaming  # noqa: E402
from benchmarks.measure import Measurement  # noqa: E402
from benchmarks.processes import PROGRAM, cpu_of, directory, memory_of  # noqa: E402
from benchmarks.provider import provider, text_of  # noqa: E402
from benchmarks.working import provider_environment  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_every_table_has_a_place_on_the_page() -> None:
    written = re.findall(r'write_table\(\s*"(\w+)"', "".join(f.read_text() for f in (ROOT / "benchmarks").glob("*.py")))
    text = report.PAGE.read_text(encoding="utf-8")
    assert len(written) == 7
    assert [name for name in written if f"<!-- {name} -->\n" not in text or f"<!-- /{name} -->\n" not in text] == []


def test_a_new_table_replaces_the_previous_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- t -->\nold\n<!-- /t -->\nafter\n")
    monkeypatch.setattr(report, "PAGE", page)
    report.write_table("t", ("a", "b"), [("1", r"\1")])
    assert page.read_text() == "before\n<!-- t -->\n| a | b |\n| --- | --- |\n| 1 | \\1 |\n<!-- /t -->\nafter\n"
    with pytest.raises(ValueError, match="no place"):
        report.write_table("other", ("a",), [])


def test_a_ratio_compares_the_medians() -> None:
    clock: Iterator[float] = iter(range(1_000))
    ratio = Measurement("", lambda: next(clock), lambda: None, rounds=5, clock=lambda: next(clock)).ratio()
    assert (ratio.median, ratio.low, ratio.high) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("module", [reading, streaming, starting])
def test_everything_that_is_measured_runs(module: Any) -> None:
    titles = set()
    for measurement in module.measurements():
        measurement.subject(), measurement.baseline()
        titles.add(measurement.title)
    assert len(titles) > 1


def test_a_run_that_asks_for_an_answer_is_measured() -> None:
    with directory() as at, provider(50, 100) as url:
        words = [PROGRAM, "run", "-p", "hi"]
        assert cpu_of(words, at, provider_environment(url)) > 0
        assert memory_of(words, at, provider_environment(url)) > 1_000_000
    assert len(text_of(200)) == len(text_of(100)) + 100
