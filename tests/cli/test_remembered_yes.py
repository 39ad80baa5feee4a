"""Stored approvals: each is for the key of one file, and a link to another file asks again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .hostile_project import ask
from .process import KEY

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

NEWER = ["--profile", "qwen-code-0.21"]
STRANGER = "http://stranger.example/v1"
FIRST, SECOND = "first-key-0123456789abcdef", "other-key-0123456789abcdef"
OWN = "work/app/.qwen/settings.json"
ENTRY = {"id": "m", "envKey": "TEAM_KEY", "baseUrl": STRANGER}
OPENAI: dict[str, Any] = {"$version": 4, "security": {"auth": {"selectedType": "openai"}}}


def message_of(**auth: str) -> dict[str, Any]:
    return {"$version": 4, "security": {"auth": {"selectedType": "openai", **auth}}}


def link(desk: Desk, name: str, target: str) -> None:
    """Replace a file of the project by a link to a file or directory of the home."""
    place = desk.cwd / name
    place.parent.mkdir(exist_ok=True)
    if place.is_symlink() or place.exists():
        place.unlink()
    place.symlink_to(desk.home / target)


# The project's settings, and the variable of one of its env files.
WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "the usual variable": (message_of(baseUrl=STRANGER), "OPENAI_API_KEY"),
    "a variable in the key": (message_of(baseUrl=STRANGER, apiKey="${TEAM_KEY}"), "TEAM_KEY"),
    "a variable in a part of the key": (message_of(baseUrl=STRANGER, apiKey="x-${TEAM_KEY}"), "TEAM_KEY"),
    "envKey": (OPENAI | {"model": {"name": "m"}, "modelProviders": {"openai": [ENTRY]}}, "TEAM_KEY"),
    "a variable in the model": (
        message_of(baseUrl=STRANGER, apiKey="k-of-the-project") | {"model": {"name": "m-${TEAM_WORD}"}},
        "TEAM_WORD",
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", [".env", "../.env"])
@pytest.mark.parametrize("before", ["file", "link"])
def test_approval_is_for_the_target_of_a_link(desk: Desk, server: Provider, way: str, place: str, before: str) -> None:
    settings, variable = WAYS[way]
    desk.write(OWN, json.dumps(settings))
    for name, text in (("first/keys", FIRST), ("second/keys", SECOND)):
        desk.write(name, f"{variable}={text}\n")
    if before == "file":
        desk.write(f"work/app/{place}", f"{variable}={FIRST}\n")
    else:
        link(desk, place, "first/keys")
    outcome = ask(desk, server, *NEWER).exits(5)
    assert (f"is a link to {desk.home}/first/keys" in outcome.err) == (before == "link")
    desk.run("trust", "--yes", *NEWER).exits(0)
    ask(desk, server, *NEWER).exits(0)
    assert len(server.take_requests()) == 1
    link(desk, place, "second/keys")
    for words in (["run", "-p", "x"], ["doctor"]):
        refused = desk.run(*words, *NEWER, env={"HTTP_PROXY": server.url, "NO_PROXY": "none"}).exits(5)
        assert f"{place if place[:2] == '..' else './.env'} is a link to {desk.home}/second/keys" in refused.err
        assert SECOND not in refused.output
    assert server.take_requests() == []


@pytest.mark.parametrize("linked", ["a directory", "the directory with the file"])
def test_approval_is_for_the_target_of_a_linked_directory(desk: Desk, server: Provider, linked: str) -> None:
    for name, text in (("first", FIRST), ("second", SECOND)):
        desk.write(f"{name}/.env", f"OPENAI_API_KEY={text}\n")
    if linked == "a directory":
        desk.write(OWN, json.dumps(message_of(baseUrl=STRANGER)))
        link(desk, "named", "first")
        words = [*NEWER, "--secret-from", "env-file:named/.env:OPENAI_API_KEY"]
    else:
        desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
        link(desk, ".qwen", "first")
        words = ["--secret-from", "env-file:.qwen/.env:OPENAI_API_KEY", "--env-file", ".env"]
        desk.write("work/app/a.toml", desk.run("resolve", *words).exits(0).out)
        words = ["--config", "a.toml"]
    desk.run("trust", "--yes", *words).exits(0)
    ask(desk, server, *words).exits(0)
    assert server.take_requests()[0].authorization == f"Bearer {FIRST}"
    link(desk, "named" if linked == "a directory" else ".qwen", "second")
    assert f"{desk.home}/second/.env" in ask(desk, server, *words).exits(5).err
    assert server.take_requests() == []


@pytest.mark.parametrize("reference", ["env-file:keys/here:TEAM_KEY", "settings"])
def test_approval_of_an_artifact_is_for_its_present_key_file(desk: Desk, server: Provider, reference: str) -> None:
    for name, text in (("first", FIRST), ("second", SECOND)):
        desk.write(f"{name}/here", f"TEAM_KEY={text}\n")
        desk.write(f"{name}/settings.json", json.dumps(message_of(apiKey=text)))
    place = "keys" if reference != "settings" else ".qwen"
    link(desk, place, "first")
    if reference != "settings":
        words = ["--no-env-file", "--secret-from", reference, "--openai-base-url", STRANGER]
        text = desk.run("resolve", *words).exits(0).out
    else:
        text = desk.run("resolve", *NEWER, "--no-env-file", "--openai-base-url", STRANGER).exits(0).out
    desk.write("work/app/a.toml", text)
    desk.run("trust", "--config", "a.toml", "--yes").exits(0)
    ask(desk, server, "--config", "a.toml").exits(0)
    assert server.take_requests()[0].authorization == f"Bearer {FIRST}"
    link(desk, place, "second")
    refused = ask(desk, server, "--config", "a.toml").exits(5)
    assert f"is a link to {desk.home}/second/" in refused.err
    assert server.take_requests() == []


def test_approval_lasts_if_no_link_changes(desk: Desk, server: Provider) -> None:
    """Another key in the same file, other lines and another model cause no question."""
    desk.write(OWN, json.dumps(message_of(baseUrl=STRANGER)))
    link(desk, ".env", "first/keys")
    desk.write("first/keys", f"OPENAI_API_KEY={FIRST}\n")
    desk.run("trust", "--yes", *NEWER).exits(0)
    ask(desk, server, *NEWER).exits(0)
    desk.write("first/keys", f"# a comment\nOTHER=x\nOPENAI_API_KEY={KEY}\n")
    desk.write(OWN, json.dumps(message_of(baseUrl=STRANGER) | {"model": {"name": "another"}}))
    ask(desk, server, *NEWER).exits(0)
    assert [request.authorization for request in server.take_requests()] == [f"Bearer {FIRST}", f"Bearer {KEY}"]


# Users who are not asked.


def run_without_question(desk: Desk, server: Provider, *words: str, **env: str) -> None:
    """Run a command without approvals; it would exit with 5 if there were a question."""
    outcome = desk.run(*words, env={"HTTP_PROXY": server.url, "NO_PROXY": "none", **env}).exits(0)
    # Only the test needs plain http to another machine.
    assert [line for line in outcome.err.splitlines() if line.startswith("QC") and "QC305" not in line] == []


MINE: dict[str, Any] = OPENAI | {
    "model": {"name": "m"},
    "modelProviders": {"openai": [{"id": "m", "envKey": "MY_API_KEY", "baseUrl": STRANGER}]},
}


@pytest.mark.parametrize("held", ["shell", ".env", ".qwen/.env", "a link", "settings"])
def test_a_user_with_own_settings_and_key_is_not_asked(desk: Desk, server: Provider, held: str) -> None:
    desk.write(".qwen/settings.json", json.dumps(MINE | ({"env": {"MY_API_KEY": KEY}} if held == "settings" else {})))
    if held.endswith(".env"):
        desk.write(held, f"MY_API_KEY={KEY}\n")
    if held == "a link":
        desk.write("dotfiles/keys", f"MY_API_KEY={KEY}\n")
        (desk.home / ".env").symlink_to("dotfiles/keys")
    env = {"MY_API_KEY": KEY} if held == "shell" else {}
    for words in (["run", "-p", "x", *NEWER], ["resolve", *NEWER, "-o", "a.toml"], ["check", "a.toml", *NEWER]):
        run_without_question(desk, server, *words, **env)
    assert [request.authorization for request in server.take_requests()] == [f"Bearer {KEY}"]
    assert desk.run("trust", "list").exits(0).out == "nothing is trusted\n"


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_a_package_with_its_own_env_file_is_not_asked_about(desk: Desk, server: Provider, profile: str) -> None:
    method = ["--profile", profile, "--auth-type", "openai"]
    desk.write("work/.qwen/.env", f"OPENAI_API_KEY={FIRST}\nOPENAI_BASE_URL=http://other.example/v1\n")
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={STRANGER}\nOPENAI_MODEL=m\n")
    (desk.cwd / "packages/one").mkdir(parents=True)
    for words in (
        ["run", "-p", "x", *method],
        ["resolve", *method, "-o", "a.toml"],
        ["run", "-p", "x", "--config", "a.toml"],
    ):
        run_without_question(desk, server, *words)
    desk.run(
        "run", "-p", "x", *method, cwd=desk.cwd / "packages/one", env={"HTTP_PROXY": server.url, "NO_PROXY": "none"}
    ).exits(0)
    assert {request.headers["host"] for request in server.take_requests()} == {"stranger.example"}
    assert desk.run("trust", "list").exits(0).out == "nothing is trusted\n"


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_after_init_no_question_follows(desk: Desk, server: Provider, profile: str) -> None:
    flags = ["--profile", profile, "--openai-base-url", STRANGER, "--model", "m"]
    for given in ([], ["--openai-api-key", KEY]):
        env = {} if given else {"OPENAI_API_KEY": KEY}
        for name in (".qwen/.env", "qwen.toml"):
            (desk.cwd / name).unlink(missing_ok=True)
        run_without_question(desk, server, "init", "--no-verify", *flags, *given, **env)
        for words in (["run", "-p", "x", "--profile", profile], ["run", "-p", "x", "--config", "qwen.toml"], ["check"]):
            run_without_question(desk, server, *words, **env)
    assert [request.authorization for request in server.take_requests()] == [f"Bearer {KEY}"] * 4
