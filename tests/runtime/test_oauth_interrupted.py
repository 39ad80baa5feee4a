"""Processes that end during a token refresh: the login is complete afterwards, or the advice is to log in again."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from itertools import count, groupby
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest
from cli.process import clean_environment
from cli.running import Running
from support.authorization import authorization_server
from support.login_home import Home

from qwen_runtime.oauth.server import LoginRefusedError
from qwen_schema import to_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# For each line of standard input (an artifact, a home and a number N), a process refreshes the login once, and kills
# # itself before its Nth operation on the login's directory, a lock, a socket or a thread.
_KILLED = """\
import json, os, signal, sys
from pathlib import Path
from qwen_runtime.oauth import Tokens, cache_of
from qwen_runtime.oauth.server import AuthorizationServer
from qwen_runtime.settings import settings_of
from qwen_schema.artifact import from_document

def exchange(artifact, home, last):
    done = 0

    def watch(event, args):
        nonlocal done
        # A name without a directory is one in a directory that is held open.
        is_there = str(home) in str(args) or not str(args[0]).startswith("/")
        is_about_files = event.startswith(("open", "os.", "tempfile.")) and is_there
        if is_about_files or event.startswith(("socket.", "fcntl.", "_thread.")):
            done += 1
            if done == last:
                os.write(1, event.encode())
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    settings = settings_of(artifact, base=home, home=home)
    Tokens(cache_of(settings), AuthorizationServer(settings)).current()

for line in sys.stdin:
    document, home, last = json.loads(line)
    child = os.fork()
    if child == 0:
        try:
            exchange(from_document(document), Path(home), last)
            print("done", end="")
        except BaseException as error:
            print(repr(error), end="")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print(flush=True)
"""


def kill_at(process: Running, home: Home, last: int) -> str:
    """Refresh the login in a process that kills itself; return its next operation, or that it is done."""
    process.stdin.write(f"{json.dumps([to_document(home.artifact), str(home.path), last])}\n".encode())
    return process.stdout.readline().decode().strip()


def age_what_is_left(home: Home) -> None:
    """Make the lock of a killed process eleven seconds old."""
    if home.cache.lock_path.exists():
        os.utime(home.cache.lock_path, (time.time() - 11,) * 2)


def test_a_process_may_be_killed_at_any_point_of_a_refresh(tmp_path: Path) -> None:
    points, lost = [], []
    # The measuring of coverage would add points of its own without end.
    environment = clean_environment(tmp_path, measured=False)
    with (
        authorization_server() as server,
        Running(cwd=tmp_path, environment=environment, stdin=PIPE, stderr=2, code=_KILLED) as process,
    ):
        for last in count(1):
            home = Home(tmp_path / str(last), server)
            home.path.mkdir()
            before = json.loads(home.write_login(server.issue(expires_in=-5)))
            server.refreshes = 0
            points.append(kill_at(process, home, last))
            after = json.loads(home.cache.path.read_bytes())
            was_asked, was_kept = server.refreshes == 1, after != before
            assert server.accepts(after["access_token"]) is was_kept
            assert all(file.stat().st_mode & 0o077 == 0 for file in home.cache.path.parent.iterdir())
            age_what_is_left(home)
            try:
                assert server.accepts(home.tokens.renew(home.login.access_token).access_token.reveal())
            except LoginRefusedError as refused:
                lost.append(points[-1])
                assert "Log in again" in refused.hint
                assert json.loads(home.cache.path.read_bytes()) == before
                assert was_asked
                assert not was_kept
            else:
                assert was_kept or not was_asked
            assert not [name for name in home.files if "lock" in name]
            if points[-1] == "done":
                break
    assert {"open", "fcntl.flock", "socket.connect", "os.mkdir", "os.chmod", "os.rename", "os.remove"} <= set(points)
    # The operations between the answer and the saved file: read the old file and its path, remove leftovers, make a
    # # directory to write in, its lock, its .gitignore and the file, set its mode, and move it.
    expected = ["open", "os.listdir", "os.mkdir", "open", "fcntl.flock", "open", "os.chmod", "os.rename"]
    assert [point for point, _ in groupby(lost)] == expected


@pytest.fixture
def refreshing_command(tmp_path: Path) -> Iterator[tuple[Home, Running]]:
    """A command whose login is refreshed at the server, which holds its answer back."""
    with authorization_server(before_answer=threading.Event()) as server:
        home = Home(tmp_path, server)
        home.write_login(server.issue(expires_in=-5))
        with Running(*home.argv, cwd=home.path, environment=clean_environment(home.path)) as process:
            assert server.received.wait(20)
            yield home, process
            assert server.before_answer is not None
            server.before_answer.set()


# The signals in their order, the message about the first one, and the exit code.
ENDINGS = [
    ("INT INT", "interrupted", 130),
    ("TERM", "terminated by SIGTERM", 143),
    ("HUP HUP INT TERM", "terminated by SIGHUP", 129),
    ("QUIT TERM", "terminated by SIGQUIT", 131),
    ("INT TERM HUP", "interrupted", 130),
    ("TERM INT QUIT HUP", "terminated by SIGTERM", 143),
    *(
        (f"{name} TERM", f"terminated by SIG{name}", 128 + signal.Signals[f"SIG{name}"])
        for name in ("ALRM", "VTALRM", "PROF", "USR1", "USR2", "XCPU")
    ),
    ("TERM ALRM USR1 USR2 PROF XCPU", "terminated by SIGTERM", 143),
]
if sys.platform == "linux":
    # macOS ignores the first flag and does not know the others.
    ENDINGS += [
        (name, f"terminated by {signal.Signals[f'SIG{name}'].name}", 128 + signal.Signals[f"SIG{name}"])
        for name in ("IO", "PWR", "STKFLT")
    ]


@pytest.mark.parametrize(("signals", "message", "code"), ENDINGS)
def test_no_signal_interrupts_a_refresh(
    refreshing_command: tuple[Home, Running], signals: str, message: str, code: int
) -> None:
    home, process = refreshing_command
    first, *others = (signal.Signals[f"SIG{name}"] for name in signals.split())
    process.send_signal(first)
    lines = b""
    while lines.count(b"\n") < 2 and (piece := process.stderr.read(4096)):
        lines += piece
    # A second Ctrl-C does not log the user out either.
    for number in others:
        process.send_signal(number)
    ending, notice = lines.decode().splitlines()
    assert ending == f"qwen-cfg: {message}"
    assert "finished first" in notice
    process.wait_until_idle()
    assert process.returncode is None
    assert home.files == ["oauth_creds.json", "oauth_creds.lock"]
    assert home.server.before_answer is not None
    home.server.before_answer.set()
    assert process.communicate() == ("", "")
    assert process.returncode == code
    assert home.server.accepts(home.login.access_token.reveal())
    assert home.files == ["oauth_creds.json"]


def test_a_login_is_lost_if_the_process_is_killed_before_the_answer(
    refreshing_command: tuple[Home, Running],
) -> None:
    home, process = refreshing_command
    before = home.cache.path.read_bytes()
    process.kill()
    process.wait()
    assert home.server.before_answer is not None
    home.server.before_answer.set()
    age_what_is_left(home)
    with pytest.raises(LoginRefusedError) as refused:
        home.tokens.current()
    assert "Log in again" in refused.value.hint
    assert (home.cache.path.read_bytes(), home.files) == (before, ["oauth_creds.json"])
