"""`/auth` and `/model` in a conversation: the config changes, and the conversation continues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.paper import Paper, screen_on
from support.prompts import ready_config
from support.provider import streamed_reply

from qwen_runtime import Change
from qwen_runtime.repl.ask import ask
from qwen_runtime.repl.chat import Chat
from qwen_runtime.repl.commands import run
from qwen_runtime.repl.input import CommandCall
from qwen_runtime.session import Session
from qwen_runtime.terminal.device import Keyboard
from qwen_schema import ConfigurationError, QwenCfgError, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.provider import Provider

    from qwen_runtime import ReadyConfig

AUTH = CommandCall("auth")


@pytest.fixture
def paper() -> Paper:
    return Paper(width=80, height=24)


@pytest.fixture
def chat(server: Provider, paper: Paper) -> Iterator[Chat]:
    first = ready_config(f"{server.url}/v1")

    def reconfigure(change: Change) -> ReadyConfig:
        if change.values.get("model") == "bad":
            raise ConfigurationError("no such thing", where="/model", hint="Take another.")
        key = change.values.get("api_key", Secret("first-key-0123456789"))
        assert isinstance(key, Secret)
        url = change.values.get("base_url", f"{server.url}/v1")
        fields = {"model": change.values["model"]} if "model" in change.values else {}
        return replace(ready_config(str(url), key=key.reveal(), **fields), notices=("told at once",))

    screen = screen_on(paper, dumb=True)
    session = Session(first.connect())
    chat = Chat(session, screen, Keyboard(dumb=True), first, reconfigure, lambda: None)
    yield chat
    chat.session.connection.close()


def test_the_conversation_goes_on_with_another_key_and_endpoint(chat: Chat, server: Provider, paper: Paper) -> None:
    server.replies.append(streamed_reply("first"))
    ask(chat, "one")
    values = {"api_key": Secret("second-key-0123456789"), "base_url": f"{server.url}/v2", "model": "other"}
    chat.authenticate = lambda: Change("/auth", values)
    run(chat, AUTH)
    ask(chat, "two")
    request = server.requests[-1]
    assert (request.path, request.authorization) == ("/v2/chat/completions", "Bearer second-key-0123456789")
    assert request.texts == ["one", "first", "two"]
    assert "told at once" in paper.lines
    for row in ("method    openai", f"endpoint  {server.url}/v2", "model     other"):
        assert row in paper.lines
    assert "second-key" not in paper.output


@pytest.mark.parametrize("what", [None, EOFError, KeyboardInterrupt])
def test_a_cancelled_change_keeps_the_old_values(chat: Chat, paper: Paper, what: type[BaseException] | None) -> None:
    def authenticate() -> Change | None:
        if what is not None:
            raise what
        return None

    chat.authenticate, before = authenticate, chat.session.connection
    run(chat, AUTH)
    assert paper.lines == ["Nothing changed."]
    assert chat.session.connection is before


def test_unusable_values_change_nothing(chat: Chat, server: Provider) -> None:
    chat.authenticate, before = lambda: Change("/auth", {"model": "bad"}), chat.session.connection
    for called in (AUTH, CommandCall("model", "bad")):
        with pytest.raises(QwenCfgError):
            run(chat, called)
    assert chat.session.connection is before
    ask(chat, "still there")
    assert server.requests[-1].body["model"] == "m"


def test_a_ca_bundle_that_cannot_be_used_changes_nothing(chat: Chat, server: Provider) -> None:
    chat.reconfigure, before = lambda _: ready_config(f"{server.url}/v1", ca_bundle="/no/such.pem"), chat.ready
    with pytest.raises(ConfigurationError):
        run(chat, CommandCall("model", "x"))
    assert chat.ready is before
    ask(chat, "still there")


def test_many_models_are_not_all_listed(chat: Chat, server: Provider, paper: Paper) -> None:
    server.models, before = tuple(f"vendor/model-{number}" for number in range(300)), server.models
    try:
        run(chat, CommandCall("model"))
    finally:
        server.models = before
    assert paper.lines[-2:] == ["  vendor/model-59", "  and 240 more"]
