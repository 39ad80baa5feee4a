"""`qwen-cfg init` sets a project up, asks or takes flags, and replaces nothing."""

from __future__ import annotations

import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk


def artifact(desk: Desk, name: str = "qwen.toml") -> dict:
    return tomllib.loads((desk.cwd / name).read_text(encoding="utf-8"))


def test_with_flags_it_makes_the_env_file_the_ignore_list_and_the_artifact(desk: Desk, server: Provider) -> None:
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    flags = ["--openai-api-key", KEY, "--openai-base-url", f"{server.url}/v1", "--model", "qwen3-coder-plus"]
    done = desk.run("init", *flags, "--timeout", "9").ended(0)
    assert KEY not in done.said
    for words in ("kept in ./.qwen/.env (mode 0600)", "added .qwen/.env to ./.gitignore", "wrote qwen.toml"):
        assert words in done.out
    file = desk.cwd / ".qwen/.env"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert f"OPENAI_API_KEY={KEY}" in file.read_text(encoding="utf-8").replace('"', "").replace("'", "")
    made = artifact(desk)
    assert made["config"]["api_key"] == {"from": "env-file", "path": "./.qwen/.env", "variable": "OPENAI_API_KEY"}
    assert made["config"]["model"] == "qwen3-coder-plus"
    assert made["provenance"]["model"]["origin"] == "./.qwen/.env:3"
    assert made["provenance"]["timeout"]["origin"] == "--timeout"
    assert KEY not in (desk.cwd / "qwen.toml").read_text(encoding="utf-8")
    assert subprocess.run(["git", "-C", str(desk.cwd), "check-ignore", "-q", ".qwen/.env"], check=False).returncode == 0
    # What it made is what resolves, and is used without a question.
    assert desk.run("check", "--strict", "qwen.toml").ended(0).err == ""
    assert desk.run("run", "--config", "qwen.toml", "-p", "ping").ended(0).out
    assert server.taken()[0].authorization == f"Bearer {KEY}"


@pytest.mark.parametrize("there", [".qwen/.env", "qwen.toml"])
def test_it_replaces_nothing(desk: Desk, there: str) -> None:
    desk.write(f"work/app/{there}", "# mine\n")
    before = desk.files()
    refused = desk.run("init", "--openai-api-key", KEY).ended(2)
    assert there in refused.err
    assert "already exists; nothing changed" in refused.err
    assert "qwen-cfg init --force" in refused.err
    assert desk.files() == before


def test_a_dangling_link_is_something_too(desk: Desk) -> None:
    (desk.cwd / "qwen.toml").symlink_to("nowhere")
    desk.run("init", "--openai-api-key", KEY).ended(2)
    assert desk.files() == {}


def test_nobody_can_be_asked_and_there_is_no_key(desk: Desk) -> None:
    refused = desk.run("init", "--model", "m").ended(3)
    assert "--openai-api-key" in refused.err
    assert desk.files() == {}


def test_a_key_of_the_environment_stays_there(desk: Desk) -> None:
    desk.run("init", "--no-verify", "--model", "m", "-o", "a.json", env={"OPENAI_API_KEY": KEY}).ended(0)
    assert "OPENAI_MODEL" in (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")
    assert KEY.encode() not in b"".join(desk.files().values())
    written = desk.run("check", "a.json", "--artifact-only").ended(0)
    assert "valid" in written.out


def test_an_endpoint_that_was_typed_here_is_asked_about_by_nobody(desk: Desk, server: Provider) -> None:
    """The key is in the environment and the endpoint in the project's file, because its user put it there just now."""
    there = "http://models.corp.example/v1"
    env = {"OPENAI_API_KEY": KEY, "HTTP_PROXY": server.url}
    desk.run("init", "--openai-base-url", there, env=env).ended(0)
    desk.run("run", "-p", "ping", env=env).ended(0)
    assert server.taken()[0].headers["host"] == "models.corp.example"


def test_a_pointer_to_a_key_is_kept_as_it_is(desk: Desk) -> None:
    desk.run("init", "--no-verify", "--openai-api-key", "keyring:qwen/me").ended(0)
    assert "keyring:qwen/me" in (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")
    assert artifact(desk)["config"]["api_key"] == {"from": "keyring", "service": "qwen", "name": "me"}


def test_a_value_that_is_not_valid_writes_no_artifact(desk: Desk) -> None:
    refused = desk.run("init", "--openai-api-key", KEY, "--openai-base-url", "nonsense").ended(3)
    assert "base_url" in refused.err
    assert desk.files() == {}


def test_at_a_terminal_it_asks(desk: Desk, server: Provider) -> None:
    with Typing(desk, "init", height=60, env={"OPENAI_MODEL": "from-the-shell"}) as person:
        for keys, wanted in (
            ("8\r", "Provider ["),
            ("\x15" + f"{server.url}/v1\r", "Base URL"),
            (f"{KEY}\r", "API key ("),
            ("\r", "Model ["),
        ):
            person.until(wanted)
            person.type(keys)
        person.until("wrote qwen.toml")
        assert person.ended() == 0
        assert KEY.encode() not in person.raw
    assert artifact(desk)["config"]["base_url"] == f"{server.url}/v1"
    assert artifact(desk)["config"]["model"] == "from-the-shell"
    assert "OPENAI_MODEL=from-the-shell" in (desk.cwd / ".qwen/.env").read_text(encoding="utf-8")


def test_who_thinks_better_of_it_leaves_nothing_behind(desk: Desk) -> None:
    with Typing(desk, "init") as person:
        person.until("Provider [")
        person.type("\r")
        person.until("Base URL [")
        person.type("\r")
        person.until("API key (")
        person.type("\x03")
        assert person.ended() == 3
    assert desk.files() == {}
