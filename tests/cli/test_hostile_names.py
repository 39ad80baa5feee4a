"""File names, values and server texts that CI services would read as commands in a log: none is printed as one."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.provider import refusal, streamed_reply

from .process import KEY, Run, env_of, make_desk, run_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.provider import Provider

    from .process import Desk, Outcome

# Commands of the runners: actions/runner, ActionCommand.cs; Azure Pipelines; TeamCity.
OURS = re.compile(r"::(?:error|warning|notice) file=[^:]*,line=\d+,title=[^:]*::[^\r\n]*")
COMMAND = re.compile(r"^[^\S\r\n]*::|#\s*#[\w]*\[", re.MULTILINE)
NEVER = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

IN_GITHUB = {"GITHUB_ACTIONS": "true"}
CHECK_FORMATS = ("text", "json", "github", "sarif", "junit", "gitlab")
NAMES = {
    "line feed": "a\n::add-mask::x",
    "carriage return": "a\r::stop-commands::x\r",
    "separators": "a\u2028::add-mask::x\u2029b\u0085::set-env name=A::b",
    "old": "##[add-mask]x",
    "azure": "##vso[task.setvariable variable=A]b",
    "teamcity": "##teamcity[buildStop]",
    "disguised": "#\u200d#[add-mask]x\n\u200b:\u00ad:add-mask::y",
    "percent": "a%0A::add-mask::x%0D%25",
    "steering": "\x1b[2J\u202egpj\u2066\ufeff",
    "not UTF-8": b"\n::add-mask::\xff".decode(errors="surrogateescape"),
}


def commands(text: str) -> list[str]:
    """Return the commands in a text that are no annotations of qwen-cfg, and other forbidden parts."""
    lines = [line for line in text.split("\n") if not OURS.fullmatch(line)]
    return COMMAND.findall("\n".join(lines)) + NEVER.findall(text)


def assert_no_commands(outcomes: Sequence[Outcome]) -> None:
    assert any(outcome.output for outcome in outcomes)
    assert [o.output for o in outcomes if o.code not in (0, 1, 2, 3, 5, 6)] == []
    assert [(text, commands(text)) for o in outcomes for text in (o.out, o.err) if commands(text)] == []


@pytest.fixture(params=NAMES)
def hostile(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Desk]]:
    """A desk with a git work tree below a directory with a hostile name, and the name."""
    name = NAMES[request.param]
    desk = make_desk(tmp_path / name)
    below = desk.cwd / name
    below.mkdir()
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL=http://stranger.example/v1\n")
    (below / ".env").write_text("OPENAI_MODEL='##[debug]\n::debug::m'\nOPENAI_API_KEYS=a\n", encoding="utf-8")
    (below / ".env").chmod(0o600)
    subprocess.run(["git", "-C", str(desk.cwd), "add", "-A"], check=True)
    yield name, desk


CommandLine = tuple[list[str], dict[str, str]]
# One retry, which is announced.
WITH_KEY = {"OPENAI_API_KEY": KEY, "QWEN_CFG_MAX_RETRIES": "1", **IN_GITHUB}


def test_no_file_name_is_a_command(hostile: tuple[str, Desk]) -> None:
    name, desk = hostile
    env = {"OPENAI_API_KEY": KEY, "HTTPS_PROXY": f"http://{name}:1", "NO_PROXY": name, "QWEN_HOME": name} | IN_GITHUB
    hostile_env = {variable: value for variable, value in env.items() if "\0" not in value}
    lines: list[CommandLine] = [
        (["resolve", "--model", "m", "-o", f"{name}.toml"], WITH_KEY),
        (["resolve", "-o", f"{name}/{name}/a.toml"], WITH_KEY),
        *((words, env) for env in (hostile_env, WITH_KEY) for words in resolve_and_check(name)),
        *((words, WITH_KEY) for words in other_commands(name)),
        *states_in_directory(desk.home / name),
    ]
    assert_no_commands(run_all([Run(words, desk.cwd / name, desk.home, env) for words, env in lines]))


def resolve_and_check(name: str) -> list[list[str]]:
    """Return command lines that show the config, and that check an artifact with a hostile name."""
    artifact = f"{name}.toml"
    return [
        ["resolve"],
        ["resolve", "--explain", "--all"],
        ["resolve", "--explain", "model"],
        ["resolve", "--explain", "--format", "json"],
        ["resolve", "--compare-profiles"],
        ["resolve", "--env-file", f"missing {name}"],
        ["check", artifact, "--strict", "--select", "all"],
        ["check", artifact, "--strict", "--format", "json"],
        ["check", artifact, "--strict", "--format", "github", "--select", "all"],
        ["check", f"{name}/../missing{name}", "--format", "github"],
        *(["check", artifact, ".", f"missing{name}", "--strict", "--format", each] for each in CHECK_FORMATS),
    ]


def other_commands(name: str) -> list[list[str]]:
    """Return command lines of all other commands, with a hostile name as a file, a value or an option."""
    return [
        ["envfile", ".env", name, f"{name}/x"],
        ["envfile", "--format", "json", "--show-secrets", "--force", ".env", f"../{name}/.env"],
        ["envfile", "--show-secrets", "--force", ".env", "../.env"],
        ["run", "-p", "x", "--config", f"{name}.toml", "--debug"],
        ["run", "-p", "x", "--config", f"{name}"],
        ["run", "-p", "x", "--model", name],
        ["doctor", "--openai-base-url", f"https://{name}/v1", "--timeout", "1", "--debug"],
        ["doctor", "--ca-bundle", f"{name}.pem", "--openai-base-url", "https://127.0.0.1:9/v1"],
        ["trust", "--yes"],
        ["trust", "--config", f"{name}.toml", "--yes"],
        ["trust", "list"],
        ["trust", "revoke", name],
        ["rule", name],
        ["init", "--no-verify", "-o", f"x{name}.toml", "--openai-api-key", KEY],
        [name],
        ["resolve", f"--{name}"],
        ["resolve", "--format", name],
    ]


def states_in_directory(directory: Path) -> list[CommandLine]:
    """Return command lines whose state or login is in a directory with a hostile name."""
    return [
        (["terms"], {**WITH_KEY, "XDG_STATE_HOME": str(directory)}),
        (["auth", "status"], {**WITH_KEY, "QWEN_HOME": str(directory)}),
        (["auth", "logout"], {**WITH_KEY, "QWEN_HOME": str(directory)}),
    ]


def answers(desk: Desk, server: Provider, words: str, form: str, **env: str) -> Outcome:
    server.replies[:] = [streamed_reply(*words)]
    return desk.run("run", "-p", "x", "--output-format", form, env=env_of(server) | env)


WORDS = "a\n  ::add-mask::x\r::stop-commands::y\n##[debug]z ##vso[b] ok ::c::\n## [link](h) ##\n:\u200b:debug::d"
INERT = (
    "a\n  :\\x3aadd-mask::x\r:\\x3astop-commands::y\n##\\x5bdebug]z ##vso\\x5bb] ok ::c::\n## [link](h) ##\n"
    ":\u200b\\x3adebug::d\n"
)


@pytest.mark.parametrize("job", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
def test_an_answer_is_no_command_in_a_ci_job(desk: Desk, server: Provider, job: str) -> None:
    outcome = answers(desk, server, WORDS, "text", **{job: "1"}).exits(0)
    assert outcome.out.encode() == INERT.encode()


def test_an_answer_is_unchanged_outside_of_ci(desk: Desk, server: Provider) -> None:
    assert answers(desk, server, WORDS, "text").exits(0).out == f"{WORDS}\n"
    server.replies[:] = [streamed_reply(*WORDS)]
    with (desk.home / "answer").open("wb") as file:
        desk.run("run", "-p", "x", env=env_of(server) | IN_GITHUB, stdout=file).exits(0)
    assert (desk.home / "answer").read_bytes().decode() == f"{WORDS}\n"


@pytest.mark.parametrize("form", ["json", "stream-json"])
def test_json_has_no_command_and_the_same_text(desk: Desk, server: Provider, form: str) -> None:
    outcome = answers(desk, server, WORDS, form).exits(0)
    assert commands(outcome.out) == []
    assert json.loads(outcome.out.splitlines()[-1] if form == "stream-json" else outcome.out)["answer"] == WORDS


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_text_of_a_server_error_is_no_command(desk: Desk, server: Provider, form: str) -> None:
    server.replies[:] = [refusal(400, WORDS, "##[debug]x")]
    assert_no_commands([desk.run("run", "-p", "x", "--output-format", form, env=env_of(server))])
    usual, server.models = server.models, (WORDS, "##vso[x]")
    server.replies[:] = [streamed_reply("ok", model="\n::debug::x")]
    assert_no_commands([desk.run("doctor", "--chat", "--format", form, env=env_of(server))])
    server.models = usual


def test_toml_has_no_command_and_the_same_data(desk: Desk) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "##[debug]m"}
    outcome = desk.run("resolve", env=env).exits(0)
    assert commands(outcome.out) == []
    assert outcome.toml["config"]["model"] == "##[debug]m"
    assert os.linesep == "\n"
