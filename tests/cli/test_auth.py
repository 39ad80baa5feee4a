"""`auth login`, `auth status`, `auth logout`, and runs with a login, with a real authorization server."""

from __future__ import annotations

import json
import stat
import threading
import time
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import pytest
from support.provider import Reply, streamed_reply

from qwen_schema import dump, load

from .process import KEY, clean_environment
from .running import Running
from .terminal import Typing

if TYPE_CHECKING:
    from support.authorization import AuthorizationServer

    from .process import Desk, Outcome

LOGIN = ".qwen/oauth_creds.json"
LOG_IN = ("auth", "login", "--no-browser")
ASKED = ("run", "-p", "hello", "--auth-type", "qwen-oauth")


def at(service: AuthorizationServer, **more: str) -> dict[str, str]:
    return {"QWEN_OAUTH_BASE_URL": service.url, **more}


def save_login(desk: Desk, service: AuthorizationServer, expires_in: float | None = None, **changes: Any) -> Any:
    """Save a login like Qwen Code, and return its document."""
    document = {**service.issue(expires_in), **changes}
    desk.write(LOGIN, json.dumps(document, indent=2)).chmod(0o600)
    return document


def saved_login(desk: Desk) -> Any:
    return json.loads((desk.home / LOGIN).read_text(encoding="utf-8"))


def assert_no_token(document: Any, *texts: str) -> None:
    for name in ("access_token", "refresh_token"):
        assert document[name] not in "".join(texts)


def test_a_login_shows_the_steps_and_is_saved_like_qwen_codes(desk: Desk, service: AuthorizationServer) -> None:
    with Typing(desk, *LOG_IN, env=at(service), height=50) as person:
        person.until("/authorize?user_code=", "The code is ", "It is valid until ", "Waiting for the login", "left")
        assert not (desk.home / LOGIN).exists()
        service.approve()
        assert person.exit_code() == 0
        text, raw = person.text, person.raw.decode()
    assert "Logged in to use 127.0.0.1" in text
    assert "~/.qwen/oauth_creds.json" in text
    # The QR code is black on white, whatever the colors of the terminal.
    assert "\x1b[38;5;16;48;5;231m" in raw
    login = saved_login(desk)
    assert set(login) == {"access_token", "refresh_token", "token_type", "expiry_date", "resource_url"}
    assert service.accepts(login["access_token"])
    assert 0 < login["expiry_date"] / 1000 - time.time() <= service.token_seconds
    assert stat.S_IMODE((desk.home / LOGIN).stat().st_mode) == 0o600
    assert stat.S_IMODE((desk.home / ".qwen").stat().st_mode) == 0o700
    assert sorted(desk.files()) == [LOGIN]
    assert_no_token(login, raw)


def test_a_new_login_keeps_entries_of_other_programs(desk: Desk, service: AuthorizationServer) -> None:
    old = save_login(desk, service, id_token="an-id-token", extra={"a": [1, None]})
    with Typing(desk, *LOG_IN, env=at(service, TERM="dumb"), term="dumb") as person:
        person.until("Waiting for the login")
        assert saved_login(desk) == old
        service.approve()
        assert person.exit_code() == 0
        assert b"\x1b" not in person.raw
    login = saved_login(desk)
    assert (login["id_token"], login["extra"]) == ("an-id-token", {"a": [1, None]})
    assert login["access_token"] != old["access_token"]


@pytest.mark.parametrize(
    ("how", "code", "words"), [("denied", 4, "denied"), ("expired", 4, "expired"), ("^C", 130, "")]
)
def test_a_failed_login_changes_nothing(
    desk: Desk, service: AuthorizationServer, how: str, code: int, words: str
) -> None:
    old = save_login(desk, service)
    if how == "expired":
        service.code_seconds = 1
    with Typing(desk, *LOG_IN, env=at(service)) as person:
        person.until("Waiting for the login")
        if how == "denied":
            service.deny()
        elif how == "^C":
            person.type("\x03")
        assert person.exit_code() == code
        assert words in person.text
    assert saved_login(desk) == old


