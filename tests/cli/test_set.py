"""`qwen-cfg set`: changes one value in the env file of `init`, or names the file that decides it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from .process import Desk

URL = "http://localhost:1/v1"
OTHER = "sk-another-0123456789-0123456789-0123456789"
TEXT = f"# mine\nOPENAI_API_KEY={KEY}\nOTHER=1\nOPENAI_BASE_URL={URL}\nOPENAI_MODEL=old # the model\n"


@pytest.fixture(autouse=True)
def set_up(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", TEXT)


def saved_variables(desk: Desk) -> str:
    return (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")


def test_only_the_model_is_changed(desk: Desk) -> None:
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    outcome = desk.run("set", "model", "new").exits(0)
    assert "OPENAI_MODEL in ./.qwen/.env:5 is now new; it was old" in outcome.out
    assert "qwen-cfg check --update qwen.toml" in outcome.out
    assert saved_variables(desk) == TEXT.replace("OPENAI_MODEL=old # the model", "OPENAI_MODEL=new")
    desk.run("check", "--update", "qwen.toml")
    desk.run("check", "--strict", "qwen.toml").exits(0)


def test_the_deciding_variable_is_changed(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nQWEN_MODEL=old\n")
    desk.run("set", "model", "new").exits(0)
    assert saved_variables(desk).endswith("QWEN_MODEL=new\n")
    assert "OPENAI_MODEL" not in saved_variables(desk)


def test_a_default_is_replaced_in_the_same_file(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    assert "it was gpt-4o" in desk.run("set", "model", "new").exits(0).out
    assert desk.run("resolve").exits(0).toml["config"]["model"] == "new"


def test_a_typed_base_url_needs_no_approval(desk: Desk) -> None:
    env = {"OPENAI_API_KEY": KEY, "HTTP_PROXY": "http://127.0.0.1:1"}
    desk.write("work/app/.qwen/.env", f"OPENAI_BASE_URL={URL}\n")
    desk.run("set", "base_url", "http://models.corp.example/v1", env=env).exits(0)
    # The request reaches the proxy.
    desk.run("run", "-p", "ping", "--max-retries", "0", env=env).exits(6)


@pytest.mark.parametrize("source", ["-", "MY_KEY"])
def test_the_key_from_a_variable_or_standard_input(desk: Desk, source: str) -> None:
    outcome = desk.run(
        "set", "api_key", "--key-from", source, env={"MY_KEY": OTHER}, stdin=f"{OTHER}\n".encode()
    ).exits(0)
    assert f"OPENAI_API_KEY={OTHER}\n" in saved_variables(desk).replace('"', "").replace("'", "")
    for key in (KEY, OTHER):
        assert key not in outcome.output
    assert "it was sk-0…wxyz (39 characters)" in outcome.out


def test_the_key_is_typed_in_a_terminal(desk: Desk) -> None:
    with Typing(desk, "set", "api_key", width=100) as person:
        for wanted, keys in (("API key (", "https://a.example/v1\r"), ("cannot be the key", f"{OTHER}\r")):
            person.until(wanted)
            person.type(keys)
        assert person.exit_code() == 0
        assert OTHER.encode() not in person.raw
    assert OTHER in saved_variables(desk)


def test_a_cancelled_set_changes_nothing(desk: Desk) -> None:
    with Typing(desk, "set", "api_key") as person:
        person.until("API key (")
        person.type("\x03")
        assert person.exit_code() == 3
    assert saved_variables(desk) == TEXT


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["api_key", OTHER], 2, "a key on the command line"),
        (["api_key"], 2, "no terminal"),
        (["model"], 2, "model needs a value"),
        (["model", OTHER], 3, "contains an API key"),
        (["model", "--key-from", "X"], 2, "only valid with api_key"),
        (["base_url", "nowhere"], 3, "base_url is not valid"),
        (["modle", "x"], 2, "model"),
        (["api_key", "command:pass show x"], 3, "may not name a command"),
        (["api_key", "--key-from", OTHER], 2, "expected the name of a variable"),
    ],
)
def test_an_invalid_value_changes_nothing(desk: Desk, words: list[str], code: int, message: str) -> None:
    refused = desk.run("set", *words).exits(code)
    assert message in refused.err
    assert OTHER not in refused.output
    assert saved_variables(desk) == TEXT


@pytest.mark.parametrize("where", ["environment", "plain", "above", "home", "settings", "nothing"])
def test_a_value_decided_by_another_file_is_not_changed(desk: Desk, where: str) -> None:
    (desk.cwd / ".qwen/.env").unlink()
    files = {"plain": "work/app/.env", "above": "work/.qwen/.env", "home": ".qwen/.env"}
    profile: list[str] = []
    if where == "settings":
        desk.write("work/app/.qwen/.env", TEXT)
        desk.write("work/app/.qwen/settings.json", '{\n  "model": {"name": "old"}\n}\n')
        profile = ["--profile", "qwen-code-0.21"]
    elif where in files:
        desk.write(files[where], TEXT)
    before = desk.files()
    env = {"OPENAI_MODEL": "old"} if where == "environment" else {}
    refused = desk.run("set", "model", "new", *profile, env=env).exits(3)
    expected = {
        "environment": ["environment OPENAI_MODEL", "unset OPENAI_MODEL"],
        "plain": ["Edit ./.env, line 5"],
        "above": ["Edit ../.qwen/.env, line 5", f"qwen-cfg -C {desk.cwd.parent} set model VALUE"],
        "home": ["Edit ~/.qwen/.env, line 5", f"qwen-cfg -C {desk.home} set model VALUE"],
        "settings": ["Edit ./.qwen/settings.json, line 2"],
        "nothing": ["qwen-cfg init"],
    }
    for words in expected[where]:
        assert words in refused.err
    assert desk.files() == before


@pytest.mark.parametrize("field", ["model", "base_url"])
def test_with_a_provider_entry_only_effective_edits_are_suggested(desk: Desk, field: str) -> None:
    entry = {"id": "old", "envKey": "MINE", "baseUrl": "http://127.0.0.1:9/v1"}
    auth = {"security": {"auth": {"selectedType": "openai"}}, "model": {"name": "old"}}
    desk.write("work/app/.qwen/.env", "MINE=sk-0123456789abcdef0123\n")
    desk.write("work/app/.qwen/settings.json", json.dumps({**auth, "modelProviders": {"openai": [entry]}}, indent=1))
    value = {"model": "new", "base_url": "http://127.0.0.1:8/v1"}[field]
    refused = desk.run("set", field, value, "--profile", "qwen-code-0.21").exits(3)
    assert f"qwen-cfg why-not {field}=VALUE" in refused.err
    assert "Edit" not in refused.err


def test_for_an_unset_value_the_read_env_file_is_named(desk: Desk) -> None:
    (desk.cwd / ".qwen/.env").unlink()
    desk.write("work/app/.env", "OPENAI_API_KEY=sk-0123456789abcdef0123\n")
    refused = desk.run("set", "model", "new").exits(3)
    assert "Add OPENAI_MODEL=VALUE to ./.env" in refused.err


def test_the_suggested_edit_works(desk: Desk) -> None:
    (desk.cwd / ".qwen/.env").unlink()
    desk.write("work/.qwen/.env", TEXT)
    desk.run("-C", str(desk.cwd.parent), "set", "model", "new").exits(0)
    assert desk.run("resolve").exits(0).toml["config"]["model"] == "new"


def test_nothing_is_written_through_a_link(desk: Desk) -> None:
    outside = desk.write("outside.env", TEXT)
    (desk.cwd / ".qwen/.env").unlink()
    (desk.cwd / ".qwen/.env").symlink_to(outside)
    desk.run("set", "model", "new").exits(2)
    assert outside.read_text(encoding="utf-8") == TEXT
