"""Tab completion in a conversation: models of the endpoint, file names, and words of commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.provider import Reply

from .process import env_of
from .terminal import Typing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.provider import Provider

    from .process import Desk

ENTER, TAB, CTRL_C, CTRL_D = "\r", "\t", "\x03", "\x04"


@pytest.fixture
def server_with_models(server: Provider) -> Iterator[Provider]:
    yield server
    server.models_reply = None


@pytest.fixture
def chat(desk: Desk, server_with_models: Provider) -> Iterator[Typing]:
    with Typing(desk, "run", env=env_of(server_with_models)) as typing:
        typing.until("· 0 tokens")
        yield typing


def listing(*names: str, **options: float) -> Reply:
    body = {"object": "list", "data": [{"id": name} for name in names]}
    return Reply([json.dumps(body).encode()], kind="application/json", **options)


def tab(chat: Typing, typed: str, *wanted: str) -> None:
    """Type a text, press Tab when it is visible, and wait for the expected text."""
    chat.type(typed).until(typed)
    chat.type(TAB).until(*wanted)


def lists(server: Provider) -> int:
    return len([request for request in server.requests if request.path.endswith("/models")])


def test_tab_completes_the_models_of_the_endpoint_and_asks_once(chat: Typing, server_with_models: Provider) -> None:
    chat.type("/model qw").until("> /model qw")
    assert lists(server_with_models) == 0
    chat.type(TAB).until("> /model qwen3-coder-plus")
    chat.type(ENTER).until("The model is qwen3-coder-plus")
    tab(chat, "/model gpt", "> /model gpt-4o", "gpt-4o-mini")
    assert lists(server_with_models) == 1


def test_a_model_is_found_by_the_middle_of_its_name(chat: Typing, server_with_models: Provider) -> None:
    tab(chat, "/model CODER", "> /model qwen3-coder-plus")


def test_the_list_that_model_fetched_is_used_for_completion(chat: Typing, server_with_models: Provider) -> None:
    chat.type(f"/model{ENTER}").until("has:", "qwen3-coder-plus", "\n>")
    tab(chat, "/model qw", "> /model qwen3-coder-plus")
    assert lists(server_with_models) == 1


@pytest.mark.parametrize(("name", "near"), [("qwen3-codr-plus", "it lists qwen3-coder-plus"), ("zz", "this model.")])
def test_a_model_that_is_not_listed_is_reported(
    chat: Typing, server_with_models: Provider, name: str, near: str
) -> None:
    chat.type(f"/model{ENTER}").until("has:", "\n>")
    chat.type(f"/model {name}{ENTER}").until(f"The model is {name}", "does not list", near, "\n>")
    assert lists(server_with_models) == 1


@pytest.mark.parametrize(
    "reply",
    [
        listing("never", wait=20.0),
        Reply([b"<html>"], kind="text/html"),
        Reply([b"{}"], 404, "application/json"),
        Reply([b'{"data": []'], kind="application/json", stay=True),
    ],
    ids=["silent", "no list", "none", "half"],
)
def test_an_endpoint_without_a_list_does_not_block(chat: Typing, server_with_models: Provider, reply: Reply) -> None:
    server_with_models.models_reply = reply
    tab(chat, "/model gp", "> /model gp")
    chat.type("x").until("> /model gpx")
    chat.type(ENTER).until("The model is gpx (/model).")
    chat.type(f"ping{ENTER}").until("pong from gpx")
    assert chat.type(CTRL_D).exit_code() == 0


def test_control_characters_in_model_names_are_removed(chat: Typing, server_with_models: Provider) -> None:
    server_with_models.models_reply = listing("ab\x1b]0;title\x07", "ab c", "ab\nc", "abc-1", "ab\u202ed")
    before = len(chat.raw)
    tab(chat, "/model a", "> /model abc-1")
    assert b"\x1b]0" not in chat.raw[before:]
    assert "\u202e".encode() not in chat.raw[before:]


def test_another_endpoint_has_other_models(desk: Desk, server_with_models: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY=k-one\nOPENAI_BASE_URL={server_with_models.url}/v1\nOPENAI_MODEL=m\n")
    with Typing(desk, "run", "--trust-project", "--profile", "documented") as chat:
        chat.until("0 tokens")
        tab(chat, "/model qw", "> /model qwen3-coder-plus")
        chat.type(CTRL_C)
        server_with_models.models_reply = listing("other-1")
        chat.type(f"/auth{ENTER}").until("Provider")
        chat.type(CTRL_C).until("Nothing changed.")
        tab(chat, "/model oth", "> /model oth")
        assert lists(server_with_models) == 1


def test_tab_completes_file_names(desk: Desk, chat: Typing, server_with_models: Provider) -> None:
    desk.write("work/app/notes/first.md", "")
    desk.write("work/app/.hidden", "")
    desk.write("work/app/nothing.md", "")
    desk.write("my files/chat-1.md", "")
    tab(chat, "/save notes", "> /save notes/")
    tab(chat, "fir", "> /save notes/first.md")
    chat.type(CTRL_C)
    tab(chat, "/save ~/my", "> /save ~/my files/")
    tab(chat, "cha", "> /save ~/my files/chat-1.md")
    chat.type(CTRL_C)
    tab(chat, "/save ", "notes/", "nothing.md")
    assert ".hidden" not in chat.text
    assert lists(server_with_models) == 0


def test_tab_completes_the_words_of_config(chat: Typing, server_with_models: Provider) -> None:
    tab(chat, "/config t", "> /config toml")
