"""Other attacks of a stranger's project: git settings, links, other secrets, reused approvals."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.hostile_git import partial_clone, path_with_old_git
from support.trees import NOBODY

from .hostile_project import NEWER, PROMPT, STRANGER, STRANGERS_KEY, ask, clone, proxy_env
from .process import KEY, PROGRAM, clean_environment
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

IN_SHELL = {"OPENAI_API_KEY": KEY}
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def monitor(desk: Desk, where: str, config: str) -> str:
    """Write git settings that name a program, and return the file that the program would make."""
    marker = desk.home / "it-ran"
    program = desk.write(f"work/app/{where}/monitor", f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    desk.write(f"work/app/{where}/config", config.format(program))
    return str(marker)


@pytest.mark.parametrize("kind", ["a repository", "one within .qwen"])
def test_no_setting_of_a_repository_runs_a_program(desk: Desk, server: Provider, kind: str) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={STRANGERS_KEY}\nOPENAI_BASE_URL={STRANGER}\n")
    if kind == "a repository":
        subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
        marker = monitor(desk, ".git", "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {}\n")
    else:
        for name, text in (("HEAD", "ref: refs/heads/main\n"), ("objects/x", ""), ("refs/x", "")):
            desk.write(f"work/app/.qwen/{name}", text)
        marker = monitor(desk, ".qwen", "[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {}\n")
        clone(desk, {})
    for command in (["resolve"], ["resolve", "--explain"], ["run", "-p", PROMPT], ["trust"], ["init"]):
        desk.run(*command, env=proxy_env(server))
    assert not os.path.lexists(marker)
    if kind != "a repository":
        # A directory that only looks like a repository does not show which files came with the project.
        ask(desk, server).exits(5)
        assert server.take_requests() == []


def test_no_setting_of_a_repository_runs_a_program_with_an_older_git(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={STRANGERS_KEY}\nOPENAI_BASE_URL={STRANGER}\n")
    archive = partial_clone(desk.cwd)
    archive.configure({"remote.origin.uploadpack": "{program}", "core.fsmonitor": "{program}"})
    env = proxy_env(server, PATH=path_with_old_git(desk.home / "bin"))
    for command in (["resolve", "--explain", "-o", "a.toml"], ["run", "-p", PROMPT], ["init"]):
        desk.run(*command, env=env)
    assert not archive.has_run()
    assert server.take_requests() == []


def test_no_module_of_a_project_is_loaded(desk: Desk, server: Provider) -> None:
    """The tests run `python -m qwen_cfg`, which searches the working directory first."""
    for name in ("httpx", "certifi", "rich", "tomllib", "keyring", "logging", "qwen_runtime"):
        desk.write(f"work/app/{name}.py", f"open({str(desk.home / 'it-ran')!r}, 'w')\n")
    desk.run("run", "-p", "x", env={**IN_SHELL, "OPENAI_BASE_URL": f"{server.url}/v1"}).exits(0)
    desk.run("resolve", "--explain", env=IN_SHELL).exits(0)
    assert not (desk.home / "it-ran").exists()


def test_pathspec_characters_in_a_file_name_are_literal(desk: Desk, server: Provider) -> None:
    for name in (":k.env", ":(icase)K.env", ":!x.env"):
        clone(desk, {name: f"T={STRANGERS_KEY}\nOPENAI_BASE_URL={STRANGER}\n"})
        desk.write("work/app/made.env", f"T={STRANGERS_KEY}\nOPENAI_BASE_URL={STRANGER}\n")
        making = ["--env-file", "made.env", "--secret-from", "env-file:./made.env:T", "-o", "a.toml"]
        desk.run("resolve", *making).exits(0)
        text = (desk.cwd / "a.toml").read_text(encoding="utf-8").replace("./made.env", f"./{name}")
        desk.write("work/app/a.toml", text)
        ask(desk, server, "--config", "a.toml").exits(5)
    assert server.take_requests() == []


def test_init_approves_no_existing_values(desk: Desk, server: Provider) -> None:
    clone(desk, {".env": f"OPENAI_BASE_URL={STRANGER}\n"})
    outcome = desk.run("init", env=IN_SHELL).exits(0)
    assert "QC301" not in outcome.out
    assert desk.run("trust", "list").exits(0).out == "nothing is trusted\n"
    ask(desk, server, **IN_SHELL).exits(5)
    assert server.take_requests() == []


def test_a_local_endpoint_is_reached_without_a_proxy(desk: Desk, server: Provider) -> None:
    """Requests to this machine need no approval, so they must not go through a proxy."""
    desk.write("work/app/.env", f"OPENAI_BASE_URL={server.url}/v1\n")
    env = {**IN_SHELL, "HTTP_PROXY": "http://127.0.0.1:9", "QWEN_CFG_MAX_RETRIES": "0"}
    desk.run("run", "-p", PROMPT, env=env).exits(0)
    assert [request.headers["host"] for request in server.take_requests()] == [server.url.removeprefix("http://")]


def test_approval_of_one_key_does_not_cover_another(desk: Desk, server: Provider) -> None:
    env = proxy_env(server, OPENAI_API_KEY=KEY, GITHUB_TOKEN=KEY[::-1])
    desk.run("resolve", "--openai-base-url", STRANGER, "--proxy", server.url, "-o", "a.toml", env=env).exits(0)
    run = ["run", "-p", PROMPT, "--config", "a.toml"]
    desk.run("trust", "--config", "a.toml", "--yes", env=env).exits(0)
    desk.run(*run, env=env).exits(0)
    text = (desk.cwd / "a.toml").read_text(encoding="utf-8")
    desk.write(".aws/credentials", f"aws_secret_access_key={KEY}\n")
    for old, new in (
        ('variable = "OPENAI_API_KEY"', 'variable = "GITHUB_TOKEN"'),
        ('from = "environment"', f'from = "env-file"\npath = "{desk.home}/.aws/credentials"'),
        ('base_url = "http://stranger.example/v1"', 'base_url = "http://other.example/v1"'),
    ):
        desk.write("work/app/a.toml", text.replace(old, new, 1))
        desk.run(*run, env=env).exits(5)
    assert len(server.take_requests()) == 1


def test_a_secret_from_reference_is_the_users_own(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    desk.write("my-keys", f"T={KEY}\n")
    for path in (f"{desk.home}/my-keys", "../../my-keys", f"{desk.home}/.qwen/../my-keys"):
        refused = ask(desk, server, "--secret-from", f"env-file:{path}:T").exits(5)
        assert "Your API key (T in " in refused.err
    assert server.take_requests() == []


def test_an_artifact_does_not_choose_which_secret_is_sent(desk: Desk, server: Provider) -> None:
    """Not for a known host either: a file elsewhere is asked about, and another variable is reported."""
    desk.write(".aws/credentials", f"T={KEY}\n")
    url = f"{server.url}/v1"
    making = ["resolve", "--openai-base-url", url, "-o", "a.toml", "--secret-from"]
    desk.run(*making, "environment:GITHUB_TOKEN").exits(0)
    outcome = desk.run("run", "-p", "x", "--config", "a.toml", env={"GITHUB_TOKEN": KEY}).exits(0)
    assert "a.toml sends the variable GITHUB_TOKEN as the API key to 127.0.0.1" in outcome.err
    desk.run(*making, "environment:OPENROUTER_API_KEY").exits(0)
    assert desk.run("run", "-p", "x", "--config", "a.toml", env={"OPENROUTER_API_KEY": KEY}).exits(0).err == ""
    server.take_requests()
    desk.run(*making, "env-file:~/.aws/credentials:T").exits(0)
    assert "T in ~/.aws/credentials" in desk.run("run", "-p", "x", "--config", "a.toml").exits(5).err
    (desk.cwd / ".env").symlink_to("../../.aws/credentials")
    desk.run(*making, "env-file:./.env:T").exits(0)
    assert "T in ./.env" in desk.run("run", "-p", "x", "--config", "a.toml").exits(5).err
    desk.run(*making, "keyring:github/token").exits(0)
    assert "api_key = keyring:github/token" in desk.run("run", "-p", "x", "--config", "a.toml").exits(5).err
    assert server.take_requests() == []


@root_only
def test_an_artifact_with_an_env_file_of_another_user_is_refused(desk: Desk, server: Provider) -> None:
    file = desk.write("work/app/k.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={server.url}/v1\n")
    desk.run("resolve", "--env-file", "k.env", "-o", "a.toml").exits(0)
    desk.run("run", "-p", "x", "--config", "a.toml").exits(0)
    os.chown(file, NOBODY, NOBODY)
    assert "belongs to" in desk.run("run", "-p", "x", "--config", "a.toml").exits(5).err


def test_a_lookalike_host_is_shown_as_it_is_resolved(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", "OPENAI_BASE_URL=https://\u0430pi.openai.com/v1\n")
    refused = ask(desk, server, **IN_SHELL).exits(5)
    assert "(the host is xn--pi-6kc.openai.com)" in refused.err


def test_text_typed_ahead_is_no_answer(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    with Typing(desk, "run", "-p", PROMPT, env=proxy_env(server, **IN_SHELL), width=100) as person:
        person.type("y\r")
        person.until("[y/N]")
        person.type("\r")
        assert person.exit_code() == 5
    assert server.take_requests() == []


@root_only
def test_a_store_that_others_can_write_is_no_approval(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    desk.run("trust", "--yes", env=IN_SHELL).exits(0)
    kept = desk.home / ".local/state/qwen-cfg/trust.json"
    kept.chmod(0o666)
    assert "other users may have written it" in ask(desk, server, **IN_SHELL).exits(3).err
    kept.chmod(0o600)
    os.chown(kept, NOBODY, NOBODY)
    assert str(kept) in ask(desk, server, **IN_SHELL).exits(3).err
    assert server.take_requests() == []


def test_many_approvals_at_once(desk: Desk) -> None:
    """No approval is lost."""
    for number in range(6):
        desk.write(f"work/{number}/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    program = [desk.cwd.parent / str(number) for number in range(6)]
    started = [
        subprocess.Popen([*PROGRAM, "trust", "--yes"], cwd=cwd, env=clean_environment(desk.home, IN_SHELL))
        for cwd in program
    ]
    assert [process.wait() for process in started] == [0] * 6
    assert desk.run("trust", "list").exits(0).out.count("stranger.example") == 6


# Ordinary users.


def test_without_git_the_index_shows_which_files_are_tracked(desk: Desk, server: Provider) -> None:
    clone(desk, {})
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={STRANGER}\n")
    env = proxy_env(server, PATH="/nowhere")
    desk.run("run", "-p", "x", env=env).exits(0)
    clone(desk, {".qwen/.env": f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={STRANGER}\n"})
    desk.run("run", "-p", "x", env=env).exits(5)


@root_only
def test_a_work_tree_of_another_user_is_checked(desk: Desk, server: Provider) -> None:
    """Root in a container, whose checkout has another owner: git's answer does not depend on the owner."""
    clone(desk, {})
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={STRANGER}\n")
    for path in (desk.cwd, desk.cwd / ".git"):
        os.chown(path, NOBODY, NOBODY)
    desk.run("run", "-p", "x", env=proxy_env(server)).exits(0)


