"""Impossible paths in an artifact or a settings file: each is refused with a message and never crashes a command."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from .process import KEY

if TYPE_CHECKING:
    from .process import Desk

COMMANDS = (
    ["run", "-p", "x", "--config", "a.json"],
    ["run", "-p", "x", "--config", "a.json", "--trust-project"],
    ["doctor", "--config", "a.json"],
    ["trust", "--config", "a.json", "--yes"],
    ["check", "a.json"],
)
PLACES = {
    "a NUL": "./a\0b",
    "a name too long": "n" * 300,
    "a path too long": "/".join(["d" * 200] * 30),
    "a home too long": "~/" + "n" * 300,
    "a directory": ".",
    "below a file": "./a.json/x",
    "a link loop": "./loop",
}


@pytest.fixture
def document(desk: Desk) -> dict[str, Any]:
    making = ["resolve", "--no-env-file", "--openai-base-url", "http://127.0.0.1:9/v1", "--max-retries", "0"]
    (desk.cwd / "loop").symlink_to("loop")
    return tomllib.loads(desk.run(*making, "--secret-from", "environment:OPENAI_API_KEY").exits(0).out)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["env-file", "settings", "oauth-cache"])
def test_a_key_at_an_impossible_path_is_refused(desk: Desk, document: Any, kind: str, place: str) -> None:
    more = {"env-file": {"variable": "K"}, "settings": {"pointer": "/env/K"}, "oauth-cache": {}}[kind]
    document["config"]["api_key"] = {"from": kind, "path": PLACES[place], **more}
    if kind == "oauth-cache":
        document["config"]["auth_method"] = "qwen-oauth"
    desk.write("work/app/a.json", json.dumps(document))
    for words, outcome in zip(COMMANDS, desk.run_each(COMMANDS, {"OPENAI_API_KEY": KEY}), strict=True):
        sound = (0, 3) if words[0] in ("trust", "check", "doctor") else (3, 5)
        assert outcome.code in ((3,) if place == "a NUL" else (*sound, 1, 5)), (words, outcome)
        assert "a bug in qwen-cfg" not in outcome.err
        assert "Something else may change it" not in outcome.err
    assert place != "a NUL" or "config.api_key.path: it contains a NUL character" in outcome.output


POINTERS = [
    "/list/0",
    "/list/-1",
    "/list/x",
    "/list/99999999999999999999",
    "/list/\u00b2",
    "/env",
    "/",
    "/~2",
    "/number",
]
POINTERS += ["/nothing", "/flag", "/value", "/a\0b", "/half", "/a" * 2000]


@pytest.mark.parametrize("pointer", POINTERS, ids=range(len(POINTERS)))
def test_a_pointer_to_a_value_that_is_no_key_is_refused(desk: Desk, document: Any, pointer: str) -> None:
    settings = {"list": [["a"]], "env": {}, "number": 1e999, "nothing": None, "flag": True, "value": "a\0b", "a\0b": ""}
    desk.write("work/app/.qwen/settings.json", json.dumps(settings | {"half": "\ud800"}))
    document["config"]["api_key"] = {"from": "settings", "path": "./.qwen/settings.json", "pointer": pointer}
    desk.write("work/app/a.json", json.dumps(document))
    outcomes = desk.run_each(COMMANDS)
    for words, outcome in zip(COMMANDS, outcomes, strict=True):
        assert outcome.code in (0, 1, 3, 5), (words, outcome)
        assert "a bug in qwen-cfg" not in outcome.err
    assert "./.qwen/settings.json" in outcomes[1].exits(3).err


@pytest.mark.parametrize("table", ["settings", "env_file"])
def test_the_path_of_a_read_file_is_possible(desk: Desk, document: Any, table: str) -> None:
    path = "./a\0b"
    document[table] = (
        [{"scope": "user", "path": path}] if table == "settings" else {"paths": [path], "chosen_by": "flag"}
    )
    desk.write("work/app/a.json", json.dumps(document))
    for outcome in desk.run_each(COMMANDS, {"OPENAI_API_KEY": KEY}):
        assert "it contains a NUL character" in outcome.exits(3).output
