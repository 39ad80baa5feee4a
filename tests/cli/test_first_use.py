"""The first `qwen-cfg run` in a terminal: it asks for the missing settings, and `/auth` asks again later."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.authorization import authorization_server

from .key_presses import press
from .process import KEY, Desk
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

OTHER = "sk-another-0123456789-0123456789-0123456789"


def answer(person: Typing, server: Provider, *, key: str = KEY, keep: str = "1", model: str = "") -> None:
    """Answer every question of the dialogue."""
    press(person, "8\r", "Provider [")
    press(person, "\x15" + f"{server.url}/v1\r", "Base URL")
    press(person, f"{key}\r", "API key (")
    press(person, f"{model}\r", "Model [")
    press(person, f"{keep}\r", "Keep [")


def test_the_first_run_asks_saves_and_chats(desk: Desk, server: Provider) -> None:
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    with Typing(desk, "run", height=60) as person:
        person.until("There is no API key yet", "Which provider")
        answer(person, server)
        press(person, "hello\r", "/help", "saved in ./.qwen/.env", ".gitignore")
        person.until("pong from gpt-4o")
        person.type("\x04")
        assert person.exit_code() == 0
        assert KEY.encode() not in person.raw
    (request,) = server.take_requests()
    assert (request.authorization, request.texts) == (f"Bearer {KEY}", ["hello"])
    file = desk.cwd / ".qwen" / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    assert KEY in file.read_text()
    assert ".qwen/.env" in (desk.cwd / ".gitignore").read_text().splitlines()
    # The next run asks nothing.
    assert desk.run("run", "-p", "again").exits(0).out == "pong from gpt-4o ü\n"
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_the_dialogue_begins_with_one_line(desk: Desk) -> None:
    with Typing(desk, "run", height=60) as person:
        person.until("Provider [")
        assert person.lines[0].startswith("There is no API key yet.")
        assert person.lines[1] == "Which provider do you use?"
        person.type("\x04")
        assert person.exit_code() == 3


def test_a_failed_login_returns_to_the_question(desk: Desk, server: Provider) -> None:
    with authorization_server(interval=0.2) as service:
        env = {"QWEN_OAUTH_BASE_URL": service.url}
        with Typing(desk, "run", "--no-browser", height=200, env=env) as person:
            press(person, "9\r", "Provider [")
            person.until("Waiting for the login")
            service.deny()
            person.until("denied", "Provider [")
            # The first answer is still on the screen, so this one begins a new dialogue.
            press(person, "8\r", "denied", "Provider [")
            press(person, f"{server.url}/v1\r", "Base URL:")
            press(person, f"{KEY}\r", "API key (")
            press(person, "\r", "Model [")
            press(person, "2\r", "Keep [")
            press(person, "hello\r", "/help")
            press(person, "\x04", "pong from gpt-4o")
            assert person.exit_code() == 0
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_a_missing_login_server_returns_to_the_question(desk: Desk) -> None:
    with Typing(desk, "run", "--no-browser", height=200, env={"QWEN_OAUTH_BASE_URL": "http://127.0.0.1:1"}) as person:
        press(person, "9\r", "Provider [")
        press(person, "\x03", "no server listens", "Provider [")
        assert person.exit_code() == 3


def test_a_key_missing_in_the_keyring_returns_to_the_question(desk: Desk) -> None:
    with Typing(desk, "run", height=200) as person:
        press(person, "1\r", "Provider [")
        press(person, "\r", "Base URL [")
        press(person, "keyring:qwen/nobody\r", "API key (")
        press(person, "\r", "Model [")
        press(person, "2\r", "Keep [")
        press(person, "\x03", "Keep [", "keyring", "Provider [")
        assert person.exit_code() == 3


@pytest.mark.parametrize("wrong", ["sk-or-v1-0123456789abcdefghijklmnopqr", "https://api.openai.com/v1", "op://a/b/c"])
def test_an_invalid_key_is_refused_at_once(desk: Desk, wrong: str) -> None:
    with Typing(desk, "run", height=60) as person:
        press(person, "1\r", "Provider [")
        press(person, "\r", "Base URL [")
        press(person, f"{wrong}\r", "API key (")
        press(person, "\x03", "hat cannot be", "API key (")
        assert person.exit_code() == 3


def test_settings_for_this_session_only_are_not_saved(desk: Desk, server: Provider) -> None:
    before = desk.files()
    with Typing(desk, "run", height=100) as person:
        answer(person, server, keep="2")
        press(person, "/config\r", "/help")
        press(person, "hello\r", "/config", "base_url", "/auth", "/config toml")
        press(person, "\x04", "pong from")
        assert person.exit_code() == 0
        assert KEY.encode() not in person.raw
    left = {path: text for path, text in desk.files().items() if path not in before}
    assert set(left) == {".local/state/qwen-cfg/history"}
    assert KEY.encode() not in b"".join(left.values())


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_leaving_the_dialogue_changes_nothing(desk: Desk, keys: str, term: str) -> None:
    with Typing(desk, "run", term=term) as person:
        press(person, "1\r", "Provider [")
        press(person, "\r", "Base URL")
        press(person, keys, "API key (")
        assert person.exit_code() == 3
        assert "There is no API key" in person.text
    assert desk.files() == {}


def test_an_empty_variable_that_hides_a_saved_value_is_reported(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", env={"OPENAI_API_KEY": ""}, height=60, width=160) as person:
        answer(person, server)
        person.until("/help", "environment OPENAI_API_KEY is empty and hides", "the value you typed is used")
        assert "Later: unset OPENAI_API_KEY" in " ".join(person.text.split())
        assert "--no-env-file" not in person.text
        person.type("hello\r")
        press(person, "\x04", "pong from")
        assert person.exit_code() == 0
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_a_dumb_terminal(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", term="dumb") as person:
        press(person, "\r", "Provider [")
        press(person, f"{server.url}/v1\r", "Base URL")
        press(person, f"{KEY}\r", "API key (")
        press(person, "\r", "Show it in full")
        press(person, "m\r", "Model [")
        press(person, "2\r", "Keep [")
        press(person, "hello\r", "/help")
        press(person, "\x04", "pong from m")
        assert person.exit_code() == 0
        assert b"\x1b" not in person.raw
        assert KEY.encode() not in person.raw
    assert server.take_requests()[0].body["model"] == "m"


def test_an_empty_variable_that_hides_a_key_is_reported_before_the_questions(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    with Typing(desk, "run", env={"OPENAI_API_KEY": ""}, height=60, width=200) as person:
        person.until("QC101", "which hides its value in ./.qwen/.env:1", "unset OPENAI_API_KEY", "Provider [")
        assert KEY.encode() not in person.raw


@pytest.mark.parametrize("home", ["relative", "/no/such/home"])
def test_without_a_valid_home_no_history_is_saved(desk: Desk, server: Provider, home: str) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server.url}/v1", "HOME": home}
    with Typing(desk, "run", env=env) as person:
        press(person, "hello\r", "/help")
        press(person, "\x04", "pong from")
        assert person.exit_code() == 0
    assert desk.files() == {}
    assert not Path(home).exists()


@pytest.mark.parametrize("text", ["OPENAI_API_KEY=x\nOPENAI_BASE_URL=nowhere\n", "OPENAI_BASE_URL=nowhere\n"])
def test_an_invalid_value_is_an_error_and_not_asked_for(desk: Desk, text: str) -> None:
    desk.write("work/app/.env", text)
    with Typing(desk, "run") as person:
        assert person.exit_code() == 3
        assert "base_url from ./.env" in " ".join(person.text.split())
        assert "Provider" not in person.text


@pytest.mark.parametrize("how", ["resolved", "artifact"])
def test_auth_changes_the_key_and_the_conversation_goes_on(desk: Desk, server: Provider, how: str) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_MODEL": "first"}
    desk.run("resolve", "-o", "a.toml", env=env).exits(0)
    with Typing(desk, "run", *(["--config", "a.toml"] if how == "artifact" else []), env=env, height=80) as person:
        press(person, "one\r", "/help")
        press(person, "/auth\r", "pong from first")
        press(person, "8\r", "Provider [")
        press(person, "\r", "Base URL")
        press(person, f"{OTHER}\r", "API key (")
        press(person, "\x15second\r", "Model [")
        press(person, "2\r", "Keep [")
        press(person, "two\r", "from the key typed at /auth")
        press(person, "\x04", "pong from second")
        assert person.exit_code() == 0
        assert OTHER.encode() not in person.raw
    first, second = server.take_requests()
    assert (first.authorization, second.authorization) == (f"Bearer {KEY}", f"Bearer {OTHER}")
    assert second.texts == ["one", "pong from first ü", "two"]
    assert second.body["model"] == "second"


def test_a_cancelled_auth_changes_nothing(desk: Desk, server: Provider) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server.url}/v1"}
    with Typing(desk, "run", env=env) as person:
        press(person, "/auth\r", "/help")
        press(person, "\x03", "Provider [")
        press(person, "hello\r", "Provider", "gpt-4o")
        press(person, "\x04", "pong from")
        assert person.exit_code() == 0
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_an_artifact_saved_in_a_session_needs_a_flag_for_its_key(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.toml", "--openai-api-key", "x", "--openai-base-url", f"{server.url}/v1").exits(0)
    text = (desk.cwd / "a.toml").read_text().replace('flag = "--openai-api-key"', 'flag = "/auth"')
    desk.write("work/app/a.toml", text)
    desk.run("run", "-p", "x", "--config", "a.toml").exits(3)
    desk.run("run", "-p", "x", "--config", "a.toml", "--openai-api-key", OTHER).exits(0)
    assert server.take_requests()[0].authorization == f"Bearer {OTHER}"
