"""Counting the requests of a user over all processes; a failure of counting never blocks a request."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwen_runtime.wire import quota
from qwen_runtime.wire.quota import (
    NEAR,
    PER_DAY,
    PER_MINUTE,
    SET_BACK,
    Counts,
    RequestLog,
    RequestTimes,
    as_of,
    counts_of,
    day_of,
    one_more,
    remark,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 11, 21, 16, tzinfo=UTC).timestamp()
NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC).timestamp()
TODAY = "2026-11-21"

# Eighths of a second are exact in binary, so the edges of a minute are exact too.
eighths = st.integers(0, 8 * 70).map(lambda number: number / 8)
gaps = st.one_of(eighths, st.sampled_from([0, 1 / 8, 59.875, 60, 60.125, 3600, 86400]))
bursts = st.lists(st.tuples(gaps, st.integers(1, 70)), min_size=1, max_size=12)
starts = st.sampled_from([NOW, MIDNIGHT - 60, MIDNIGHT - 1, MIDNIGHT, NEW_YEAR - 60])


def times_of(start: float, bursts: list[tuple[float, int]]) -> Iterator[float]:
    """Yield the time of each request: after each gap, several at once."""
    for gap, number in bursts:
        start += gap
        yield from [start] * number


def chinese_day(moment: float) -> int:
    """Return the number of the day in UTC+8, computed in another way than in the code."""
    return int((moment + 8 * 3600) // 86400)


def take_all(log: Callable[[], RequestLog], times: Iterator[float]) -> None:
    """Request one after the other, and compare each answer with the list of granted requests."""
    granted: list[float] = []
    for now in times:
        counts = log().take(now)
        recent = [moment for moment in granted if moment > now - 60]
        if len(recent) < 60:
            granted.append(now)
            recent.append(now)
            assert counts.wait_seconds == 0
        else:
            assert counts.wait_seconds == recent[-60] + 60 - now > 0
        assert counts.last_minute == len(recent)
        assert counts.today == sum(chinese_day(moment) == chinese_day(now) for moment in granted)
    assert all(later - first >= 60 for first, later in zip(granted, granted[60:], strict=False))


# The rules, as pure functions and in the memory of one process.


@given(starts, bursts)
def test_no_minute_has_too_many_requests_and_each_day_is_counted(start: float, bursts: list[tuple[float, int]]) -> None:
    log = RequestLog(None)
    take_all(lambda: log, times_of(start, bursts))


@given(starts, st.lists(gaps, min_size=60, max_size=80))
def test_a_request_is_granted_after_the_wait_and_not_before(start: float, gaps: list[float]) -> None:
    log, now = RequestLog(None), start
    for gap in gaps:
        now += gap / 64
        wait = log.take(now).wait_seconds
        if wait:
            assert log.take(now + wait - 1 / 1024).wait_seconds == 1 / 1024
            now += wait
            assert log.take(now).wait_seconds == 0


@given(st.lists(st.floats(0, 2e9), max_size=100))
def test_times_in_any_order_are_accepted(times: list[float]) -> None:
    log = RequestLog(None)
    for now in times:
        counts = log.take(now)
        assert 1 <= counts.last_minute <= PER_MINUTE
        assert counts.today >= 1
        assert 0 <= counts.wait_seconds <= 60 + SET_BACK


@given(starts, st.integers(1, 59), st.floats(SET_BACK + 1, 1e8))
def test_a_clock_that_was_set_back_restarts_the_count(start: float, requests: int, back: float) -> None:
    log = RequestLog(None)
    for _ in range(requests):
        log.take(start)
    assert log.counts(start - back) == Counts(0, 0, 0)
    assert log.take(start - back) == Counts(1, 1, 0)


@given(starts, st.integers(1, 59), st.floats(0, SET_BACK - 0.001))
def test_a_corrected_clock_loses_no_count(start: float, requests: int, back: float) -> None:
    log = RequestLog(None)
    for _ in range(requests):
        log.take(start)
    assert log.take(start - back) == Counts(requests + 1, requests + 1, 0)
    assert log.counts(start + 60.001).last_minute == 0


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, 999999, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 16, 0, 0, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 16, 0, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 11, 21, 23, 59, 59, tzinfo=timezone(timedelta(hours=8))), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 8, 0, 0, tzinfo=timezone(timedelta(hours=-8))), date(2026, 11, 22)),
    ],
)
def test_the_day_begins_at_midnight_in_china(now: datetime, day: date) -> None:
    assert day_of(now) == day


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_the_day_does_not_depend_on_the_local_time_zone(now: datetime) -> None:
    assert day_of(now).toordinal() == chinese_day(now.timestamp()) + date(1970, 1, 1).toordinal()
    assert day_of(now) == day_of(now.astimezone(timezone(timedelta(hours=-11))))


def test_a_new_day_keeps_the_count_of_the_minute(tmp_path: Path) -> None:
    log = RequestLog(tmp_path)
    for _ in range(PER_MINUTE):
        log.take(MIDNIGHT - 1)
    assert log.counts(MIDNIGHT - 1) == Counts(60, 60, 60)
    assert log.take(MIDNIGHT) == Counts(60, 0, 59)
    assert log.take(MIDNIGHT + 59) == Counts(1, 1, 0)


def test_the_pure_functions_on_examples() -> None:
    noted = RequestTimes(date(2026, 11, 21), 100, (NOW - 60, NOW - 59, NOW))
    assert as_of(noted, NOW) == replace(noted, times=(NOW - 59, NOW))
    assert counts_of(noted, NOW) == Counts(2, 100, 0)
    assert counts_of(noted, NOW + 86400) == Counts(0, 0, 0)
    assert one_more(noted, NOW + 0.5) == RequestTimes(noted.day, 101, (NOW - 59, NOW, NOW + 0.5))
    assert one_more(noted, NOW - 1).times[-1] == NOW
    assert as_of(RequestTimes(date(2026, 11, 22), 5), NOW) == RequestTimes(date(2026, 11, 21))


# Messages to the user.


@pytest.mark.parametrize("today", [0, 1, 1799])
def test_no_message_while_enough_requests_are_left(today: int) -> None:
    assert remark(Counts(60, today, 30)) == ""


@pytest.mark.parametrize("today", [1800, 1803, 1999, 2000])
def test_a_message_when_the_day_is_nearly_used_up(today: int) -> None:
    assert today >= NEAR * PER_DAY
    assert remark(Counts(1, today, 0)) == (
        f"{today:,} of the 2,000 requests that the documents allow per day are used "
        "(counted here; the service's day is assumed to begin at midnight UTC+8)"
    )


@pytest.mark.parametrize("today", [2001, 12345])
def test_a_message_when_the_day_is_exceeded(today: int) -> None:
    said = remark(Counts(1, today, 0))
    assert said.startswith(f"{today:,} requests were made today, and the documents allow 2,000")
    assert "UTC+8" in said


def test_the_rows_of_a_table() -> None:
    assert rows(Counts(3, 120, 0)) == [
        ("requests in the last minute", "3 of 60"),
        ("requests today", "120 of 2,000 (since 00:00 UTC+8)"),
    ]
    assert rows(Counts(60, 2345, 9))[1][1] == "2,345 of 2,000 (since 00:00 UTC+8)"


def test_requests_beyond_the_daily_limit_are_granted(tmp_path: Path) -> None:
    write(tmp_path, {"format": 1, "day": TODAY, "today": 2000, "times": []})
    assert RequestLog(tmp_path).take(NOW) == Counts(1, 2001, 0)


# The file.


def write(directory: Path, document: object) -> Path:
    file = directory / "requests.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def written(directory: Path) -> dict[str, Any]:
    document = json.loads((directory / "requests.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


@settings(max_examples=12)
@given(starts, st.lists(st.tuples(gaps, st.integers(1, 40)), min_size=2, max_size=5))
def test_the_next_process_continues_the_count(start: float, bursts: list[tuple[float, int]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        take_all(lambda: RequestLog(Path(directory)), times_of(start, bursts))


def test_only_times_and_counts_are_written(tmp_path: Path) -> None:
    log = RequestLog(tmp_path)
    for now in (NOW - 70, NOW - 60, NOW - 59.5, NOW):
        log.take(now)
    assert written(tmp_path) == {"format": 1, "day": TODAY, "today": 4, "times": [NOW - 59.5, NOW]}
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
    assert before <= written(tmp_path)["times"][0] <= time.time()
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
    assert written(tmp_path) == {"format": 1, "day": TODAY, "today": 1, "times": [NOW]}


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
            assert written(Path(directory))["today"] == after.today
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


# The lock.


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory / "requests.json", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def test_a_lock_that_is_not_released_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < quota.LOCK_SECONDS <= 3
    monkeypatch.setattr(quota, "LOCK_SECONDS", 0.1)
    started = time.monotonic()
    with locked(tmp_path):
        assert RequestLog(tmp_path).take(NOW) == Counts(1, 1, 0)
    assert 0.1 <= time.monotonic() - started < 2
    assert written(tmp_path)["today"] == 1


def test_a_lock_that_is_released_in_time_is_waited_for(tmp_path: Path) -> None:
    taken: list[float] = []

    def take() -> None:
        RequestLog(tmp_path).take(NOW)
        taken.append(time.monotonic())

    with locked(tmp_path):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(0.1)
        assert (tmp_path / "requests.json").read_bytes() == b""
        released = time.monotonic()
    thread.join()
    assert released <= taken[0]
    assert written(tmp_path)["today"] == 1


def test_without_file_locks_requests_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "fcntl", None)
    with locked(tmp_path):
        assert [RequestLog(tmp_path).take(NOW).today for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("directory", [True, False])
def test_threads_count_every_request(tmp_path: Path, directory: bool) -> None:
    log = RequestLog(tmp_path if directory else None)
    threads = [threading.Thread(target=lambda: [log.take(NOW) for _ in range(10)]) for _ in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert log.counts(NOW) == Counts(60, 60, 60)


# Real processes.

WORKER = """\
import sys
from pathlib import Path
from qwen_runtime.wire.quota import RequestLog
log = RequestLog(Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    now, takes = line.split()
    counts = [log.take(None if now == "clock" else float(now)) for _ in range(int(takes))]
    print(sum(count.wait_seconds == 0 for count in counts), flush=True)
"""


class Workers:
    """Processes that make requests on command, all at once."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self._processes = [stack.enter_context(self._start()) for _ in range(8)]
        for process in self._processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"

    def _start(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", WORKER, str(self.directory)]
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def take(self, now: float | None, takes: int) -> int:
        """Let each process make some requests, and return the number of granted ones."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{'clock' if now is None else now} {takes}\n")
            process.stdin.flush()
        return sum(int(process.stdout.readline()) for process in self._processes if process.stdout)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with ExitStack() as stack:
        yield Workers(tmp_path, stack)


def test_processes_count_every_request_and_keep_the_limit_of_a_minute(workers: Workers) -> None:
    log = RequestLog(workers.directory)
    with watch_count(log) as seen:
        assert workers.take(NOW, 7) == 56
        assert log.counts(NOW) == Counts(56, 56, 0)
        assert workers.take(NOW, 10) == 4
        assert log.counts(NOW) == Counts(60, 60, 60)
    # A concurrent reader never sees a partial file, and the count never goes down.
    assert seen == sorted(seen)
    for minute in (1, 2):
        now = NOW + 60 * minute
        assert workers.take(now, 7) == 56
        assert workers.take(now + 59, 2) == 4
        assert log.counts(now + 59) == Counts(60, 60 + 60 * minute, 1)
        assert workers.take(now + 59.5, 1) == 0
    assert workers.take(NOW + 86400, 3) == 24
    assert log.counts(NOW + 86400) == Counts(24, 24, 0)
    assert names(workers.directory) == {"requests.json"}
    # By the real clock: no process rejects the time that another one has just written as a future one.
    (workers.directory / "requests.json").unlink()
    assert workers.take(None, 7) == 56
    assert workers.take(None, 7) == 4
    assert len(written(workers.directory)["times"]) == 60


@contextmanager
def watch_count(log: RequestLog) -> Iterator[list[int]]:
    """Read the day's count continuously, in another thread."""
    seen, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            seen.append(log.counts(NOW).today)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()
