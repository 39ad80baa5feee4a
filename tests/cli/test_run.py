"""`qwen-cfg run`: what reaches the provider is what `qwen-cfg resolve` printed, and the key goes nowhere else."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .process import KEY, Desk, run
from .server import Provider, provider

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = Path(__file__).parents[1] / "data/qwen_scenarios.jsonl"
SCENARIOS = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
# Some of those that reached the server, and some of those that were refused for want of a key.
SAMPLE = [s for s in SCENARIOS if "error" not in s["observed"]][::4]
REFUSED = [
    s for s in SCENARIOS if s["observed"] == {"error": "missing_api_key"} and "--openai-api-key" not in s["argv"]
][::12]

PLAIN_KEY = "correct+horse=battery/staple"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left_over(server: Provider) -> None:
    server.taken()


def env_of(server: Provider, how: str = "v1", key: str = KEY, **more: str) -> dict[str, str]:
    return {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{server.url}/{how}", "OPENAI_MODEL": "m", **more}


def planted(scenario: dict[str, Any], root: Path, port: int) -> dict[str, Any]:
    """Plant a recorded scenario; return how to run a command line in it."""
    scenario = json.loads(json.dumps(scenario).replace("{PORT}", str(port)))
    for directory in ("r/home/work/app/src", scenario["home"], scenario["cwd"]):
        (root / directory).mkdir(parents=True, exist_ok=True)
    for path, text in scenario["files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    where = {"cwd": root / scenario["cwd"], "home": root / scenario["home"], "env": scenario["env"]}
    return {"argv": [*scenario["argv"], "--auth-type", "openai"], "where": where, "observed": scenario["observed"]}


# The same as what is compiled.


def test_there_is_a_sample() -> None:
    assert len(SAMPLE) >= 15
    assert len(REFUSED) >= 3


@pytest.mark.parametrize("scenario", SAMPLE, ids=lambda s: s["id"])
def test_what_is_sent_is_what_is_compiled_and_what_qwen_code_sent(
    server: Provider, tmp_path: Path, scenario: dict[str, Any]
) -> None:
    world = planted(scenario, tmp_path, server.port)
    artifact = run("resolve", *world["argv"], "-o", tmp_path / "a.toml", **world["where"]).ended(0)
    compiled = run("resolve", *world["argv"], **world["where"]).ended(0).toml["config"]
    answer = run("run", "-p", "ping", *world["argv"], **world["where"]).ended(0)
    (request,) = server.taken()
    assert artifact.out == ""
    assert request.path == compiled["base_url"].removeprefix(server.url) + "/chat/completions"
    assert request.body == {"model": compiled["model"], "messages": [{"role": "user", "content": "ping"}]}
    assert answer.out == f"pong from {compiled['model']} ü\n"
    observed = world["observed"]
    assert request.authorization == f"Bearer {observed['api_key']}"
    assert compiled["base_url"] == observed["base_url"]
    # The default model of Qwen Code was another one than ours.
    assert compiled["model"] == ("gpt-4o" if observed["model"] == "qwen3-coder-plus" else observed["model"])
    # The artifact alone says the same, wherever the key does not come from a flag of that process.
    if compiled["api_key"]["from"] != "flag":
        run("run", "-p", "ping", "--config", tmp_path / "a.toml", **world["where"]).ended(0)
        assert server.taken() == [request]


@pytest.mark.parametrize("scenario", REFUSED, ids=lambda s: s["id"])
def test_where_qwen_code_refused_nothing_is_sent(server: Provider, tmp_path: Path, scenario: dict[str, Any]) -> None:
    world = planted(scenario, tmp_path, server.port)
    assert run("run", "-p", "ping", *world["argv"], **world["where"]).ended(3).out == ""
    assert server.taken() == []


@pytest.mark.parametrize("key", [PLAIN_KEY, "x"])
@pytest.mark.parametrize("source", ["flag", "environment", "env-file", "fifo", "secret-from"])
def test_the_key_arrives_whatever_it_comes_from(desk: Desk, server: Provider, source: str, key: str) -> None:
    url = f"{server.url}/v1"
    env: dict[str, str] = {}
    argv = ["--openai-base-url", url]
    if source == "flag":
        argv += ["--openai-api-key", key]
    elif source == "environment":
        env = {"OPENAI_API_KEY": key}
    elif source == "secret-from":
        env, argv = {"CI_KEY": key}, [*argv, "--secret-from", "environment:CI_KEY"]
    else:
        file = desk.cwd / ".env"
        if source == "fifo":
            os.mkfifo(file)
            threading.Thread(target=file.write_text, args=(f"OPENAI_API_KEY='{key}'\n",), daemon=True).start()
        else:
            desk.write("work/app/.env", f"OPENAI_API_KEY='{key}'\n")
    outcome = desk.run("run", "-p", "ping", *argv, env=env).ended(0)
    (request,) = server.taken()
    assert request.authorization == f"Bearer {key}"
    assert request.path == "/v1/chat/completions"
    assert outcome.out == "pong from gpt-4o ü\n"


# The artifact and nothing else.


def test_an_artifact_needs_nothing_beside_it(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.json", "--inline-secrets", env=env_of(server)).ended(0)
    hostile = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "SSL_CERT_FILE": "/dev/null",
        "OPENAI_API_KEY": "sk-of-somebody-else-0123456789",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_MODEL": "another",
        "QWEN_MODEL": "another",
        "QWEN_OAUTH": "1",
        "QWEN_CFG_PROFILE": "newest",
        "QWEN_CFG_TIMEOUT": "soon",
    }
    desk.write("work/app/.env", b"\xff")
    desk.write(".netrc", "machine 127.0.0.1 login somebody password else\n").chmod(0o600)
    for home in (desk.home, None, "", "/no/such/home"):
        desk.run("run", "-p", "ping", "--config", "a.json", env=hostile, home=home).ended(0)
        (request,) = server.taken()
        assert (request.authorization, request.path, request.body["model"]) == (
            f"Bearer {KEY}",
            "/v1/chat/completions",
            "m",
        )


def test_secret_from_may_go_with_an_artifact(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.toml", env=env_of(server)).ended(0)
    moved = ["run", "-p", "ping", "--config", "a.toml", "--secret-from", "environment:CI_KEY"]
    desk.run(*moved, env={"CI_KEY": "sk-of-the-ci-0123456789"}).ended(0)
    assert server.taken()[0].authorization == "Bearer sk-of-the-ci-0123456789"
    desk.run(*moved).ended(3)


@pytest.mark.parametrize(
    "argv",
    [
        ["--model", "m"],
        ["--env-file", ".env"],
        ["--no-env-file"],
        ["--profile", "documented"],
        ["--env-dialect", "dotenv"],
    ],
)
def test_an_artifact_and_flags_exclude_each_other(desk: Desk, server: Provider, argv: list[str]) -> None:
    desk.run("resolve", "-o", "a.toml", env=env_of(server)).ended(0)
    desk.run("run", "-p", "x", "--config", "a.toml", *argv, env=env_of(server)).ended(2)
    assert server.taken() == []


def test_a_proxy_is_used_only_where_the_configuration_says_so(desk: Desk, server: Provider) -> None:
    """The server serves as the proxy too: a request through it has an absolute address in its first line."""
    url = "http://models.example/v1"
    flags = ["run", "-p", "ping", "--openai-base-url", url, "--openai-api-key", KEY, "--timeout", "5"]
    desk.run(*flags, "--proxy", server.url).ended(0)
    assert [r.headers["host"] for r in server.taken()] == ["models.example"]
    desk.run(*flags, env={"HTTPS_PROXY": server.url}).ended(0)
    assert [r.headers["host"] for r in server.taken()] == ["models.example"]
    desk.run("run", "-p", "ping", "--proxy", "http://127.0.0.1:9", "--no-proxy", "127.0.0.1", env=env_of(server)).ended(
        0
    )
    assert len(server.taken()) == 1


# The prompt.


def test_the_prompt_can_come_from_standard_input(desk: Desk, server: Provider) -> None:
    desk.run("run", env=env_of(server), stdin="zwei\nZeilen ü\n".encode()).ended(0)
    assert server.taken()[0].body["messages"][0]["content"] == "zwei\nZeilen ü\n"


@pytest.mark.parametrize(
    ("argv", "stdin"), [([], b""), (["-p", ""], b""), (["-p", "  \n"], b""), ([], b"\xff\xfe"), (["-p", b"\xff"], b"")]
)
def test_what_is_no_prompt_is_a_usage_error(desk: Desk, server: Provider, argv: list[Any], stdin: bytes) -> None:
    for locale in ({}, {"LC_ALL": "C.UTF-8"}):
        assert desk.run("run", *argv, env={**env_of(server), **locale}, stdin=stdin).ended(2).out == ""
    assert server.taken() == []


def test_standard_input_that_is_closed_is_no_prompt(desk: Desk, server: Provider) -> None:
    outcome = desk.run("run", env=env_of(server), before=lambda: os.close(0))
    outcome.ended(2)


# What goes wrong.


@pytest.mark.parametrize(
    ("how", "code", "source", "key"),
    [
        ("refuses", 4, "environment", PLAIN_KEY),
        ("refuses", 4, "env-file", PLAIN_KEY),
        ("refuses", 4, "flag", PLAIN_KEY),
        ("refuses", 4, "config", PLAIN_KEY),
        ("refuses", 4, "environment", KEY),
        ("forbids", 4, "config", KEY),
        ("fails", 6, "environment", PLAIN_KEY),
        ("fails", 6, "config", PLAIN_KEY),
        ("html", 6, "env-file", PLAIN_KEY),
        ("odd", 6, "flag", PLAIN_KEY),
    ],
)
def test_a_provider_that_fails_learns_the_key_and_nobody_else_does(
    desk: Desk, server: Provider, how: str, code: int, source: str, key: str
) -> None:
    env = {"OPENAI_BASE_URL": f"{server.url}/{how}"}
    argv: list[str] = ["--max-retries", "0"]
    if source == "flag":
        argv += ["--openai-api-key", key]
    elif source == "env-file":
        desk.write("work/app/.env", f"OPENAI_API_KEY='{key}'\n")
    else:
        env["OPENAI_API_KEY"] = key
    if source == "config":
        desk.run("resolve", "-o", "a.toml", *argv, env=env).ended(0)
        argv = ["--config", "a.toml"]
    outcome = desk.run("run", "-p", "ping", *argv, env=env).ended(code)
    assert outcome.out == ""
    assert server.url in outcome.err
    assert key not in outcome.err
    assert server.taken()[0].authorization == f"Bearer {key}"


def test_a_redirect_is_not_followed(desk: Desk, server: Provider) -> None:
    with provider() as elsewhere:
        for target in (elsewhere.url, server.url + "/v1"):
            server.elsewhere = target
            outcome = desk.run("run", "-p", "ping", env=env_of(server, "redirects")).ended(6)
            assert KEY not in outcome.said
            assert "307" in outcome.err
            # The server that redirects is asked, once; where it points to is not.
            assert [request.path for request in server.taken()] == ["/redirects/chat/completions"]
        assert elsewhere.taken() == []


def test_a_provider_that_does_not_answer_in_time(desk: Desk, server: Provider) -> None:
    argv = ["--timeout", "0.3", "--max-retries", "0"]
    outcome = desk.run("run", "-p", "ping", *argv, env=env_of(server, "slow")).ended(6)
    assert server.url in outcome.err
    assert KEY not in outcome.said


def test_nobody_listens(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    argv = ["--openai-base-url", f"http://127.0.0.1:{port}/v1", "--max-retries", "0"]
    outcome = desk.run("run", "-p", "ping", *argv, env={"OPENAI_API_KEY": KEY}).ended(6)
    assert f":{port}" in outcome.err
    assert KEY not in outcome.said


@pytest.mark.parametrize("key", [f"{KEY}\nX-Injected: 1", f"{KEY}ß", f" {KEY} "])
@pytest.mark.parametrize("argv", [[], ["--config", "a.toml"]])
def test_a_key_that_no_header_can_carry_is_not_sent(desk: Desk, server: Provider, key: str, argv: list[str]) -> None:
    desk.run("resolve", "-o", "a.toml", env=env_of(server)).ended(0)
    outcome = desk.run("run", "-p", "ping", *argv, env=env_of(server, key=key))
    assert KEY not in outcome.said
    assert server.taken() == []
    outcome.ended(3)


def test_a_ca_bundle_that_is_none(desk: Desk, server: Provider) -> None:
    desk.write("work/app/x.pem", "no certificate\n")
    for path in ("missing.pem", "x.pem", "."):
        outcome = desk.run("run", "-p", "x", "--ca-bundle", path, env=env_of(server)).ended(3)
        assert path in outcome.err
    assert server.taken() == []


def test_qwen_oauth_sends_no_key(desk: Desk, server: Provider) -> None:
    outcome = desk.run("run", "-p", "x", "--auth-type", "qwen-oauth", env=env_of(server))
    assert outcome.ended(3).out == ""
    assert server.taken() == []
