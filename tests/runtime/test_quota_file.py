"""The file that counts requests: what is written, other content, and paths that cannot be read or written."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_runtime.wire.quota import PER_MINUTE, SET_BACK, Counts, RequestLog

from .request_counts import NOW, TODAY, gaps, names, read_counts, starts, take_all, times_of, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The file.


@settings(max_examples=12)
@given(starts, st.lists(st.tuples(gaps, st.integers(1, 40)), min_size=2, max_size=5))
def test_the_next_process_continues_the_count(start: float, bursts: list[tuple[float, int]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        take_all(lambda: RequestLog(Path(directory)), times_of(start, bursts))


def test_only_times_and_counts_are_written(tmp_path: Path) -> None:
    log = RequestLog(tmp_path)
    for now in (NOW - 70, NOW - 60, NOW - 59.5, NOW):
        log.take(now)
    assert read_counts(tmp_path) == {"format": 1, "day": TODAY, "today": 4, "times": [NOW - 59.5, NOW]}
    assert names(tmp_path) == {"requests.json"}


def test_reading_writes_nothing(tmp_path: Path) -> None:
    assert RequestLog(tmp_path / "state").counts(NOW) == Counts(0, 0, 0)
    assert not (tmp_path / "state").exists()
    RequestLog(tmp_path).take(NOW)
    before = (tmp_path / "requests.json").read_bytes()
    assert RequestLog(tmp_path).counts(NOW + 61) == Counts(0, 1, 0)
    assert (tmp_path / "requests.json").read_bytes() == before


def test_a_full_minute_writes_nothing(tmp_path: Path) -> None:
    log = RequestLog(tmp_path)
    for _ in range(PER_MINUTE):
        assert log.take(NOW).wait_seconds == 0
    before = (tmp_path / "requests.json").read_bytes()
    assert [log.take(NOW + 1) for _ in range(3)] == [Counts(60, 60, 59)] * 3
    assert (tmp_path / "requests.json").read_bytes() == before
    assert len(before) < 4096


@pytest.mark.parametrize("umask", [0, 0o077])
def test_only_the_user_can_read_it(tmp_path: Path, umask: int) -> None:
    state = tmp_path / "deep" / "state"
    before = os.umask(umask)
    try:
        RequestLog(state).take(NOW)
    finally:
        os.umask(before)
    assert mode(state) == 0o700
    assert mode(state / "requests.json") == 0o600


def test_a_readable_file_becomes_private(tmp_path: Path) -> None:
    file = write(tmp_path, {"format": 1, "day": TODAY, "today": 7, "times": [NOW]})
    file.chmod(0o664)
    assert RequestLog(tmp_path).take(NOW) == Counts(2, 8, 0)
    assert mode(file) == 0o600


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_without_a_directory_the_count_is_for_this_process() -> None:
    log = RequestLog(None)
    assert [log.take(NOW).today for _ in range(3)] == [1, 2, 3]
    assert log.counts(NOW) == Counts(3, 3, 0)
    assert RequestLog(None).counts(NOW) == Counts(0, 0, 0)


def test_without_a_given_time_the_clock_is_used(tmp_path: Path) -> None:
    before = time.time()
    assert RequestLog(tmp_path).take().last_minute == 1
    assert before <= read_counts(tmp_path)["times"][0] <= time.time()
    assert RequestLog(tmp_path).counts().last_minute == 1


# Files with other content.

SOUND: dict[str, Any] = {"format": 1, "day": TODAY, "today": 12, "times": [NOW - 1]}
DEEP = "[" * 7000


def test_a_valid_file_is_used(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    assert RequestLog(tmp_path).take(NOW) == Counts(2, 13, 0)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "\0\0\0\0",
        "{",
        "null",
        "7",
        "[]",
        "{}",
        DEEP,
        '"requests"',
        json.dumps(SOUND)[:-9],
        json.dumps(SOUND) + " " * 20_000,
        SOUND | {"format": 2},
        SOUND | {"format": None},
        SOUND | {"day": "2026-11-31"},
        SOUND | {"day": "today"},
        SOUND | {"day": 20261121},
        SOUND | {"day": "2026-11-22"},
        SOUND | {"day": "9999-12-31"},
        SOUND | {"today": -1},
        SOUND | {"today": 1.5},
        SOUND | {"today": "12"},
        SOUND | {"today": True},
        SOUND | {"today": None},
        SOUND | {"today": 10**9},
        SOUND | {"today": 10**400},
        json.dumps(SOUND).replace("12", "9" * 5000, 1),
        SOUND | {"today": float("nan")},
        SOUND | {"today": float("inf")},
        SOUND | {"times": None},
        SOUND | {"times": NOW},
        SOUND | {"times": {"0": NOW}},
        SOUND | {"times": "1"},
        SOUND | {"times": [str(NOW)]},
        SOUND | {"times": [True]},
        SOUND | {"times": [[NOW]]},
        SOUND | {"times": [None]},
        SOUND | {"times": [float("nan")]},
        SOUND | {"times": [NOW, float("nan"), NOW]},
        SOUND | {"times": [float("inf")]},
        SOUND | {"times": [float("-inf")]},
        SOUND | {"times": [1e308]},
        SOUND | {"times": [10**400]},
        SOUND | {"times": [NOW + 3600]},
        SOUND | {"times": [NOW - 1, NOW + 86400]},
        SOUND | {"times": [NOW + 86400, NOW - 1]},
        *[{name: value for name, value in SOUND.items() if name != left_out} for left_out in SOUND],
    ],
    ids=lambda document: str(document)[:60],
)
def test_a_broken_file_restarts_the_count(tmp_path: Path, document: object) -> None:
    write(tmp_path, document)
    assert RequestLog(tmp_path).counts(NOW) == Counts(0, 0, 0)
    assert RequestLog(tmp_path).take(NOW) == Counts(1, 1, 0)
    assert read_counts(tmp_path) == {"format": 1, "day": TODAY, "today": 1, "times": [NOW]}


def test_the_restart_after_a_broken_file_is_reported_once(tmp_path: Path) -> None:
    file = write(tmp_path, "{")
    log = RequestLog(tmp_path)
    assert [log.take(NOW).today for _ in range(2)] == [1, 2]
    assert log.notices == [f"the count of requests starts again, because {file} was invalid"]
    assert RequestLog(tmp_path).take(NOW).today == 3


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(NOW) | st.just(TODAY),
    lambda inner: st.lists(inner, max_size=70) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=80,
)
documents = st.fixed_dictionaries(
    {"format": st.just(1) | values, "day": st.just(TODAY) | values, "today": values, "times": values}
)


@given(st.one_of(st.binary(max_size=200), documents.map(lambda document: json.dumps(document).encode())))
def test_any_content_of_the_file_lets_the_count_continue(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "requests.json").write_bytes(content)
        log = RequestLog(Path(directory))
        before, after = log.counts(NOW), log.take(NOW)
        if before.wait_seconds == 0:
            assert after == Counts(before.last_minute + 1, before.today + 1, 0)
            assert read_counts(Path(directory))["today"] == after.today
        else:
            assert after == before
            assert before.wait_seconds <= 60 + SET_BACK


def test_the_order_of_times_in_the_file_makes_no_difference(tmp_path: Path) -> None:
    write(tmp_path, SOUND | {"times": [NOW, *[NOW - 20] * 30, *[NOW - 40] * 30]})
    assert RequestLog(tmp_path).take(NOW) == Counts(61, 12, 20)


def directory_in_its_place(file: Path) -> None:
    file.mkdir()


def full_directory_in_its_place(file: Path) -> None:
    (file / "kept").mkdir(parents=True)


def link_to_nowhere(file: Path) -> None:
    file.symlink_to(file.parent / "nowhere")


def link_to_itself(file: Path) -> None:
    file.symlink_to(file)


def link_to_another_file(file: Path) -> None:
    other = file.parent / "other"
    other.write_text("kept")
    file.symlink_to(other)


def pipe(file: Path) -> None:
    os.mkfifo(file)


def device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def unreadable(file: Path) -> None:
    file.write_text(json.dumps(SOUND | {"today": "odd"}))
    file.chmod(0)


ODD = [
    directory_in_its_place,
    full_directory_in_its_place,
    link_to_nowhere,
    link_to_itself,
    link_to_another_file,
    pipe,
    device,
    unreadable,
]


@pytest.mark.parametrize("make", ODD)
def test_a_path_that_is_no_file_blocks_no_request(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "requests.json")
    log = RequestLog(tmp_path)
    started = time.monotonic()
    assert [log.take(NOW).today for _ in range(3)] == [1, 2, 3]
    assert log.counts(NOW) == Counts(3, 3, 0)
    assert time.monotonic() - started < 1
    assert not (tmp_path / "nowhere").exists()
    if make is link_to_another_file:
        assert (tmp_path / "other").read_text() == "kept"


@pytest.mark.parametrize("make", ODD)
def test_no_open_file_and_no_temporary_file_remains(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "requests.json")
    log = RequestLog(tmp_path)
    before = len(names(Path("/dev/fd")))
    for _ in range(5):
        log.take(NOW)
        log.counts(NOW)
    assert len(names(Path("/dev/fd"))) == before
    assert names(tmp_path) <= {"requests.json", "other"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_ignored(tmp_path: Path) -> None:
    file = write(tmp_path, SOUND | {"times": [NOW] * 60})
    assert RequestLog(tmp_path).take(NOW).wait_seconds == 60
    os.chown(file, 12345, 12345)
    before = file.read_bytes()
    assert RequestLog(tmp_path).take(NOW) == Counts(1, 1, 0)
    assert file.read_bytes() == before


@pytest.mark.parametrize("place", ["file", "file/below", "link"])
def test_if_no_directory_can_be_made_the_count_is_for_this_process(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    log = RequestLog(tmp_path / place)
    assert [log.take(NOW).today for _ in range(PER_MINUTE)] == list(range(1, PER_MINUTE + 1))
    assert log.take(NOW + 1) == Counts(60, 60, 59)
    assert (tmp_path / "file").read_text() == "kept"


@contextmanager
def nobody() -> Iterator[None]:
    """Become a user without write permission everywhere."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    directory.chmod(0o555)
    try:
        yield
    finally:
        directory.chmod(0o777)


def test_if_the_file_cannot_be_written_the_count_is_for_this_process(open_path: Path) -> None:
    write(open_path, SOUND).chmod(0o444)
    with read_only(open_path), nobody():
        log = RequestLog(open_path)
        assert [log.take(NOW).today for _ in range(3)] == [1, 2, 3]
        assert log.counts(NOW) == Counts(3, 3, 0)
        assert log.take(NOW - 3600) == Counts(1, 1, 0)
        assert log.take(NOW + 86400) == Counts(1, 1, 0)