def test_server_errors_do_not_end_the_wait(desk: Desk, service: AuthorizationServer) -> None:
    service.poll_replies += [Reply([b"<html>busy</html>"], 503, "text/html"), Reply([], 504), Reply([b"?"], 200)]
    with Typing(desk, *LOG_IN, env=at(service)) as person:
        person.until("Waiting for the login")
        service.approve()
        assert person.exit_code() == 0
    assert service.accepts(saved_login(desk)["access_token"])


def test_without_a_terminal_no_login_starts(desk: Desk, service: AuthorizationServer) -> None:
    for argv in (LOG_IN, ASKED, (*ASKED, "--output-format", "json")):
        outcome = desk.run(*argv, env=at(service)).exits(3)
        assert "OPENAI_API_KEY" in outcome.err
    assert outcome.json["exit_code"] == 3
    assert outcome.json["error"]["class"] == "NoLoginError"
    assert service.requests == []


def test_the_browser_is_optional_and_gets_no_key(desk: Desk, service: AuthorizationServer) -> None:
    script = desk.write("browser.sh", f'#!/bin/sh\necho "$1" > {desk.home}/opened\nenv > {desk.home}/environment\n')
    script.chmod(0o755)
    env = at(service, OPENAI_API_KEY=KEY, BROWSER=f"{script} %s")
    with Typing(desk, "auth", "login", env=env, width=120) as person:
        person.until("Waiting for the login")
        deadline = time.monotonic() + 20
        while not (desk.home / "environment").exists() or not (desk.home / "environment").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        service.approve()
        assert person.exit_code() == 0
        # There is also a key, which would be used.
        assert "An API key is set here and is used" in person.text.replace("qwen-cfg: an", "An")
    address = (desk.home / "opened").read_text().strip()
    assert address.startswith(f"{service.url}/authorize?user_code=")
    assert address in person.text
    assert KEY not in (desk.home / "environment").read_text()


def test_a_run_uses_the_login_and_its_api_address(desk: Desk, service: AuthorizationServer) -> None:
    login = save_login(desk, service)
    # Settings of the other method do not count.
    env = at(service, OPENAI_API_KEY=KEY, OPENAI_BASE_URL="https://elsewhere.example/v1", OPENAI_MODEL="another")
    outcome = desk.run(*ASKED, "--output-format", "json", env=env).exits(0)
    (chat,) = service.chats
    assert chat.authorization == f"Bearer {login['access_token']}"
    assert chat.path == "/api/v1/chat/completions"
    assert chat.headers["x-dashscope-authtype"] == "qwen-oauth"
    assert chat.body["model"] == "coder-model"
    result = outcome.json
    assert result["answer"].startswith("pong")
    assert result["config"]["base_url"] == f"{service.url}/api/v1"
    assert result["provenance"]["base_url"]["origin"] == "the Qwen OAuth login"
    assert_no_token(login, outcome.out, outcome.err)
    assert service.refreshes == 0


def test_a_committed_artifact_uses_the_login_of_its_user(desk: Desk, service: AuthorizationServer) -> None:
    desk.run("resolve", "--auth-type", "qwen-oauth", "-o", "a.toml", env=at(service)).exits(0)
    login = save_login(desk, service)
    text = (desk.cwd / "a.toml").read_text(encoding="utf-8")
    assert_no_token(login, text)
    assert 'path = "~/.qwen/oauth_creds.json"' in text
    desk.run("run", "--config", "a.toml", "-p", "hello", env=at(service)).exits(0)
    assert len(service.chats) == 1
    desk.run("check", "a.toml", env=at(service, QWEN_OAUTH="1")).exits(0)


