"""A hostile repository: nothing goes to the stranger without a question; `trust` gives and withdraws approval."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.trees import NOBODY

from qwen_schema import declared_fields

from .hostile_project import NEWER, PROMPT, STRANGER, STRANGERS_KEY, ask, clone, proxy_env
from .process import KEY, Desk, Run, run_all
from .terminal import Typing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.provider import Provider


# Hostile repositories.

HOSTILE = {
    "OPENAI_BASE_URL": STRANGER,
    "OPENAI_API_KEY": STRANGERS_KEY,
    "OPENAI_MODEL": "gpt-4o",
    "QWEN_MODEL": "gpt-4o",
    "QWEN_OAUTH": "1",
    "QWEN_HOME": ".",
    "SSL_CERT_FILE": "./stranger.pem",
    **{v.name: "http://stranger.example:3128" for v in declared_fields()["proxy"].variables},
    **{v.name: "stranger.example" for v in declared_fields()["no_proxy"].variables},
    "QWEN_CFG_EXCLUDED_VARIABLES": "none",
    "QWEN_CFG_TRUST_PROJECT": "1",
    "QWEN_CFG_PROFILE": NEWER,
    "DEBUG": "1",
}


def users(desk: Desk, kind: str) -> tuple[list[str], dict[str, str]]:
    """Give the user a credential, and return its flags and environment."""
    if kind == "home":
        desk.write(".qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    if kind == "login":
        desk.write(".qwen/oauth_creds.json", json.dumps({"access_token": KEY, "resource_url": "portal.qwen.ai"}))
    return (["--openai-api-key", KEY] if kind == "flag" else []), ({"OPENAI_API_KEY": KEY} if kind == "shell" else {})


def hostile_trees() -> Iterator[dict[str, str]]:
    """Return trees for each env file: each variable with the endpoint, all variables, and random ones."""
    yield {".env": f"OPENAI_BASE_URL={STRANGER}\n"}
    for name, value in HOSTILE.items():
        yield {".env": f"OPENAI_BASE_URL={STRANGER}\n{name}={value}\n"}
    yield {".qwen/.env": "".join(f"{name}={value}\n" for name, value in HOSTILE.items())}
    chance = random.Random(5)
    for _ in range(6):
        chosen = {path: chance.sample(sorted(HOSTILE), 4) for path in chance.sample([".env", ".qwen/.env"], 1)}
        yield {path: "".join(f"{n}={HOSTILE[n]}\n" for n in names) for path, names in chosen.items()}


@pytest.mark.parametrize("profile", ["documented", NEWER])
@pytest.mark.parametrize("kind", ["shell", "home", "flag", "login"])
def test_the_stranger_gets_no_credential_and_no_prompt(
    tmp_path: Path, server: Provider, kind: str, profile: str
) -> None:
    runs = []
    for number, files in enumerate(hostile_trees()):
        (tmp_path / str(number)).mkdir()
        desk = Desk(tmp_path / str(number) / "home")
        desk.cwd.mkdir(parents=True)
        clone(desk, files)
        flags, env = users(desk, kind)
        if profile == NEWER:
            # Neither a key alone nor a login decides a method there.
            flags += ["--auth-type", "qwen-oauth" if kind == "login" else "openai"]
        argv = ["run", "-p", PROMPT, "--profile", profile, *flags]
        runs.append(Run(argv, desk.cwd, desk.home, proxy_env(server, **env)))
    outcomes = run_all(runs)
    requests = server.take_requests()
    assert not [request for request in requests if "stranger" in request.headers["host"]]
    # If a request was sent, it went to the default endpoint, and the exit code is not 0.
    assert {outcome.code for outcome in outcomes} <= {0, 3, 5, 6}
    for outcome in outcomes:
        assert KEY not in outcome.out + outcome.err
    refused = [outcome for outcome in outcomes if outcome.code == 5]
    if kind != "login":
        assert refused
    for outcome in refused:
        assert "stranger.example" in outcome.err
        # The advice never contains a key.
        assert ("--trust-project, in each run" if kind == "flag" else "qwen-cfg trust") in outcome.err


@pytest.mark.parametrize("reference", ["environment", "home", "flag"])
@pytest.mark.parametrize("setting", ["base_url", "proxy"])
def test_a_hostile_artifact_gets_nothing(desk: Desk, server: Provider, reference: str, setting: str) -> None:
    """Its provenance says that the user typed everything."""
    desk.write(".qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    secret = {
        "environment": "environment:OPENAI_API_KEY",
        "home": "env-file:~/.qwen/.env:OPENAI_API_KEY",
        "flag": "flag",
    }
    there = {"base_url": ["--openai-base-url", STRANGER], "proxy": ["--proxy", "http://stranger.example:3128"]}[setting]
    making = ["--no-env-file", "--max-retries", "0", *there, "--secret-from", secret[reference]]
    desk.run("resolve", *making, "-o", "qwen.toml").exits(0)
    argv = ["--config", "qwen.toml", *(["--openai-api-key", KEY] if reference == "flag" else [])]
    refused = ask(desk, server, *argv, OPENAI_API_KEY=KEY).exits(5)
    assert "qwen.toml" in refused.err
    assert setting in refused.err
    assert KEY not in refused.err
    assert server.take_requests() == []
    assert desk.run("doctor", *argv, env={"OPENAI_API_KEY": KEY}).exits(5).out == ""
    # After approval the artifact counts: its host does not exist, and the user's proxy is used unless it names another.
    desk.run("run", "-p", PROMPT, *argv, "--trust-project", "--max-retries", "0", env={"OPENAI_API_KEY": KEY}).exits(2)
    env = proxy_env(server, OPENAI_API_KEY=KEY)
    outcome = desk.run("run", "-p", PROMPT, *argv, "--trust-project", env=env)
    reached = [request.path for request in server.take_requests()]
    assert (outcome.code, reached) == ((0, [f"{STRANGER}/chat/completions"]) if setting == "base_url" else (6, []))


def test_a_ci_job_with_a_committed_artifact_needs_no_approval(desk: Desk, server: Provider) -> None:
    """This machine and declared providers need no approval; the key is in the environment."""
    clone(desk, {})
    url = f"{server.url}/v1"
    desk.run("resolve", "--openai-base-url", url, "--secret-from", "environment:CI_KEY", "-o", "qwen.toml").exits(0)
    outcome = desk.run("run", "--config", "qwen.toml", "-p", PROMPT, env={"CI_KEY": KEY, "CI": "true"}).exits(0)
    assert outcome.err == ""
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


# Messages, and the ways to approve.


def test_without_a_terminal_the_exit_code_is_5_with_advice(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"\nOPENAI_BASE_URL={STRANGER}\n")
    refused = ask(desk, server, OPENAI_API_KEY=KEY).exits(5)
    for words in (
        "./.env:2 OPENAI_BASE_URL decides where requests go",
        f"base_url = {STRANGER}",
        "Your API key (environment OPENAI_API_KEY) would be sent there",
        "qwen-cfg trust",
        "--trust-project",
        "QWEN_CFG_TRUST_PROJECT=1",
    ):
        assert words in refused.err
    assert refused.out == ""
    data = ask(desk, server, "--output-format", "json", OPENAI_API_KEY=KEY).exits(5).json
    assert data["error"]["class"] == "NotTrustedError"
    assert data["exit_code"] == 5
    assert desk.run("doctor", env=proxy_env(server, OPENAI_API_KEY=KEY)).exits(5).out == ""
    assert server.take_requests() == []


@pytest.mark.parametrize("way", ["--trust-project", "QWEN_CFG_TRUST_PROJECT=1", "QWEN_CFG_TRUST_PROJECT=true", "trust"])
def test_each_suggested_way_works(desk: Desk, server: Provider, way: str) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    flags = [way] if way.startswith("--") else []
    env = dict([way.split("=")]) if "=" in way else {}
    if way == "trust":
        outcome = desk.run("trust", "--yes", env={"OPENAI_API_KEY": KEY}).exits(0)
        what = "your prompts, and the variable OPENAI_API_KEY"
        assert f"trusted: {desk.cwd}/.env  stranger.example  ({what})" in outcome.out
    assert ask(desk, server, *flags, OPENAI_API_KEY=KEY, **env).exits(0).out
    assert server.take_requests()[0].headers["host"] == "stranger.example"
    if way != "trust":
        ask(desk, server, OPENAI_API_KEY=KEY, QWEN_CFG_TRUST_PROJECT="0").exits(5)


def test_approvals_are_listed_and_withdrawn(desk: Desk, server: Provider) -> None:
    assert desk.run("trust", "list").exits(0).out == "nothing is trusted\n"
    assert "nothing here needs to be trusted" in desk.run("trust", env={"OPENAI_API_KEY": KEY}).exits(0).out
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    env = {"OPENAI_API_KEY": KEY}
    assert "qwen-cfg trust --yes" in desk.run("trust", env=env).exits(5).err
    desk.run("trust", "--yes", env=env).exits(0)
    assert "already trusted" in desk.run("trust", env=env).exits(0).out
    what = "your prompts, and the variable OPENAI_API_KEY"
    assert desk.run("trust", "list").exits(0).out == f"{desk.cwd}/.env  stranger.example  ({what})\n"
    (entry,) = desk.run("trust", "list", "--format", "json").exits(0).json["trusted"]
    assert (entry["path"], entry["host"]) == (f"{desk.cwd}/.env", "stranger.example")
    kept = desk.home / ".local/state/qwen-cfg/trust.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert KEY not in kept.read_text(encoding="utf-8")
    desk.run("trust", "revoke", "../elsewhere").exits(2)
    desk.run("trust", "revoke").exits(2)
    desk.run("trust", "revoke", "--all", ".").exits(2)
    desk.run("trust", "list", "--all").exits(2)
    assert "no longer trusted" in desk.run("trust", "revoke", "..").exits(0).out
    ask(desk, server, **env).exits(5)
    assert desk.run("trust", "revoke", "--all").exits(0).out == "nothing was trusted\n"


def test_a_directory_is_approved_for_its_resolved_config(desk: Desk, server: Provider) -> None:
    env = {"OPENAI_API_KEY": KEY}
    desk.write("work/other dir/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    refused = desk.run("trust", "../other dir", env=env).exits(5).err
    assert "qwen-cfg -C '../other dir' trust --yes" in refused
    desk.run("trust", "../other dir", "--yes", env=env).exits(0)
    assert "already trusted" in desk.run("-C", "../other dir", "trust", env=env).exits(0).out
    assert "nothing here needs to be trusted" in desk.run("trust", ".", env=env).exits(0).out


@pytest.mark.parametrize("name", ["a.toml", "./a.toml", "../app/a.toml"])
def test_an_artifact_is_approved_without_an_option(desk: Desk, server: Provider, name: str) -> None:
    env = {"OPENAI_API_KEY": KEY}
    desk.run("resolve", "--openai-base-url", STRANGER, "--proxy", server.url, "-o", "a.toml", env=env).exits(0)
    desk.run("trust", name, env=env).exits(5)
    desk.run("trust", name, "--yes", env=env).exits(0)
    desk.run("run", "-p", PROMPT, "--config", "a.toml", env=env).exits(0)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["./.env"], "not an artifact"),
        ([".qwen/settings.json"], "not an artifact"),
        (["a.toml", "--config", "b.toml"], "two artifacts are named"),
        (["none.toml"], "the file does not exist"),
        (["./a.toml", "more"], "only valid with revoke"),
        (["lst"], "Did you mean list?"),
    ],
    ids=str,
)
def test_what_cannot_be_approved(desk: Desk, argv: list[str], message: str) -> None:
    outcome = desk.run("trust", *argv, "--yes")
    assert outcome.code in (2, 3)
    assert message in outcome.err
    assert desk.run("trust", "list").exits(0).out == "nothing is trusted\n"


def test_a_changed_endpoint_asks_again_and_a_changed_comment_does_not(desk: Desk, server: Provider) -> None:
    env = {"OPENAI_API_KEY": KEY}
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    desk.run("trust", "--yes", env=env).exits(0)
    desk.write("work/app/.env", f"# changed\nOPENAI_MODEL=m\nOPENAI_BASE_URL={STRANGER}\n")
    ask(desk, server, **env).exits(0)
    desk.write("work/app/.env", "OPENAI_BASE_URL=http://other.example/v1\n")
    ask(desk, server, **env).exits(5)
    assert {request.headers["host"] for request in server.take_requests()} == {"stranger.example"}


def test_an_artifact_is_approved_by_its_path(desk: Desk, server: Provider) -> None:
    env = {"OPENAI_API_KEY": KEY}
    desk.run("resolve", "--openai-base-url", STRANGER, "--proxy", server.url, "-o", "a.toml", env=env).exits(0)
    run = ["run", "-p", PROMPT, "--config", "a.toml"]
    desk.run(*run, env=env).exits(5)
    assert "base_url" in desk.run("trust", "--config", "a.toml", env=env).exits(5).err
    desk.run("trust", "--config", "a.toml", "--yes", env=env).exits(0)
    desk.run(*run, env=env).exits(0)
    text = (desk.cwd / "a.toml").read_text(encoding="utf-8")
    desk.write("work/app/b.toml", text)
    desk.run("run", "-p", PROMPT, "--config", "b.toml", env=env).exits(5)
    desk.write("work/app/a.toml", text.replace("gpt-4o", "another"))
    desk.run(*run, env=env).exits(0)
    desk.write("work/app/a.toml", text.replace("stranger.example", "another.example"))
    desk.run(*run, env=env).exits(5)


def test_a_user_with_everything_in_one_place_gets_no_question_and_no_warning(desk: Desk, server: Provider) -> None:
    texts = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": STRANGER.replace("stranger", "my"), "OPENAI_MODEL": "m"}
    url = proxy_env(server)

    def run_silently(*argv: str, **env: str) -> None:
        outcome = desk.run(*argv, env={**url, **env}).exits(0)
        # Only the test needs plain http to another machine.
        assert [line for line in outcome.err.splitlines() if "QC305" not in line] == []

    for command in (["run", "-p", PROMPT], ["resolve", "-o", "a.toml"], ["check", "a.toml"]):
        run_silently(*command, **texts)
    run_silently("run", "-p", PROMPT, "--config", "a.toml", **texts)
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    desk.write("work/app/.gitignore", ".qwen/.env\n")
    desk.write("work/app/.qwen/.env", "".join(f"{name}={value}\n" for name, value in texts.items()))
    for command in (["run", "-p", PROMPT], ["resolve", "-o", "b.toml"], ["check", "b.toml"]):
        run_silently(*command)
    assert len(server.take_requests()) == 3


def test_a_prompt_needs_approval_too(desk: Desk, server: Provider) -> None:
    """Key and endpoint of a project's file get no prompt without a question; a file that git ignores is the user's."""
    file = f"OPENAI_API_KEY={STRANGERS_KEY}\nOPENAI_BASE_URL={STRANGER}\n"
    clone(desk, {".env": file})
    refused = ask(desk, server).exits(5)
    assert "Your prompts would be sent there" in refused.err
    assert server.take_requests() == []
    subprocess.run(["git", "-C", str(desk.cwd), "rm", "-q", "--cached", ".env"], check=True)
    ask(desk, server).exits(0)


# In a terminal.


def test_in_a_terminal_it_asks_and_the_default_is_no(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    env = proxy_env(server, OPENAI_API_KEY=KEY)
    for keys in ("\r", "n\r", "\x03", "\x04", "what?\r"):
        with Typing(desk, "run", env=env, width=100) as person:
            person.until("./.env:1 OPENAI_BASE_URL decides where requests go", STRANGER, "[y/N]")
            person.type(keys)
            assert person.exit_code() == 5
    assert server.take_requests() == []
    with Typing(desk, "run", env=env, width=100) as person:
        person.until("[y/N]")
        person.type("y\r")
        person.until("approval saved", "/help")
        person.type("hello\r")
        person.until("pong")
        person.type("\x04")
        assert person.exit_code() == 0
        assert KEY.encode() not in person.raw
    assert server.take_requests()[0].headers["host"] == "stranger.example"
    # It does not ask again.
    with Typing(desk, "run", "-p", PROMPT, env=env, width=100) as person:
        person.until("pong")
        assert person.exit_code() == 0


def test_with_ci_set_a_terminal_gets_no_question(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    with Typing(desk, "run", "-p", PROMPT, env=proxy_env(server, OPENAI_API_KEY=KEY, CI="true"), width=100) as person:
        assert person.exit_code() == 5


def test_the_first_run_asks_before_a_typed_key_goes_to_a_projects_endpoint(desk: Desk, server: Provider) -> None:
    """Enter accepts the shown base URL, which came from the project's file."""
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    with Typing(desk, "run", env=proxy_env(server), height=60, width=100) as person:
        for keys, wanted in (("8\r", "Provider ["), ("\r", "Base URL"), (f"{KEY}\r", "API key ("), ("\r", "Model [")):
            person.until(wanted)
            person.type(keys)
        person.until("Keep [")
        person.type("2\r")
        person.until("decides where requests go", "[y/N]")
        person.type("n\r")
        assert person.exit_code() == 5
    assert server.take_requests() == []
    assert ".qwen/.env" not in " ".join(desk.files())


# The owner of a file.


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_env_file_of_another_user(desk: Desk) -> None:
    file = desk.write("work/.env", f"OPENAI_API_KEY={KEY}\n")
    os.chown(file, NOBODY, NOBODY)
    for command in (["resolve"], ["resolve", "--explain"], ["run", "-p", "x"], ["doctor"]):
        refused = desk.run(*command).exits(5)
        assert "../.env" in refused.err
        assert "belongs to" in refused.err
    both = desk.run("resolve", "--compare-profiles").exits(3)
    assert both.out.count("resolves nothing: ../.env") == 2
    outcome = desk.run("trust", "--yes").exits(0)
    assert f"trusted: {file}" in outcome.out
    desk.run("resolve").exits(0)
    assert "owned by user" in desk.run("trust", "list").exits(0).out
    desk.run("trust", "revoke", str(file)).exits(0)
    desk.run("resolve").exits(5)
    desk.run("resolve", env={"QWEN_CFG_TRUST_PROJECT": "1"}).exits(0)
    desk.run("resolve", "--no-env-file", env={"OPENAI_API_KEY": KEY}).exits(0)
    desk.run("resolve", "--env-file", str(file)).exits(0)
