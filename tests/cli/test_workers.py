"""Work in several processes: every result is in its place, and no process is left."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qwen_cfg.cli import workers
from qwen_cfg.cli.workers import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = 40

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are counted in /proc")


def work(do=lambda number: number * number, shown=lambda done: None) -> Work[int]:
    return Work(do, lambda result: {"of": result}, lambda packed: packed["of"], lambda number: -number, shown)


@pytest.fixture(autouse=True)
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork on a machine with one core too, and without a delay."""
    monkeypatch.setattr(workers, "_processes", lambda: 3)
    monkeypatch.setattr(workers, "_ALONE_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def no_process_left(several: None) -> Iterator[None]:
    """Fail if a process is left running or was not waited for."""
    before = children()
    yield
    assert children() == before


def children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


@pytest.mark.parametrize("alone", [True, False])
def test_every_result_is_in_its_place(alone: bool) -> None:
    counts: list[int] = []
    pids = work(lambda number: os.getpid()).all(PIECES, alone=alone)
    assert len(set(pids)) == (1 if alone else 3)
    assert (os.getpid() in pids) is alone
    assert work(shown=counts.append).all(PIECES, alone=alone) == [number * number for number in range(PIECES)]
    assert counts == sorted(counts)
    assert counts[-1] == PIECES


def test_a_killed_process_loses_only_its_own_results() -> None:
    def do(number: int) -> int:
        if number == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    results = work(do).all(PIECES)
    # The second of three processes has 1, 4, 7 and so on.
    assert results == [-n if n >= 4 and n % 3 == 1 else n for n in range(PIECES)]


def test_an_error_in_a_process_leaves_no_process(capfd: pytest.CaptureFixture[str]) -> None:
    def do(number: int) -> int:
        raise ValueError(number)

    assert work(do).all(5) == [0, -1, -2, -3, -4]
    assert capfd.readouterr() == ("", "")


def test_an_interruption_ends_every_process() -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        work(lambda number: time.sleep(30 * (number > 2)) or number, interrupt).all(PIECES)
    assert time.monotonic() - began < 20


def test_long_results_are_returned() -> None:
    texts = Work(lambda n: "x" * 300_000, str, str, str, lambda done: None).all(7)
    assert [len(text) for text in texts] == [300_000] * 7