@pytest.mark.parametrize("setting", ["qwen_oauth_url", "path"])
def test_an_artifact_does_not_change_the_login_server(desk: Desk, service: AuthorizationServer, setting: str) -> None:
    document = save_login(desk, service, expires_in=-1)
    desk.run("resolve", "--auth-type", "qwen-oauth", "-o", "a.toml", env=at(service)).exits(0)
    file = desk.cwd / "a.toml"
    artifact = load(file.read_text(encoding="utf-8"))
    if setting == "path":
        precious = desk.write("precious.json", "{}")
        file.write_text(dump(artifact).replace("~/.qwen/oauth_creds.json", "~/precious.json"), encoding="utf-8")
    # The environment no longer names this login server.
    refused = desk.run("run", "--config", "a.toml", "-p", "x", env=at(service) if setting == "path" else {}).exits(5)
    assert setting in refused.err or "precious" in refused.err
    assert service.requests == service.chats == []
    assert saved_login(desk) == document
    if setting == "path":
        assert precious.read_text(encoding="utf-8") == "{}"


def test_a_file_of_the_project_does_not_set_the_login_server(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service, expires_in=-1)
    desk.write("work/app/.env", f"QWEN_OAUTH_BASE_URL={service.url}\n")
    assert json.loads(desk.run("resolve", "--format", "json").exits(0).out)["config"]["qwen_oauth_url"] == (
        "https://chat.qwen.ai"
    )
    assert "QC107" in desk.run("resolve", "--explain").exits(0).out
    assert service.requests == []


@pytest.mark.parametrize(
    ("resource_url", "code"),
    [
        ("api.stranger.example", 5),
        ("https://portal.qwen.ai.stranger.example/v1", 5),
        ("portal.qwen.ai:8443", 5),
        ("http://portal.qwen.ai", 3),
        ("https://user@portal.qwen.ai", 3),
        ("portal.qwen.ai", 6),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", 6),
    ],
)
def test_a_login_is_sent_only_to_known_hosts_without_approval(
    desk: Desk, service: AuthorizationServer, resource_url: str, code: int
) -> None:
    """Nothing listens at the proxy, so each request ends after the decision to send it."""
    save_login(desk, service, resource_url=resource_url)
    env = at(service, HTTPS_PROXY="http://127.0.0.1:9", QWEN_CFG_MAX_RETRIES="0")
    refused = desk.run(*ASKED, env=env).exits(code)
    if code == 5:
        assert "resource_url" in refused.err
        assert "qwen-cfg trust" in refused.err
        desk.run("trust", "--yes", "--auth-type", "qwen-oauth", env=env).exits(0)
        desk.run(*ASKED, env=env).exits(6)
        save_login(desk, service, resource_url="another.example")
        desk.run(*ASKED, env=env).exits(5)


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("none", 1, "none"),
        ("fresh", 0, "it is refreshed automatically"),
        ("ended", 0, "the next request refreshes it"),
        ("ended for good", 1, "cannot be refreshed"),
        ("broken", 1, "access_token is missing"),
    ],
)
def test_the_status_shows_whether_the_login_is_usable(
    desk: Desk, service: AuthorizationServer, state: str, code: int, words: str
) -> None:
    login = service.issue()
    if state == "broken":
        desk.write(LOGIN, json.dumps({"refresh_token": login["refresh_token"]}))
    elif state != "none":
        no_more = {"refresh_token": None} if state == "ended for good" else {}
        login = {**login, **save_login(desk, service, expires_in=-60 if "ended" in state else 60, **no_more)}
    before = desk.files()
    text = desk.run("auth", "status", env=at(service)).exits(code)
    data = desk.run("auth", "status", "--format", "json", env=at(service)).exits(code)
    assert words in text.out
    assert "of 2,000" in text.out
    assert data.json["usable"] == (code == 0)
    assert desk.files() == before
    assert str(login["access_token"]) not in text.output + data.output
    assert service.requests == []


