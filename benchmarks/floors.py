"""What is left of a work without this program's own part: its file system calls alone, or the steps of an event alone.

`python -m benchmarks.floors` runs these measurements alone.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen_cfg import resolve
from qwen_schema import Secret, StreamRedactor

from .processes import directory
from .provider import text_of
from .report import write_table
from .working import make_deep_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CALLS = ("stat", "lstat", "readlink", "access", "open")
_DEPTHS = (200, 400, 800)
_EVENTS = 20_000

Calls = list[tuple[str, tuple[Any, ...]]]


def main() -> None:
    """Write the table of floors."""
    with directory() as at:
        rows = [
            _function_calls(at),
            _system_calls("warm `resolve()`", at, at),
            *(_system_calls_in_depth(at, depth) for depth in _DEPTHS),
            *_event(),
        ]
    write_table("floors", ("work", "all of it", "that alone", "what that is"), rows)


def _system_calls_in_depth(at: Path, depth: int) -> tuple[str, str, str, str]:
    return _system_calls(
        f"`resolve()`, {depth} directories deep", make_deep_directory(at / f"floor-{depth}", depth), at
    )


def _system_calls(title: str, cwd: Path, home: Path) -> tuple[str, str, str, str]:
    work = partial(resolve, environ={"PATH": "/usr/bin"}, cwd=cwd, home=home)
    # Before the calls are recorded: the interpreter has to adapt its code again after that.
    whole = _median(work)
    with _recorded_calls() as calls:
        work()
    alone = _median(partial(_replay, calls))
    return title, f"{whole:,.0f} µs", f"{alone:,.0f} µs", f"its {len(calls):,} file system calls"


def _function_calls(at: Path) -> tuple[str, str, str, str]:
    """Return how many functions of Python a warm `resolve()` calls, and what so many calls of an empty one take."""
    work = partial(resolve, environ={"PATH": "/usr/bin"}, cwd=at, home=at)
    count = 0

    def count_call(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    def empty(first: object, second: object) -> None:
        """Do nothing."""

    def call_empty() -> None:
        for _ in range(count):
            empty(None, None)

    whole = _median(work)
    sys.setprofile(count_call)
    work()
    sys.setprofile(None)
    alone = _median(call_empty)
    return "warm `resolve()`", f"{whole:,.0f} µs", f"{alone:,.0f} µs", f"its {count:,} calls of Python functions, empty"


@contextmanager
def _recorded_calls() -> Iterator[Calls]:
    """Note the calls of the file system that are made in a block."""
    calls: Calls = []
    real = {name: getattr(os, name) for name in _CALLS}

    def record_call(name: str, *args: Any, **options: Any) -> Any:
        calls.append((name, args))
        return real[name](*args, **options)

    for name in _CALLS:
        setattr(os, name, partial(record_call, name))
    try:
        yield calls
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def _replay(calls: Calls) -> None:
    """Make calls again; of a file that is opened, the content is read."""
    for name, args in calls:
        with suppress(OSError):
            made = getattr(os, name)(*args)
            if name == "open":
                os.fstat(made)
                os.read(made, 65_536)
                os.close(made)


def _event() -> Iterator[tuple[str, str, str, str]]:
    """Yield what the steps of an event of stream-json take that no other way of writing it could leave out."""
    text, key = text_of(100), Secret("sk-0123456789abcdefghij")
    data = json.dumps({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
    redacting = StreamRedactor()
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        steps: tuple[tuple[str, Callable[[], object]], ...] = (
            ("reading its JSON", lambda: json.loads(data)),
            ("looking for the spellings of one key", lambda: redacting.add(text)),
            ("writing its JSON", lambda: stream.write(f'{{"type": "text", "text": {encode_basestring(text)}}}\n')),
        )
        for what, step in steps:
            each = _median(partial(_repeat, step), rounds=7) / _EVENTS
            yield "an event of 100 bytes in `stream-json`", "", f"{each:.1f} µs", what
    del key


def _repeat(step: Callable[[], object]) -> None:
    for _ in range(_EVENTS):
        step()


def _median(work: Callable[[], object], rounds: int = 31) -> float:
    """Return the median CPU time of a work that was done before, in microseconds."""
    for _ in range(rounds):
        work()

    def once() -> float:
        start = time.thread_time()
        work()
        return (time.thread_time() - start) * 1e6

    return statistics.median(once() for _ in range(rounds))


if __name__ == "__main__":
    main()