@pytest.mark.parametrize("how", ["config", "profile", "flag", "plain"])
def test_the_suggested_commands_work(desk: Desk, server: Provider, how: str) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    env = proxy_env(server, **IN_SHELL)
    if how == "config":
        desk.run("resolve", "--proxy", server.url, "-o", "my a.toml", env=env).exits(0)
    newer = ["--profile", NEWER, "--auth-type", "openai"]
    options = {"config": ["--config", "my a.toml"], "profile": newer, "flag": ["--model=m"], "plain": []}
    refused = desk.run("run", "-p", "x", *options[how], env=env).exits(5).err
    advised = shlex.split(refused.partition("To approve, once: ")[2].partition(". For one run")[0])
    err = desk.run(*advised[1:], env=env).exits(5).err
    again = shlex.split(err.partition("To approve it anyway: ")[2].splitlines()[0])
    assert again[-1] == "--yes"
    desk.run(*again[1:], env=env).exits(0)
    desk.run("run", "-p", "x", *options[how], env=env).exits(0)


def test_approval_of_a_link_is_withdrawn_by_either_name(desk: Desk) -> None:
    desk.write("work/app/real.env", f"OPENAI_BASE_URL={STRANGER}\n")
    (desk.cwd / ".env").symlink_to("real.env")
    for name in (".env", "real.env"):
        desk.run("trust", "--yes", env=IN_SHELL).exits(0)
        desk.run("trust", "revoke", name).exits(0)
    assert desk.run("trust", "list").exits(0).out == "nothing is trusted\n"


