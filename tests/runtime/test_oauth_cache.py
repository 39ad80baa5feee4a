"""The file of a Qwen OAuth login and its lock, both shared with Qwen Code."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from subprocess import PIPE

import pytest
from cli.process import clean_environment
from cli.running import Running
from support.time_limit import time_limit

from qwen_runtime.oauth import BrokenLoginError, Login, LoginCache, lock
from qwen_runtime.oauth.lock import RefreshLock
from qwen_runtime.oauth.login import login_of
from qwen_schema import ConfigurationError, OutputError, Secret

SENTINEL = "tok-SENTINEL-0123456789"
LOGIN = Login(Secret("a"))

# The file.


def cache_in(directory: Path) -> LoginCache:
    return LoginCache(directory / ".qwen" / "oauth_creds.json", "~/.qwen/oauth_creds.json")


@pytest.fixture
def cache(tmp_path: Path) -> LoginCache:
    (tmp_path / ".qwen").mkdir()
    return cache_in(tmp_path)


def test_unknown_entries_of_qwen_codes_file_are_kept(tmp_path: Path) -> None:
    kept, moved = cache_in(tmp_path), cache_in(tmp_path / "moved")
    document = {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "resource_url": "portal.qwen.ai"}
    document |= {"expiry_date": 1796000000123, "scope": "openid", "id": {"ü": [1, None]}, "half": "\ud800"}
    assert kept.read() is None
    kept.write(login_of(document))
    assert json.loads(kept.path.read_text("ascii")) == document
    assert [path.stat().st_mode & 0o777 for path in (kept.path, kept.path.parent)] == [0o600, 0o700]
    # The file may be a link, to a file that others may read.
    moved.path.parent.mkdir(parents=True)
    moved.path.write_text("\ufeff" + json.dumps(document), "utf-8")
    moved.path.chmod(0o644)
    kept.path.unlink()
    kept.path.symlink_to(moved.path)
    login = kept.read()
    assert login == login_of(document)
    kept.write(login)
    assert kept.path.is_symlink()
    assert json.loads(moved.path.read_bytes()) == document
    assert moved.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (*kept.path.parent.iterdir(), *moved.path.parent.iterdir())] == [kept.path.name] * 2


def with_token(rest: str) -> bytes:
    return f'{{"access_token": "{SENTINEL}"{rest}'.encode()


BROKEN = {
    "empty": b"",
    "empty object": b"{}",
    "empty list": b"[]",
    "null": b"null",
    "text": json.dumps(SENTINEL).encode(),
    "no JSON": SENTINEL.encode(),
    "half of one": with_token(""),
    "two of them": with_token("} {}"),
    "not UTF-8": with_token("}").replace(b"SENTINEL", b"SENTINEL\xff"),
    "UTF-16": with_token("}").decode().encode("utf-16"),
    "deep": with_token(', "x": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "many digits": with_token(', "expiry_date": ' + "9" * 5000 + "}"),
    "some digits": with_token(', "expiry_date": ' + "9" * 400 + "}"),
    "too large": with_token(', "x": "' + "x" * 1024 * 1024 + '"}'),
    "no token": json.dumps({"refresh_token": SENTINEL}).encode(),
    "a list of tokens": json.dumps({"access_token": [SENTINEL]}).encode(),
    "a line break in it": json.dumps({"access_token": f"{SENTINEL}\r\nx: y"}).encode(),
    "another list": json.dumps({"access_token": "a", "refresh_token": [SENTINEL]}).encode(),
    "a date as text": json.dumps({"access_token": "a", "expiry_date": SENTINEL}).encode(),
    "an address in parts": json.dumps({"access_token": "a", "resource_url": {SENTINEL: 1}}).encode(),
}


def test_a_number_with_too_many_digits_is_reported(cache: LoginCache) -> None:
    cache.path.write_text(f'{{"access_token": "a", "x": {"9" * 5000}}}')
    with pytest.raises(BrokenLoginError, match="a number has too many digits"):
        cache.read()


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_an_invalid_file_is_moved_aside_and_not_shown(cache: LoginCache, content: bytes) -> None:
    for name in ("broken", "broken-2"):
        cache.path.write_bytes(content)
        with time_limit(), pytest.raises(BrokenLoginError) as refused:
            cache.read()
        assert SENTINEL not in f"{refused.value} {refused.value.hint}"
        assert cache.set_aside() == f"{cache.shown}.{name}"
        assert cache.path.with_name(f"{cache.path.name}.{name}").read_bytes() == content
    assert cache.read() is None
    assert len(list(cache.path.parent.iterdir())) == 2
    assert cache.set_aside() == ""


def test_a_path_that_is_no_file_is_refused_at_once(cache: LoginCache, tmp_path: Path) -> None:
    for make in (os.mkfifo, os.mkdir):
        make(cache.path)
        with time_limit(), pytest.raises(BrokenLoginError):
            cache.read()
        with time_limit(), pytest.raises(OutputError):
            cache.write(LOGIN)
        assert cache.set_aside()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(cache.path))
        with time_limit(), pytest.raises(ConfigurationError):
            cache.read()
    cache.path.unlink()
    cache.path.symlink_to(cache.path)
    with time_limit(), pytest.raises(ConfigurationError):
        cache.read()
    (tmp_path / "file").write_text("")
    below = LoginCache(tmp_path / "file" / "oauth_creds.json", "x")
    assert below.read() is None
    with pytest.raises(OutputError):
        below.write(LOGIN)


# The lock.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".qwen" / "oauth_creds.lock"


def lock_of_another_program(path: Path, age: float = 0.0) -> None:
    """Make the lock like Qwen Code: an ordinary file. `age` is in seconds."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("3f1c…")
    os.utime(path, (time.time() - age,) * 2)


