"""What a stranger's project dresses up as one's own: links, letters, a `.git`, a name in the keyring, a former yes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.file_keyring import keyring_env
from support.trees import NOBODY

from .process import KEY, Run, run_all
from .terminal import Typing
from .test_trust import PROMPT, STRANGER, STRANGERS_KEY, ask, clone, through

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

IN_SHELL = {"OPENAI_API_KEY": KEY}
STRANGERS = f"OPENAI_API_KEY={STRANGERS_KEY}\nOPENAI_BASE_URL={STRANGER}\n"
NAMED = f"OPENAI_API_KEY=keyring:qwen/me\nOPENAI_BASE_URL={STRANGER}\n"
KEYRING_NAME = "The entry of your keyring (me in the keyring's qwen) would be sent there"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def keyring(desk: Desk) -> dict[str, str]:
    return keyring_env(desk.home / "keyring.json", {"qwen": {"me": KEY}})


def linked(desk: Desk, link: str, target: str) -> None:
    """Put a link into the project."""
    path = desk.cwd / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


# Links and letters.


@pytest.mark.parametrize(
    ("links", "file"),
    [
        ({".qwen": "conf"}, "conf/.env"),
        ({".env": "conf/real"}, "conf/real"),
        ({".qwen": "one", "one": "two/../two"}, "two/.env"),
        # What it leads to is in no work tree, or no file of git's.
        ({".qwen": "../elsewhere"}, "../elsewhere/.env"),
        ({".qwen": ".git/conf"}, ".git/conf/.env"),
    ],
)
def test_a_file_behind_a_tracked_link_came_with_the_project(
    desk: Desk, server: Provider, links: dict[str, str], file: str
) -> None:
    for link, target in links.items():
        linked(desk, link, target)
    clone(desk, {file: STRANGERS})
    desk.run("resolve", "-o", "qwen.toml").ended(0)
    assert "Your prompts would be sent there: git tracks this file" in ask(desk, server).ended(5).err
    ask(desk, server, "--config", "qwen.toml").ended(5)
    ask(desk, server, PATH="/nowhere").ended(5)
    assert "git tracks it" in desk.run("resolve", "--explain").ended(0).out
    assert server.taken() == []


@pytest.mark.parametrize("name", [".ENV", ".Qwen/.env"])
@pytest.mark.parametrize("path", [os.environ["PATH"], "/nowhere"])
def test_large_letters_are_small_ones_where_a_file_system_says_so(
    desk: Desk, server: Provider, name: str, path: str
) -> None:
    """Here it does not, so that the file is put there under the name by which such a file system finds it."""
    clone(desk, {name: STRANGERS})
    desk.write(f"work/app/{name.lower()}", STRANGERS)
    ask(desk, server, PATH=path).ended(5)
    assert server.taken() == []


# What only looks like a repository of one's own.


@pytest.mark.parametrize("how", ["archive", "empty .git", ".git without an index", "another index", "split index"])
def test_a_name_in_the_keyring_is_asked_about_whatever_git_says(
    desk: Desk, server: Provider, keyring: dict[str, str], how: str
) -> None:
    desk.write("work/app/.env", NAMED)
    if how == "empty .git":
        (desk.cwd / ".git").mkdir()
    elif how != "archive":
        clone(desk, {"README": "x"})
        subprocess.run(["git", "-C", str(desk.cwd), "rm", "-q", "--cached", ".env"], check=True)
    if how == ".git without an index":
        (desk.cwd / ".git/index").unlink()
    if how == "split index":
        subprocess.run(["git", "-C", str(desk.cwd), "update-index", "--split-index"], check=True)
    for more in ({}, {"PATH": "/nowhere"}):
        assert KEYRING_NAME in ask(desk, server, **keyring, **more).ended(5).err
    told = desk.run("resolve", "--explain", env=keyring).ended(0).out
    assert "QC301" in told
    assert "sends the entry of your keyring (me in the keyring's qwen) to stranger.example" in " ".join(told.split())
    assert server.taken() == []
    # Once is enough.
    desk.run("trust", "--yes", env=keyring).ended(0)
    ask(desk, server, **keyring).ended(0)
    assert server.taken()[0].authorization == f"Bearer {KEY}"


def test_init_and_what_it_writes_is_ones_own_word(desk: Desk, server: Provider, keyring: dict[str, str]) -> None:
    desk.run(
        "init", "--no-verify", "--openai-api-key", "keyring:qwen/me", "--openai-base-url", STRANGER, env=keyring
    ).ended(0)
    assert ask(desk, server, **keyring).ended(0).out


def test_a_file_that_git_tracks_is_told_of_with_the_entry_of_the_keyring(
    desk: Desk, server: Provider, keyring: dict[str, str]
) -> None:
    clone(desk, {".env": NAMED})
    told = " ".join(desk.run("resolve", "--explain", env=keyring).ended(0).out.split())
    assert "sends the entry of your keyring (me in the keyring's qwen) to stranger.example" in told
    assert KEYRING_NAME in ask(desk, server, **keyring).ended(5).err


@pytest.mark.parametrize("how", ["--split-index", "--index-version=4"])
def test_an_index_that_cannot_be_read_to_its_end_may_name_every_file(desk: Desk, server: Provider, how: str) -> None:
    clone(desk, {".env": STRANGERS})
    subprocess.run(["git", "-C", str(desk.cwd), "update-index", how], check=True)
    for path in ("/nowhere", os.environ["PATH"]):
        ask(desk, server, PATH=path).ended(5)
    assert server.taken() == []


# An artifact, and the file with its key.


def test_a_projects_file_vouches_for_no_proxy_of_an_artifact(desk: Desk, server: Provider) -> None:
    """Key and proxy are the stranger's, and what one asks is one's own: over https, its authorities are needed too."""
    settings = f"OPENAI_API_KEY={STRANGERS_KEY}\nHTTPS_PROXY={server.url}\nSSL_CERT_FILE=./evil.pem\n"
    desk.write("work/app/evil.pem", "")
    desk.write("work/app/.env", settings)
    way = ["--proxy", server.url, "--ca-bundle", "./evil.pem"]
    desk.run("resolve", *way, "-o", "qwen.toml").ended(0)
    for tracked in (False, True):
        if tracked:
            clone(desk, {})
        refused = desk.run("run", "-p", PROMPT, "--config", "qwen.toml").ended(5).err
        assert f"proxy = {server.url}" in refused
        assert "ca_bundle = ./evil.pem" in refused
    # In a file of the home they are the user's own.
    desk.write(".qwen/.env", settings)
    text = (desk.cwd / "qwen.toml").read_text(encoding="utf-8")
    desk.write("work/app/qwen.toml", text.replace('path = "./.env"', 'path = "~/.qwen/.env"'))
    assert "nothing here needs" in desk.run("trust", "--config", "qwen.toml").ended(0).out
    assert server.taken() == []


def test_the_file_with_the_key_of_an_artifact_names_no_entry_of_the_keyring(
    desk: Desk, server: Provider, keyring: dict[str, str]
) -> None:
    clone(desk, {".env": f"OPENAI_API_KEY={KEY}\n"})
    desk.run("resolve", "--openai-base-url", f"{server.url}/v1", "-o", "qwen.toml").ended(0)
    desk.write("work/app/.env", "OPENAI_API_KEY=keyring:qwen/me\n")
    assert "api_key = keyring:qwen/me" in ask(desk, server, "--config", "qwen.toml", **keyring).ended(5).err
    assert server.taken() == []


@pytest.mark.parametrize("file", [".git/lfs/objects/k", "linked/.env"])
def test_a_file_that_no_search_comes_to_vouches_for_nothing(desk: Desk, server: Provider, file: str) -> None:
    """Git tracks neither of them, but the link by which a search would come to the second."""
    linked(desk, ".qwen", "linked")
    clone(desk, {})
    desk.write(f"work/app/{file}", STRANGERS)
    desk.run("resolve", "--env-file", file, "-o", "qwen.toml").ended(0)
    assert "stranger.example" in ask(desk, server, "--config", "qwen.toml").ended(5).err
    assert server.taken() == []


def test_what_stands_in_a_git_directory_came_with_the_project(desk: Desk, server: Provider) -> None:
    clone(desk, {"README": "x"})
    desk.write("work/app/.git/conf/.env", STRANGERS)
    linked(desk, ".qwen", ".git/conf")
    assert "is in a .git" in ask(desk, server).ended(5).err
    assert server.taken() == []


def test_a_directory_that_only_begins_like_the_home_is_a_projects(desk: Desk, server: Provider) -> None:
    mark = desk.home / "mark"
    clone(desk, {"~x/.env": f"OPENAI_BASE_URL={STRANGER}\nOPENAI_API_KEY='command:touch {mark}'\n"})
    newer = ("--profile", "qwen-code-0.21", "--auth-type", "openai")
    assert "stranger.example" in ask(desk, server, *newer, **IN_SHELL, QWEN_HOME="~x").ended(5).err
    ask(desk, server, *newer, QWEN_HOME="~x").ended(3)
    assert not mark.exists()
    assert server.taken() == []


def test_what_is_said_of_git_is_true(desk: Desk, server: Provider) -> None:
    clone(desk, {".env": STRANGERS})
    desk.run("resolve", "-o", "qwen.toml").ended(0)
    assert "git tracks ./.env, so that" in ask(desk, server, "--config", "qwen.toml").ended(5).err
    subprocess.run(["git", "-C", str(desk.cwd), "update-index", "--index-version=4"], check=True)
    assert "git cannot tell whether it tracks this file" in ask(desk, server, PATH="/nowhere").ended(5).err


@pytest.mark.parametrize(
    "named", [{"GIT_DIR": "../repo/.git"}, {"GIT_DIR": "../repo/.git", "GIT_WORK_TREE": "../repo"}]
)
def test_a_repository_that_the_environment_names_is_where_the_process_runs(
    desk: Desk, server: Provider, named: dict[str, str]
) -> None:
    for tree in ("repo", "app/src"):
        desk.write(f"work/{tree}/README", "x")
    subprocess.run(["git", "init", "-q", str(desk.cwd.parent / "repo")], check=True)
    desk.write("work/.env", STRANGERS)
    ask(desk, server, **named).ended(0)


# The host that is shown.


@pytest.mark.parametrize(("host", "shown"), [("faß.test", "xn--fa-hia.test"), ("βόλος.test", "xn--nxasmm1c.test")])
def test_the_host_that_is_shown_is_the_one_that_is_asked_for(
    desk: Desk, server: Provider, host: str, shown: str
) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL=http://{host}/v1\n")
    assert f"(the host is {shown})" in ask(desk, server, **IN_SHELL).ended(5).err
    assert shown in desk.run("trust", "--yes", env=IN_SHELL).ended(0).out
    ask(desk, server, **IN_SHELL).ended(0)
    assert server.taken()[0].headers["host"] == shown


def test_no_host_of_a_project_ends_every_command_as_a_defect(desk: Desk, server: Provider) -> None:
    long_s = "localho\u017ft"
    hosts = ("[stranger.test]", "☃.test", "a\u200b.test", long_s, "ⓛocalhost", "١٢٧.0.0.1", "999.1.1.1", "x:0", ".")
    hosts = (*hosts, "0127.0.0.1.", "xn--i-7iq.ws")
    commands = (["resolve"], ["run", "-p", "x"], ["trust"], ["doctor"])
    runs = []
    for host in hosts:
        desk.write(f"work/{host}/.env", f"OPENAI_BASE_URL=http://{host}/v1\n")
        runs += [Run(words, desk.cwd.parent / host, desk.home, IN_SHELL) for words in commands]
    for given, outcome in zip(runs, run_all(runs), strict=True):
        outcome.ended(0 if given.argv == ["trust"] else 3)
        assert given.argv == ["trust"] or "QC201" in outcome.err
    assert server.taken() == []


# Another user's file.


@root_only
def test_a_yes_to_another_users_file_is_one_to_what_it_says_now(desk: Desk, server: Provider) -> None:
    """Root in a container, whose checkout belongs to another number, says yes once."""
    file = desk.write("work/app/.qwen/.env", STRANGERS)
    for path in (file, file.parent):
        os.chown(path, NOBODY, NOBODY)
    ask(desk, server).ended(5)
    told = desk.run("trust").ended(5).err
    for words in ("belongs to", f"base_url = {STRANGER}", "this file belongs to another user, who can change it"):
        assert words in told
    desk.run("trust", "--yes").ended(0)
    ask(desk, server).ended(0)
    assert [request.headers["host"] for request in server.taken()] == ["stranger.example"]
    file.write_text(STRANGERS.replace("stranger.", "another."), encoding="utf-8")
    refused = ask(desk, server).ended(5).err
    assert "http://another.example/v1" in refused
    assert "QC301" in desk.run("resolve", "--explain").ended(0).out
    assert server.taken() == []
    for words in (["--trust-project"], []):
        env = {} if words else {"QWEN_CFG_TRUST_PROJECT": "1"}
        ask(desk, server, *words, **env).ended(0)
    desk.run("trust", "revoke", "--all").ended(0)
    ask(desk, server, "--trust-project").ended(0)


@root_only
def test_another_users_file_that_an_artifact_names_can_be_trusted(desk: Desk, server: Provider) -> None:
    file = desk.write("work/app/.env", STRANGERS)
    env = through(server)
    desk.run("resolve", "--env-file", ".env", "--proxy", server.url, "-o", "a.toml").ended(0)
    os.chown(file, NOBODY, NOBODY)
    ask(desk, server, "--config", "a.toml").ended(5)
    assert "belongs to" in desk.run("trust", "--config", "a.toml", env=env).ended(5).err
    desk.run("trust", "--config", "a.toml", "--yes", env=env).ended(0)
    ask(desk, server, "--config", "a.toml").ended(0)
    file.write_text(STRANGERS.replace("stranger.", "another."), encoding="utf-8")
    ask(desk, server, "--config", "a.toml").ended(5)


# What is said.


def test_init_tells_that_a_tracked_file_decides_where_the_key_goes(desk: Desk) -> None:
    clone(desk, {".env": f"OPENAI_BASE_URL={STRANGER}\n"})
    told = desk.run("init", "--no-verify", env=IN_SHELL).ended(0).err
    assert "QC301" in told
    assert "to stranger.example" in told


def test_a_key_that_was_typed_is_let_through_for_one_run(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    refused = ask(desk, server, "--openai-api-key", KEY).ended(5).err
    assert "--trust-project" in refused
    assert "qwen-cfg trust" not in refused
    assert KEY not in refused
    ask(desk, server, "--openai-api-key", KEY, "--trust-project").ended(0)
    desk.write("work/app/.env", STRANGERS)
    clone(desk, {})
    assert "(prompts only)" in desk.run("trust", "--yes").ended(0).out
    assert "(prompts only)" in desk.run("trust", "list").ended(0).out


def test_a_typed_key_for_an_artifact_is_trusted_without_it(desk: Desk, server: Provider) -> None:
    making = ["--no-env-file", "--openai-base-url", STRANGER, "--proxy", server.url, "--secret-from", "flag"]
    desk.run("resolve", *making, "-o", "a.toml").ended(0)
    refused = ask(desk, server, "--config", "a.toml", "--openai-api-key", KEY).ended(5).err
    assert "qwen-cfg trust --config a.toml." in refused
    desk.run("trust", "--config", "a.toml", "--yes", env=through(server)).ended(0)
    ask(desk, server, "--config", "a.toml", "--openai-api-key", KEY).ended(0)


# The question in a conversation.


@pytest.mark.parametrize("answer", ["y\r", "n\r", "\x03"])
def test_the_question_in_a_conversation_is_answered_with_enter(desk: Desk, server: Provider, answer: str) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    env = through(server, **IN_SHELL)
    desk.run("trust", "--yes", env=env).ended(0)
    with Typing(desk, "run", env=env, width=100) as person:
        person.until("/help")
        desk.write("work/app/.env", "OPENAI_BASE_URL=http://other.example/v1\n")
        person.type("/model other\r")
        person.until("http://other.example/v1", "[y/N]")
        person.type(answer)
        person.until(*(["[y/N] y", "approval saved"] if answer == "y\r" else ["not trusted"]))
        person.type("hello\r")
        person.until("pong")
        person.type("\x04")
        assert person.ended() == 0
    expected = "other.example" if answer == "y\r" else "stranger.example"
    assert [request.headers["host"] for request in server.taken()] == [expected]


def test_the_question_after_the_dialogue_is_answered_with_enter(desk: Desk, server: Provider) -> None:
    env = through(server, **IN_SHELL)
    desk.run("resolve", "--openai-base-url", STRANGER, "--proxy", server.url, "-o", "a.toml", env=env).ended(0)
    desk.run("trust", "--config", "a.toml", "--yes", env=env).ended(0)
    with Typing(desk, "run", "--config", "a.toml", env=env, height=60, width=100) as person:
        for keys, wanted in (
            ("/auth\r", "/help"),
            ("8\r", "Provider ["),
            ("\r", "Base URL"),
            (f"{KEY[::-1]}\r", "API key ("),
            ("\r", "Model ["),
            ("1\r", "Keep ["),
            ("y\r", "[y/N]"),
        ):
            person.until(wanted)
            person.type(keys)
        person.until("[y/N] y", "approval saved")
        person.type("hello\r")
        person.until("pong")
    assert server.taken()[0].authorization == f"Bearer {KEY[::-1]}"
