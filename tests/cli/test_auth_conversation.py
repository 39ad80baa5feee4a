"""Changing the authentication in a conversation: no config, a login, a key and back; the messages stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .key_presses import press
from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from support.authorization import AuthorizationServer
    from support.provider import Provider

    from .process import Desk

LOGIN = ".qwen/oauth_creds.json"


def save_login(desk: Desk, service: AuthorizationServer, expires_in: float | None = None) -> dict[str, object]:
    document = service.issue(expires_in)
    desk.write(LOGIN, json.dumps(document)).chmod(0o600)
    return document


def test_from_no_config_to_a_login_to_a_key_and_back(
    desk: Desk, service: AuthorizationServer, server: Provider
) -> None:
    env = {"QWEN_OAUTH_BASE_URL": service.url}
    with Typing(desk, "run", "--no-browser", env=env, height=120) as person:
        press(person, "9\r", "Provider [")
        person.until("The code is", "Waiting for the login")
        service.approve()
        press(person, "one\r", "coder-model at 127.0.0.1", "logged in with Qwen OAuth", "/help")
        press(person, "/auth\r", "pong from coder-model")
        press(person, "8\r", "> /auth", "Provider [")
        press(person, f"\x15{server.url}/v1\r", "Base URL:")
        press(person, f"{KEY}\r", "API key (")
        press(person, "\x15second\r", "Model [gpt-4o]")
        press(person, "2\r", "Keep [")
        press(person, "two\r", "method", "openai", "terms", "/terms")
        press(person, "/auth\r", "pong from second")
        press(person, "9\r", "pong from second", "Provider [")
        press(person, "1\r", "There is a login already", "Login [")
        press(person, "three\r", "method", "qwen-oauth", "terms", "Qwen OAuth")
        press(person, "/stats\r", "> three", "pong from coder-model")
        press(person, "\x04", "requests in the last minute", "2 of 60", "requests today")
        assert person.exit_code() == 0
        raw = person.raw.decode()
    first, third = service.chats
    (second,) = server.take_requests()
    assert second.authorization == f"Bearer {KEY}"
    assert second.texts == ["one", "pong from coder-model", "two"]
    assert third.texts[:3] == second.texts
    assert third.texts[4:] == ["three"]
    token = json.loads((desk.home / LOGIN).read_text(encoding="utf-8"))["access_token"]
    assert first.authorization == third.authorization == f"Bearer {token}"
    assert KEY not in json.dumps([chat.headers for chat in service.chats])
    assert KEY not in raw
    assert token not in raw


def test_the_method_flag_starts_the_login_directly(desk: Desk, service: AuthorizationServer) -> None:
    env = {"QWEN_OAUTH_BASE_URL": service.url, "OPENAI_API_KEY": KEY}
    with Typing(desk, "run", "--auth-type", "qwen-oauth", "--no-browser", env=env, height=60) as person:
        person.until("there is no Qwen OAuth login", "The code is", "Waiting for the login")
        assert "Provider" not in person.text
        service.approve()
        press(person, "\x04", "coder-model at", "/help")
        assert person.exit_code() == 0


def test_an_artifact_without_a_login_starts_one_and_auth_changes_it(
    desk: Desk, service: AuthorizationServer, server: Provider
) -> None:
    env = {"QWEN_OAUTH_BASE_URL": service.url}
    desk.run("resolve", "--auth-type", "qwen-oauth", "-o", "a.toml", env=env).exits(0)
    with Typing(desk, "run", "--config", "a.toml", "--no-browser", env=env, height=120) as person:
        person.until("Waiting for the login")
        service.approve()
        press(person, "/auth\r", "/help")
        press(person, "8\r", "Provider [")
        press(person, f"\x15{server.url}/v1\r", "Base URL")
        press(person, f"{KEY}\r", "API key (")
        press(person, "\x15m\r", "Model [")
        press(person, "2\r", "Keep [")
        press(person, "/auth\r", "method", "openai", "/terms shows")
        press(person, "9\r", "> /auth", "> /auth", "Provider [")
        press(person, "1\r", "Login [")
        press(person, "hello\r", "method", "qwen-oauth", "/terms shows")
        press(person, "\x04", "pong from coder-model")
        assert person.exit_code() == 0
    assert server.take_requests() == []
    assert len(service.chats) == 1


def test_a_refused_login_does_not_end_the_conversation(desk: Desk, service: AuthorizationServer) -> None:
    save_login(desk, service)
    env = {"QWEN_OAUTH_BASE_URL": service.url}
    with Typing(desk, "run", "--no-browser", env=env, height=120) as person:
        press(person, "one\r", "/help")
        person.until("pong from coder-model")
        service.revoke()
        press(person, "two\r", "pong from coder-model")
        press(person, "/auth\r", "no longer accepted", "auth login")
        press(person, "9\r", "> /auth", "Provider [")
        press(person, "2\r", "Login [")
        person.until("Waiting for the login")
        service.approve()
        press(person, "two again\r", "method", "qwen-oauth", "/terms shows")
        press(person, "\x04", "two again", "pong from coder-model")
        assert person.exit_code() == 0
    assert service.chats[-1].texts == ["one", "pong from coder-model", "two again"]


def test_a_cancelled_login_changes_nothing(desk: Desk, service: AuthorizationServer, server: Provider) -> None:
    env = {"QWEN_OAUTH_BASE_URL": service.url, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server.url}/v1"}
    with Typing(desk, "run", "--no-browser", env=env, height=100) as person:
        press(person, "/auth\r", "/help")
        press(person, "9\r", "Provider [")
        press(person, "\x03", "Waiting for the login")
        press(person, "/auth\r", "Nothing changed")
        press(person, "9\r", "Nothing changed", "Provider [")
        person.until("Nothing changed", "Waiting for the login")
        service.deny()
        press(person, "hello\r", "denied")
        press(person, "\x04", "pong from gpt-4o")
        assert person.exit_code() == 0
    assert not (desk.home / LOGIN).exists()
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"