def take(path: Path) -> RefreshLock | None:
    """Return the lock if it could be taken."""
    lock = RefreshLock(path)
    return lock if lock.try_take() else None


def test_one_thread_at_a_time_has_the_lock(path: Path) -> None:
    first = take(path)
    assert first is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert take(path) is None
    first.release()
    assert not path.exists()
    second = take(path)
    assert second is not None
    first.release()
    assert take(path) is None
    second.release()


_HOLD = """\
import sys
from pathlib import Path
from qwen_runtime.oauth.lock import RefreshLock
lock = RefreshLock(Path(sys.argv[1]))
print(lock.try_take(), flush=True)
sys.stdin.read()
lock.release()
"""


def another_process(program: str, path: Path) -> Running:
    return Running(path, cwd=Path.cwd(), environment=clean_environment(None), stdin=PIPE, code=program)


def test_one_process_at_a_time_has_the_lock(path: Path) -> None:
    with another_process(_HOLD, path) as holder:
        assert holder.stdout.readline() == b"True\n"
        # A live process keeps the lock even if the file is old.
        os.utime(path, (time.time() - 11,) * 2)
        assert take(path) is None
        assert holder.communicate() == ("", "")
        assert not path.exists()


def test_a_stale_lock_of_a_killed_process_is_taken_over(path: Path) -> None:
    with another_process(_HOLD, path) as holder:
        assert holder.stdout.readline() == b"True\n"
        holder.kill()
        holder.wait()
    assert take(path) is None
    os.utime(path, (time.time() - 11,) * 2)
    lock = take(path)
    assert lock is not None
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    lock.release()


def test_the_lock_of_another_program_is_respected_until_it_is_stale(path: Path) -> None:
    for age in (0, 9):
        lock_of_another_program(path, age)
        assert take(path) is None
        assert path.read_text() == "3f1c…"
    lock_of_another_program(path, 11)
    lock = take(path)
    assert lock is not None
    assert path.stat().st_mtime > time.time() - 5
    lock.release()
    assert not list(path.parent.iterdir())


def test_an_untouched_lock_with_a_future_time_becomes_stale(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "STALE_SECONDS", 0.2)
    waiting, looked = RefreshLock(path), time.monotonic()
    for age in (-3600, -3601):
        lock_of_another_program(path, age)
        assert not waiting.try_take()
    while not waiting.try_take():
        assert time.monotonic() < looked + 5
    assert time.monotonic() >= looked + 0.2
    waiting.release()


def test_a_stale_lock_that_another_program_took_over_is_restored(path: Path) -> None:
    lock_of_another_program(path, 11)
    late = RefreshLock(path)
    assert late._is_stale()
    path.unlink()
    path.write_text("theirs")
    assert not late._remove_stale()
    assert path.read_text() == "theirs"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_held_lock_is_touched_and_does_not_become_stale(path: Path) -> None:
    held = take(path)
    assert held is not None
    os.utime(path, (time.time() - 8,) * 2)
    until = time.monotonic() + 5
    while path.stat().st_mtime < time.time() - 5:
        assert time.monotonic() < until
        time.sleep(0.05)
    held.release()


def test_a_lock_that_was_taken_over_is_not_removed(path: Path) -> None:
    held = take(path)
    assert held is not None
    path.unlink()
    lock_of_another_program(path)
    held.release()
    assert path.read_text() == "3f1c…"


def test_a_lock_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        RefreshLock(tmp_path / "file" / "x.lock").try_take()


_FULL = """\
import resource, sys
from pathlib import Path
from qwen_runtime.oauth.lock import RefreshLock
from qwen_schema import OutputError
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    RefreshLock(Path(sys.argv[1])).try_take()
except OutputError as error:
    print(error)
"""


def test_a_full_disk_leaves_no_lock_behind(path: Path) -> None:
    with another_process(_FULL, path) as process:
        assert "its lock cannot be created" in process.communicate()[0]
    assert not list(path.parent.iterdir())


# Twelve processes start at the same moment, five times.
_CROWD = """\
import os, sys, time
from pathlib import Path
from qwen_runtime.oauth.lock import RefreshLock

def go_in(path):
    lock = RefreshLock(path)
    while not lock.try_take():
        time.sleep(0.001)
    inside = path.with_name("inside")
    os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
    with path.with_name("count").open("a") as count:
        count.write("x")
    inside.unlink()
    lock.release()

path = Path(sys.argv[1])
for _ in range(5):
    path.write_text("stale")
    os.utime(path, (time.time() - 11,) * 2)
    gate, handle = os.pipe()
    children = []
    for _ in range(12):
        children.append(os.fork())
        if children[-1] == 0:
            os.close(handle)
            os.read(gate, 1)
            try:
                go_in(path)
            except BaseException as error:
                print(repr(error), flush=True)
            os._exit(0)
    os.close(handle)
    for child in children:
        os.waitpid(child, 0)
"""


def test_one_of_many_processes_at_a_time_takes_a_stale_lock(path: Path) -> None:
    path.parent.mkdir()
    with another_process(_CROWD, path) as crowd:
        assert crowd.communicate() == ("", "")
    assert path.with_name("count").read_text() == "x" * 60
    assert [entry.name for entry in path.parent.iterdir()] == ["count"]