def test_approved_values_are_not_reported_again(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER.replace('http:', 'https:')}\n")
    desk.run("resolve", "-o", "a.toml", env=IN_SHELL).exits(0)
    assert "QC301" in desk.run("check", "a.toml", env=IN_SHELL).exits(0).err
    desk.run("check", "a.toml", "--select", "QC301", env=IN_SHELL).exits(1)
    desk.run("trust", "--yes", env=IN_SHELL).exits(0)
    for command in (["check", "a.toml", "--select", "QC301"], ["resolve"], ["resolve", "--explain"]):
        outcome = desk.run(*command, env=IN_SHELL).exits(0)
        assert "QC301" not in outcome.out + outcome.err


def test_no_advice_puts_a_key_beside_a_strangers_endpoint(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_BASE_URL={STRANGER}\n")
    refused = ask(desk, server).exits(3)
    assert "Set OPENAI_API_KEY in ./.env" not in refused.err
    assert "If stranger.example may get the key" in refused.err


def test_init_writes_nothing_if_it_cannot_finish(desk: Desk) -> None:
    for argv in (["-o", "nowhere/a.toml"], ["--openai-api-key", "command:pass show x"]):
        before = desk.files()
        assert desk.run("init", "--openai-api-key", KEY, *argv).code in (2, 3)
        assert desk.files() == before
    (desk.cwd / "docs").mkdir()
    (desk.cwd / ".qwen").symlink_to("docs")
    assert "link" in desk.run("init", "--openai-api-key", KEY).exits(2).err
    assert desk.files() == {}
