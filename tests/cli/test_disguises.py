"""A stranger's project that poses as the user's own: by links, letter case, `.git`, keyring names or old approvals."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.file_keyring import keyring_env
from support.trees import NOBODY

from .hostile_project import PROMPT, STRANGER, STRANGERS_KEY, ask, clone, proxy_env
from .process import KEY, Run, run_all
from .terminal import Typing

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


def make_link(desk: Desk, link: str, target: str) -> None:
    """Make a link in the project."""
    path = desk.cwd / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


# Links and letter case.


@pytest.mark.parametrize(
    ("links", "file"),
    [
        ({".qwen": "conf"}, "conf/.env"),
        ({".env": "conf/real"}, "conf/real"),
        ({".qwen": "one", "one": "two/../two"}, "two/.env"),
        # The target is in no work tree, or git does not track it.
        ({".qwen": "../elsewhere"}, "../elsewhere/.env"),
        ({".qwen": ".git/conf"}, ".git/conf/.env"),
    ],
)
def test_a_file_behind_a_tracked_link_is_the_projects(
    desk: Desk, server: Provider, links: dict[str, str], file: str
) -> None:
    for link, target in links.items():
        make_link(desk, link, target)
    clone(desk, {file: STRANGERS})
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    assert "Your prompts would be sent there: git tracks this file" in ask(desk, server).exits(5).err
    ask(desk, server, "--config", "qwen.toml").exits(5)
    ask(desk, server, PATH="/nowhere").exits(5)
    assert "git tracks it" in desk.run("resolve", "--explain").exits(0).out
    assert server.take_requests() == []


@pytest.mark.parametrize("name", [".ENV", ".Qwen/.env"])
@pytest.mark.parametrize("path", [os.environ["PATH"], "/nowhere"])
def test_a_file_name_in_another_case_is_the_projects(desk: Desk, server: Provider, name: str, path: str) -> None:
    """This file system does, so the file is written under the name that a case-insensitive one would find."""
    clone(desk, {name: STRANGERS})
    desk.write(f"work/app/{name.lower()}", STRANGERS)
    ask(desk, server, PATH=path).exits(5)
    assert server.take_requests() == []


# Projects that look like the user's own repository.


@pytest.mark.parametrize("how", ["archive", "empty .git", ".git without an index", "another index", "split index"])
def test_a_keyring_name_is_asked_about_with_any_git_status(
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
        assert KEYRING_NAME in ask(desk, server, **keyring, **more).exits(5).err
    out = desk.run("resolve", "--explain", env=keyring).exits(0).out
    assert "QC301" in out
    assert "would send the entry of your keyring (me in the keyring's qwen) to stranger.example" in " ".join(
        out.split()
    )
    assert server.take_requests() == []
    # One question is enough.
    desk.run("trust", "--yes", env=keyring).exits(0)
    ask(desk, server, **keyring).exits(0)
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_values_that_init_wrote_are_the_users_own(desk: Desk, server: Provider, keyring: dict[str, str]) -> None:
    desk.run(
        "init", "--no-verify", "--openai-api-key", "keyring:qwen/me", "--openai-base-url", STRANGER, env=keyring
    ).exits(0)
    assert ask(desk, server, **keyring).exits(0).out


def test_the_question_about_a_tracked_file_names_the_keyring_entry(
    desk: Desk, server: Provider, keyring: dict[str, str]
) -> None:
    clone(desk, {".env": NAMED})
    text = " ".join(desk.run("resolve", "--explain", env=keyring).exits(0).out.split())
    assert "would send the entry of your keyring (me in the keyring's qwen) to stranger.example" in text
    assert KEYRING_NAME in ask(desk, server, **keyring).exits(5).err


@pytest.mark.parametrize("how", ["--split-index", "--index-version=4"])
def test_with_an_unreadable_index_every_file_may_be_tracked(desk: Desk, server: Provider, how: str) -> None:
    clone(desk, {".env": STRANGERS})
    subprocess.run(["git", "-C", str(desk.cwd), "update-index", how], check=True)
    for path in ("/nowhere", os.environ["PATH"]):
        ask(desk, server, PATH=path).exits(5)
    assert server.take_requests() == []


# An artifact and the file with its key.


def test_a_file_of_the_project_confirms_no_proxy_of_an_artifact(desk: Desk, server: Provider) -> None:
    """Key and proxy are the stranger's, the prompt is the user's. Over https the stranger needs its authorities too."""
    settings = f"OPENAI_API_KEY={STRANGERS_KEY}\nHTTPS_PROXY={server.url}\nSSL_CERT_FILE=./evil.pem\n"
    desk.write("work/app/evil.pem", "")
    desk.write("work/app/.env", settings)
    way = ["--proxy", server.url, "--ca-bundle", "./evil.pem"]
    desk.run("resolve", *way, "-o", "qwen.toml").exits(0)
    for tracked in (False, True):
        if tracked:
            clone(desk, {})
        refused = desk.run("run", "-p", PROMPT, "--config", "qwen.toml").exits(5).err
        assert f"proxy = {server.url}" in refused
        assert "ca_bundle = ./evil.pem" in refused
    # In a file of the home, they are the user's own.
    desk.write(".qwen/.env", settings)
    text = (desk.cwd / "qwen.toml").read_text(encoding="utf-8")
    desk.write("work/app/qwen.toml", text.replace('path = "./.env"', 'path = "~/.qwen/.env"'))
    assert "nothing here needs" in desk.run("trust", "--config", "qwen.toml").exits(0).out
    assert server.take_requests() == []


def test_the_key_file_of_an_artifact_confirms_no_keyring_entry(
    desk: Desk, server: Provider, keyring: dict[str, str]
) -> None:
    clone(desk, {".env": f"OPENAI_API_KEY={KEY}\n"})
    desk.run("resolve", "--openai-base-url", f"{server.url}/v1", "-o", "qwen.toml").exits(0)
    desk.write("work/app/.env", "OPENAI_API_KEY=keyring:qwen/me\n")
    assert "api_key = keyring:qwen/me" in ask(desk, server, "--config", "qwen.toml", **keyring).exits(5).err
    assert server.take_requests() == []


@pytest.mark.parametrize("file", [".git/lfs/objects/k", "linked/.env"])
def test_a_file_outside_of_the_search_confirms_nothing(desk: Desk, server: Provider, file: str) -> None:
    """Git tracks neither file, only the link by which the search would find the second."""
    make_link(desk, ".qwen", "linked")
    clone(desk, {})
    desk.write(f"work/app/{file}", STRANGERS)
    desk.run("resolve", "--env-file", file, "-o", "qwen.toml").exits(0)
    assert "stranger.example" in ask(desk, server, "--config", "qwen.toml").exits(5).err
    assert server.take_requests() == []


def test_a_file_in_a_git_directory_is_the_projects(desk: Desk, server: Provider) -> None:
    clone(desk, {"README": "x"})
    desk.write("work/app/.git/conf/.env", STRANGERS)
    make_link(desk, ".qwen", ".git/conf")
    assert "is in a .git" in ask(desk, server).exits(5).err
    assert server.take_requests() == []


def test_a_directory_whose_name_begins_like_the_home_is_a_projects(desk: Desk, server: Provider) -> None:
    mark = desk.home / "mark"
    clone(desk, {"~x/.env": f"OPENAI_BASE_URL={STRANGER}\nOPENAI_API_KEY='command:touch {mark}'\n"})
    newer = ("--profile", "qwen-code-0.21", "--auth-type", "openai")
    assert "stranger.example" in ask(desk, server, *newer, **IN_SHELL, QWEN_HOME="~x").exits(5).err
    ask(desk, server, *newer, QWEN_HOME="~x").exits(3)
    assert not mark.exists()
    assert server.take_requests() == []


def test_messages_about_git_are_correct(desk: Desk, server: Provider) -> None:
    clone(desk, {".env": STRANGERS})
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    assert "git tracks ./.env, so that" in ask(desk, server, "--config", "qwen.toml").exits(5).err
    subprocess.run(["git", "-C", str(desk.cwd), "update-index", "--index-version=4"], check=True)
    assert "git cannot tell whether it tracks this file" in ask(desk, server, PATH="/nowhere").exits(5).err


@pytest.mark.parametrize(
    "named", [{"GIT_DIR": "../repo/.git"}, {"GIT_DIR": "../repo/.git", "GIT_WORK_TREE": "../repo"}]
)
def test_git_variables_of_the_environment_are_honored(desk: Desk, server: Provider, named: dict[str, str]) -> None:
    for tree in ("repo", "app/src"):
        desk.write(f"work/{tree}/README", "x")
    subprocess.run(["git", "init", "-q", str(desk.cwd.parent / "repo")], check=True)
    desk.write("work/.env", STRANGERS)
    ask(desk, server, **named).exits(0)


# The shown host.


@pytest.mark.parametrize(("host", "shown"), [("faß.test", "xn--fa-hia.test"), ("βόλος.test", "xn--nxasmm1c.test")])
def test_the_shown_host_is_the_requested_one(desk: Desk, server: Provider, host: str, shown: str) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL=http://{host}/v1\n")
    assert f"(the host is {shown})" in ask(desk, server, **IN_SHELL).exits(5).err
    assert shown in desk.run("trust", "--yes", env=IN_SHELL).exits(0).out
    ask(desk, server, **IN_SHELL).exits(0)
    assert server.take_requests()[0].headers["host"] == shown


def test_no_host_of_a_project_crashes_a_command(desk: Desk, server: Provider) -> None:
    long_s = "localho\u017ft"
    hosts = ("[stranger.test]", "☃.test", "a\u200b.test", long_s, "ⓛocalhost", "١٢٧.0.0.1", "999.1.1.1", "x:0", ".")
    hosts = (*hosts, "0127.0.0.1.", "xn--i-7iq.ws")
    commands = (["resolve"], ["run", "-p", "x"], ["trust"], ["doctor"])
    runs = []
    for host in hosts:
        desk.write(f"work/{host}/.env", f"OPENAI_BASE_URL=http://{host}/v1\n")
        runs += [Run(words, desk.cwd.parent / host, desk.home, IN_SHELL) for words in commands]
    for given, outcome in zip(runs, run_all(runs), strict=True):
        outcome.exits(0 if given.argv == ["trust"] else 3)
        assert given.argv == ["trust"] or "QC201" in outcome.err
    assert server.take_requests() == []


# Files of another user.


@root_only
def test_approval_of_another_users_file_covers_its_present_content(desk: Desk, server: Provider) -> None:
    """Root in a container, whose checkout has another owner, approves once."""
    file = desk.write("work/app/.qwen/.env", STRANGERS)
    for path in (file, file.parent):
        os.chown(path, NOBODY, NOBODY)
    ask(desk, server).exits(5)
    err = desk.run("trust").exits(5).err
    for words in ("belongs to", f"base_url = {STRANGER}", "this file belongs to another user, who can change it"):
        assert words in err
    desk.run("trust", "--yes").exits(0)
    ask(desk, server).exits(0)
    assert [request.headers["host"] for request in server.take_requests()] == ["stranger.example"]
    file.write_text(STRANGERS.replace("stranger.", "another."), encoding="utf-8")
    refused = ask(desk, server).exits(5).err
    assert "http://another.example/v1" in refused
    assert "QC301" in desk.run("resolve", "--explain").exits(0).out
    assert server.take_requests() == []
    for words in (["--trust-project"], []):
        env = {} if words else {"QWEN_CFG_TRUST_PROJECT": "1"}
        ask(desk, server, *words, **env).exits(0)
    desk.run("trust", "revoke", "--all").exits(0)
    ask(desk, server, "--trust-project").exits(0)


@root_only
def test_another_users_file_in_an_artifact_can_be_approved(desk: Desk, server: Provider) -> None:
    file = desk.write("work/app/.env", STRANGERS)
    env = proxy_env(server)
    desk.run("resolve", "--env-file", ".env", "--proxy", server.url, "-o", "a.toml").exits(0)
    os.chown(file, NOBODY, NOBODY)
    ask(desk, server, "--config", "a.toml").exits(5)
    assert "belongs to" in desk.run("trust", "--config", "a.toml", env=env).exits(5).err
    desk.run("trust", "--config", "a.toml", "--yes", env=env).exits(0)
    ask(desk, server, "--config", "a.toml").exits(0)
    file.write_text(STRANGERS.replace("stranger.", "another."), encoding="utf-8")
    ask(desk, server, "--config", "a.toml").exits(5)


# Messages.


def test_init_reports_a_tracked_file_that_sets_the_endpoint(desk: Desk) -> None:
    clone(desk, {".env": f"OPENAI_BASE_URL={STRANGER}\n"})
    err = desk.run("init", "--no-verify", env=IN_SHELL).exits(0).err
    assert "QC301" in err
    assert "to stranger.example" in err


def test_a_typed_key_is_approved_for_one_run(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    refused = ask(desk, server, "--openai-api-key", KEY).exits(5).err
    assert "--trust-project" in refused
    assert "qwen-cfg trust" not in refused
    assert KEY not in refused
    ask(desk, server, "--openai-api-key", KEY, "--trust-project").exits(0)
    desk.write("work/app/.env", STRANGERS)
    clone(desk, {})
    assert "(prompts only)" in desk.run("trust", "--yes").exits(0).out
    assert "(prompts only)" in desk.run("trust", "list").exits(0).out


def test_an_artifact_can_be_approved_without_the_typed_key(desk: Desk, server: Provider) -> None:
    making = ["--no-env-file", "--openai-base-url", STRANGER, "--proxy", server.url, "--secret-from", "flag"]
    desk.run("resolve", *making, "-o", "a.toml").exits(0)
    refused = ask(desk, server, "--config", "a.toml", "--openai-api-key", KEY).exits(5).err
    assert "qwen-cfg trust --config a.toml." in refused
    desk.run("trust", "--config", "a.toml", "--yes", env=proxy_env(server)).exits(0)
    ask(desk, server, "--config", "a.toml", "--openai-api-key", KEY).exits(0)


# The question in a conversation.


@pytest.mark.parametrize("answer", ["y\r", "n\r", "\x03"])
def test_the_question_in_a_conversation_needs_enter(desk: Desk, server: Provider, answer: str) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    env = proxy_env(server, **IN_SHELL)
    desk.run("trust", "--yes", env=env).exits(0)
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
        assert person.exit_code() == 0
    expected = "other.example" if answer == "y\r" else "stranger.example"
    assert [request.headers["host"] for request in server.take_requests()] == [expected]


def test_the_question_after_the_dialogue_needs_enter(desk: Desk, server: Provider) -> None:
    env = proxy_env(server, **IN_SHELL)
    desk.run("resolve", "--openai-base-url", STRANGER, "--proxy", server.url, "-o", "a.toml", env=env).exits(0)
    desk.run("trust", "--config", "a.toml", "--yes", env=env).exits(0)
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
    assert server.take_requests()[0].authorization == f"Bearer {KEY[::-1]}"
