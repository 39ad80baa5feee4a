"""Refreshing a Qwen OAuth login: with many processes, with bad responses of the server, and with a wrong clock."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cli.process import Outcome, clean_environment
from cli.running import Running
from support.authorization import authorization_server
from support.login_home import ANSWER, Home
from support.provider import Reply, refusal

from qwen_runtime.oauth.server import LoginRefusedError
from qwen_schema import AuthenticationError, QwenCfgError, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR = 3600.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with authorization_server() as server:
        yield Home(tmp_path, server)


# Many processes, one refresh.

# Twenty command lines that start at once, each in its own process with all modules loaded.
_CROWD = """\
import json, os, sys, tempfile
from qwen_cfg.__main__ import entry
gate, handle = os.pipe()
crowd = []
for _ in range(20):
    streams = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    crowd.append((os.fork(), streams))
    if crowd[-1][0] == 0:
        os.close(handle)
        os.read(gate, 1)
        os.dup2(streams[0].fileno(), 1)
        os.dup2(streams[1].fileno(), 2)
        entry()
os.close(handle)
outcomes = []
for child, streams in crowd:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    outcomes.append([status, *((stream.seek(0), stream.read().decode())[1] for stream in streams)])
json.dump(outcomes, sys.stdout)
"""


@pytest.mark.parametrize("is_expired", [True, False])
def test_twenty_processes_refresh_a_login_once(home: Home, is_expired: bool) -> None:
    home.write_login(home.server.issue(expires_in=-5))
    if not is_expired:
        # The token only looks valid: all requests are refused.
        home.write_login({**json.loads(home.cache.path.read_bytes()), "expiry_date": (time.time() + HOUR) * 1000})
    with Running(*home.argv, cwd=home.path, environment=clean_environment(home.path), code=_CROWD) as crowd:
        out, _ = crowd.communicate()
        assert crowd.returncode == 0
    assert [Outcome(*outcome) for outcome in json.loads(out)] == [Outcome(0, f"{ANSWER}\n", "")] * 20
    assert (home.server.refreshes, home.server.reused) == (1, 0)
    assert len(home.server.chats) >= 20
    assert home.server.accepts(home.login.access_token.reveal())
    assert home.files == ["oauth_creds.json"]


# Responses of the server, and the clock.


def test_a_refused_refresh_gives_advice_and_keeps_the_file(home: Home) -> None:
    document = home.server.issue(expires_in=-5)
    before = home.write_login(document)
    home.server.revoke()
    outcome = home.run().exits(4)
    assert "the login is no longer accepted (400: invalid_grant" in outcome.err
    assert "Log in again: qwen-cfg auth login" in outcome.err
    assert "The free tier of Qwen OAuth was closed on 2026-04-15" in outcome.err
    assert not [token for token in ("access_token", "refresh_token") if document[token] in outcome.output]
    assert (home.cache.path.read_bytes(), home.server.refreshes, home.server.chats) == (before, 1, [])
    assert home.files == ["oauth_creds.json"]


def test_a_token_in_the_servers_refusal_is_not_shown(home: Home) -> None:
    document = home.server.issue(expires_in=-5)
    home.write_login(document)
    home.server.refresh_replies.append(
        Reply([json.dumps({"error": "x", "error_description": document["refresh_token"]}).encode()], 401)
    )
    with pytest.raises(LoginRefusedError) as refused:
        home.ask()
    assert document["refresh_token"] not in str(refused.value)


def test_a_login_that_another_program_refreshed_is_used(home: Home) -> None:
    home.server.hold_before = threading.Event()
    home.write_login(home.server.issue(expires_in=-5))
    with ThreadPoolExecutor() as pool:
        found = pool.submit(home.tokens.current)
        assert home.server.received.wait(10)
        # Nothing makes this program take the lock.
        home.server.revoke()
        newer = home.server.issue()
        home.write_login(newer)
        home.server.hold_before.set()
        assert found.result(10).access_token.reveal() == newer["access_token"]
    assert (home.server.refreshes, home.files) == (1, ["oauth_creds.json"])


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_server_decides_if_the_clock_is_wrong(home: Home, hours: float) -> None:
    document = home.server.issue()
    home.write_login({**document, "expiry_date": (time.time() + hours * HOUR) * 1000})
    if hours > 0:
        home.server.expire_access_tokens()
    assert home.ask() == ANSWER
    # Without a refresh before it, the prompt is sent twice.
    assert (home.server.refreshes, len(home.server.chats)) == ((1, 2) if hours > 0 else (1, 1))
    assert home.login.access_token.reveal() != document["access_token"]
    assert home.server.chats[-1].authorization == f"Bearer {home.login.access_token.reveal()}"
    assert home.ask() == ANSWER
    assert home.server.refreshes == 1


@pytest.mark.parametrize(("seconds", "refreshes"), [(25, 1), (60, 0)])
def test_a_login_is_refreshed_half_a_minute_before_it_expires(home: Home, seconds: float, refreshes: int) -> None:
    home.write_login(home.server.issue(seconds))
    assert home.ask() == ANSWER
    assert (home.server.refreshes, len(home.server.chats)) == (refreshes, 1)


def test_a_login_without_an_expiry_is_used_until_it_is_refused(home: Home) -> None:
    home.write_login({**home.server.issue(), "expiry_date": None})
    assert home.ask() == ANSWER
    assert home.server.refreshes == 0


def test_entries_missing_from_a_refresh_stay_unchanged(home: Home) -> None:
    home.server.rotates, home.server.resource_url = False, None
    document = home.server.issue(expires_in=-5)
    home.write_login({**document, "resource_url": f"{home.server.url}/api", "id_token": "kept"})
    assert home.ask() == ANSWER
    after = json.loads(home.cache.path.read_bytes())
    assert after["refresh_token"] == document["refresh_token"]
    assert (after["resource_url"], after["id_token"]) == (f"{home.server.url}/api", "kept")
    assert after["expiry_date"] / 1000 == pytest.approx(time.time() + home.server.token_seconds, abs=20)


def test_an_error_of_null_is_no_error(home: Home) -> None:
    home.write_login(home.server.issue(expires_in=-5))
    answer = {"access_token": "b", "expires_in": 60, "error": None, "refresh_token": None, "resource_url": None}
    home.server.refresh_replies.append(Reply([json.dumps(answer).encode()], 200))
    before, new = home.login, home.tokens.current()
    assert new == replace(before, access_token=Secret("b"), ends_at=new.ends_at)


def test_a_second_refusal_is_an_error(home: Home) -> None:
    home.write_login(home.server.issue())
    home.server.chat_replies += [refusal(401, "invalid access token or token expired")] * 2
    outcome = home.run().exits(4)
    assert "refused the Qwen OAuth login (401" in outcome.err
    assert (home.server.refreshes, len(home.server.chats)) == (1, 2)
    assert home.server.accepts(home.login.access_token.reveal())


@pytest.mark.parametrize("expires_in", [-5, HOUR])
def test_without_a_refresh_token_the_advice_is_to_log_in(home: Home, expires_in: float) -> None:
    document = home.server.issue(expires_in)
    home.server.expire_access_tokens()
    before = home.write_login({name: value for name, value in document.items() if name != "refresh_token"})
    with pytest.raises(AuthenticationError, match="no refresh token") as raised:
        home.ask()
    assert "Log in again" in raised.value.hint
    assert (home.cache.path.read_bytes(), home.files) == (before, ["oauth_creds.json"])


def test_for_a_removed_login_the_advice_is_to_log_in(home: Home) -> None:
    home.write_login(home.server.issue())
    tokens = home.tokens
    tokens.current()
    assert home.cache.remove()
    for look in (tokens.current, lambda: tokens.renew(tokens.current().access_token)):
        with pytest.raises(AuthenticationError) as gone:
            look()
        assert "Log in again" in gone.value.hint
    assert home.files == []


FAILURES = {
    "nobody there": None,
    "server error": Reply([b"<html>"], 503),
    "tokens all the same": Reply([b'{"access_token": "a", "expires_in": 60}'], 502),
    "no JSON": Reply([b"<html>"], 200),
    "no token": Reply([b'{"token_type": "Bearer", "expires_in": 60}'], 200),
    "an odd token": Reply([b'{"access_token": "a\\nb", "expires_in": 60}'], 200),
    "an odd time": Reply([b'{"access_token": "a", "expires_in": "soon"}'], 200),
    "cut off": Reply([b'{"access_'], 200, headers={"content-length": "900"}, drop=True),
    "moved": Reply([], 302, headers={"location": "https://evil.example/"}),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_without_the_server_a_login_is_used_until_it_expires(home: Home, failure: Reply | None) -> None:
    tokens = (home if failure is not None else replace(home, url="http://127.0.0.1:9")).tokens
    for expires_in in (20, -5):
        document = home.server.issue(expires_in)
        before = home.write_login(document)
        if failure is not None:
            home.server.refresh_replies.append(failure)
        if expires_in > 0:
            assert tokens.current().access_token.reveal() == document["access_token"]
        else:
            with pytest.raises(QwenCfgError) as raised:
                tokens.current()
            assert raised.value.exit_code == 6
        assert (home.cache.path.read_bytes(), home.files) == (before, ["oauth_creds.json"])


# Limits the size of files: a lock fits, and a login does not.
NO_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"


def test_a_login_that_cannot_be_saved_is_used_for_the_run(home: Home) -> None:
    before = home.write_login(home.server.issue(expires_in=-5))
    # So that a second refresh is needed.
    home.server.chat_replies.append(refusal(401, "invalid access token or token expired"))
    outcome = home.run(before=NO_ROOM).exits(0)
    assert outcome.out == f"{ANSWER}\n"
    assert "the login was refreshed but cannot be saved" in outcome.err
    assert (home.server.refreshes, home.server.reused) == (2, 0)
    assert (home.cache.path.read_bytes(), home.files) == (before, ["oauth_creds.json"])