def test_logout_removes_the_login(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    assert "Logged out" in desk.run("auth", "logout", env=at(service)).exits(0).out
    assert not (desk.home / LOGIN).exists()
    assert "No login found" in desk.run("auth", "logout", env=at(service)).exits(0).out
    desk.run(*ASKED, env=at(service)).exits(3)


def test_an_invalid_login_file_is_moved_aside(desk: Desk, service: AuthorizationServer) -> None:
    for number in range(2):
        desk.write(LOGIN, f"broken {number}")
        outcome = desk.run(*ASKED, env=at(service)).exits(3)
        assert "oauth_creds.json.broken" in outcome.err
        assert "auth login" in outcome.err
    contents = {path: text for path, text in desk.files().items() if "broken" in path}
    assert sorted(contents.values()) == [b"broken 0", b"broken 1"]


def write_count(desk: Desk, today: int, *ago: float) -> None:
    """Write a count of requests: the number of today, and the ages in seconds of those in the last minute."""
    now = time.time()
    day = time.strftime("%Y-%m-%d", time.gmtime(now + 8 * 3600))
    times = sorted(now - seconds for seconds in ago)
    document = {"format": 1, "day": day, "today": today, "times": times}
    desk.write(".local/state/qwen-cfg/requests.json", json.dumps(document)).chmod(0o600)
    (desk.home / ".local/state/qwen-cfg").chmod(0o700)


def test_a_request_waits_if_the_minute_is_used_up(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    # The oldest one leaves the minute soon, however long the start takes.
    write_count(desk, 60, *([30.0] * 57), 54.0, 55.0, 56.0)
    start = time.monotonic()
    outcome = desk.run(*ASKED, env=at(service)).exits(0)
    assert "60 requests were made in the last minute" in outcome.err
    assert time.monotonic() - start > 2
    assert len(service.chats) == 1


def test_the_daily_count_and_another_model_are_reported(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    write_count(desk, 1849)
    service.answers_as = "qwen3-small"
    outcome = desk.run(*ASKED, env=at(service)).exits(0)
    assert "1,850 of the 2,000" in outcome.err
    assert "qwen3-small answered, not coder-model" in outcome.err
    # The count does not apply to an API key.
    assert not [line for line in desk.run("auth", "status", env=at(service)).out.splitlines() if "1,849" in line]


def start(desk: Desk, service: AuthorizationServer, *argv: str) -> Running:
    """Start a command in the background without its output."""
    environment = clean_environment(desk.home, at(service))
    return Running(*argv, cwd=desk.cwd, environment=environment, stdout=DEVNULL, stderr=DEVNULL)


def assert_advice_after_refusal(outcome: Outcome) -> None:
    for words in ("2026-04-15", "OPENAI_API_KEY", "auth login"):
        assert words in outcome.err


def test_a_service_without_logins_is_reported(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    refusal = {"error": {"message": "invalid access token or token expired", "code": "invalid_api_key"}}
    service.chat_replies += [Reply([json.dumps(refusal).encode()], 401, "application/json")] * 2
    assert_advice_after_refusal(desk.run(*ASKED, env=at(service)).exits(4))
    assert service.refreshes == 1
    quota = {"error": {"message": "Free allocated quota exceeded.", "code": "insufficient_quota"}}
    service.chat_replies += [Reply([json.dumps(quota).encode()], 429, "application/json")]
    outcome = desk.run(*ASKED, env=at(service)).exits(6)
    assert "2026-04-15" in outcome.err


def test_doctor_tries_the_login(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service, expires_in=-1)
    outcome = desk.run("doctor", "--auth-type", "qwen-oauth", "--chat", "--format", "json", env=at(service))
    steps = {step["name"]: step["outcome"] for step in outcome.json["steps"]}
    assert steps["chat"] == "ok", outcome.out
    assert service.refreshes == 1


@pytest.mark.parametrize("form", ["text", "json", "stream-json"])
def test_a_token_in_an_answer_is_not_shown(desk: Desk, service: AuthorizationServer, form: str) -> None:
    login = save_login(desk, service)
    service.chat_replies += [streamed_reply("tok ", login["access_token"], " ", login["refresh_token"], " end")]
    outcome = desk.run(*ASKED, "--output-format", form, env=at(service)).exits(0)
    assert "end" in outcome.out
    assert_no_token(login, outcome.output)


def test_logout_during_a_refresh_removes_the_login(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service, expires_in=-1)
    service.hold_before = threading.Event()
    with start(desk, service, *ASKED) as refreshing:
        assert service.received.wait(20)
        with start(desk, service, "auth", "logout") as leaving:
            with pytest.raises(AssertionError, match="did not end"):
                leaving.wait(0.5)
            service.hold_before.set()
            assert leaving.wait(20) == 0
        refreshing.wait(20)
    assert not (desk.home / LOGIN).exists()


def test_a_login_removed_during_a_refresh_stays_removed(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service, expires_in=-1)
    service.hold_before = threading.Event()
    with start(desk, service, *ASKED) as refreshing:
        assert service.received.wait(20)
        (desk.home / LOGIN).unlink()
        service.hold_before.set()
        assert refreshing.wait(20) == 4
    assert not (desk.home / LOGIN).exists()


def test_a_login_is_never_sent_unencrypted(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    in_the_clear = "http://models.example/v1"
    outcome = desk.run(*ASKED, "--openai-base-url", in_the_clear, env=at(service)).exits(3)
    assert "sent unencrypted" in outcome.err
    flags = ["--auth-type", "qwen-oauth", "--openai-base-url", in_the_clear, "-o", "a.toml"]
    desk.run("resolve", *flags, env=at(service)).exits(0)
    for more, code in (([], 5), (["--trust-project"], 3)):
        desk.run("run", "--config", "a.toml", "-p", "x", *more, env=at(service)).exits(code)


def test_an_artifact_sends_a_login_to_no_other_provider(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    flags = ["--auth-type", "qwen-oauth", "--openai-base-url", "https://openrouter.ai/api/v1", "-o", "a.toml"]
    desk.run("resolve", *flags, env=at(service)).exits(0)
    refused = desk.run("run", "--config", "a.toml", "-p", "x", env=at(service)).exits(5)
    assert "openrouter.ai" in refused.err
    assert "login" in refused.err


@pytest.mark.parametrize(("there", "code"), [("garbage", 0), ("a directory", 2)])
def test_another_file_in_place_of_the_login_is_kept(
    desk: Desk, service: AuthorizationServer, there: str, code: int
) -> None:
    if there == "garbage":
        desk.write(LOGIN, there)
    else:
        (desk.home / LOGIN).mkdir(parents=True)
    with Typing(desk, *LOG_IN, env=at(service)) as person:
        if code == 0:
            person.until("Waiting for the login")
            service.approve()
        assert person.exit_code() == code
    # The user is not asked to log in in vain.
    assert bool(service.requests) == (code == 0)
    assert desk.files().get(f"{LOGIN}.broken", b"garbage") == b"garbage"
    assert (f"{LOGIN}.broken" in desk.files()) == (code == 0)


def test_a_login_with_an_unusable_api_address_does_not_replace_the_old_one(
    desk: Desk, service: AuthorizationServer
) -> None:
    old = save_login(desk, service)
    service.resource_url = "http://portal.qwen.ai"
    with Typing(desk, *LOG_IN, env=at(service)) as person:
        person.until("Waiting for the login")
        service.approve()
        assert person.exit_code() == 6
        assert "cannot be used" in person.text
    assert saved_login(desk) == old


def test_a_slow_server_does_not_outlast_the_code(desk: Desk, service: AuthorizationServer) -> None:
    service.code_seconds = 2
    service.poll_replies += [Reply([b" "] * 200, 200, "application/json", pause=0.2)]
    started_at = time.monotonic()
    with Typing(desk, *LOG_IN, env=at(service)) as person:
        assert person.exit_code() == 4
    assert time.monotonic() - started_at < 15


def test_a_refused_code_mentions_the_end_of_the_free_tier(desk: Desk, service: AuthorizationServer) -> None:
    env = at(service) | {"QWEN_OAUTH_BASE_URL": f"{service.url}/nowhere"}
    with Typing(desk, *LOG_IN, env=env, width=300) as person:
        assert person.exit_code() == 6
        assert "2026-04-15" in person.text
