"""`qwen-cfg run`: the provider gets the values that `qwen-cfg resolve` prints, and the key goes nowhere else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.provider import Provider, provider

from .process import KEY, PROGRAM, SECONDS, Desk, Outcome, Run, clean_environment, env_of, run_all

DATA = Path(__file__).parents[1] / "data"
# The recordings, each with its profile, the default model of the recorded version, and the default host of the profile.
RECORDED = {
    "qwen_scenarios.jsonl": ("documented", "qwen3-coder-plus", "api.openai.com"),
    "qwen_scenarios_0.24.jsonl": ("qwen-code-0.21", None, "dashscope.aliyuncs.com"),
}

PLAIN_KEY = "correct+horse=battery/staple"


def recordings(name: str, port: int) -> list[dict[str, Any]]:
    lines = (DATA / name).read_text(encoding="utf-8").replace("{PORT}", str(port)).splitlines()
    return [json.loads(line) for line in lines]


def write_scenario(scenario: dict[str, Any], root: Path, *argv: str) -> Run:
    """Write a recorded scenario, and return a function that runs a command line in it."""
    for directory in ("r/home/work/app/src", scenario["home"], scenario["cwd"]):
        (root / directory).mkdir(parents=True, exist_ok=True)
    for path, text in scenario["files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    flags = [*scenario["argv"], "--auth-type", "openai"]
    return Run([*argv, *flags], root / scenario["cwd"], root / scenario["home"], scenario["env"])


# The request equals that of Qwen Code, and the compiled values.


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_run_of_qwen_code(server: Provider, tmp_path: Path, name: str) -> None:
    """The server is both provider and proxy, so it sees requests to other hosts too."""
    profile, its_model, host = RECORDED[name]
    scenarios = recordings(name, server.port)
    way = ["--profile", profile, "--proxy", server.url, "--no-proxy", "127.0.0.1", "--max-retries", "0"]
    runs = [write_scenario(s, tmp_path / s["id"], "run", "-p", "ping", *way) for s in scenarios]
    assert len(runs) == 150
    for scenario, outcome in zip(scenarios, run_all(runs), strict=True):
        observed = scenario["observed"]
        reached = server.requests.pop(0) if outcome.code != 3 else None
        if observed == {"error": "missing_api_key"} and "--openai-api-key" in scenario["argv"]:
            # Qwen Code 0.10.1 ignored the key of the flag. Its documents say that a flag overrides everything.
            assert reached is not None
            assert reached.authorization in ("Bearer sk-flag", None)
            assert (reached.authorization is None) == (reached.method == "CONNECT")
        elif observed == {"error": "missing_api_key"}:
            assert outcome.exits(3).out == "", scenario
        elif observed == {"error": "connection"}:
            # Qwen Code 0.10.1 had another default host than ours; that of the newer version is the same.
            outcome.exits(6)
            assert (reached.method, reached.path) == ("CONNECT", f"{host}:443"), scenario
        else:
            # Qwen Code 0.10.1 had another default model than ours; a file may also name it.
            model = reached.body["model"]
            assert model == observed["model"] or (model, observed["model"]) == ("gpt-4o", its_model)
            assert outcome.exits(0).out == f"pong from {model} ü\n", scenario
            assert reached.authorization == f"Bearer {observed['api_key']}"
            assert f"{server.url}{reached.path}" == f"{observed['base_url']}/chat/completions"
            assert reached.texts == ["ping"]
    assert server.requests == []


def test_the_sent_values_are_the_compiled_ones(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={server.url}/base/v1/\n")
    flags = ["--model", "qwen3-coder-plus"]
    compiled = desk.run("resolve", *flags).exits(0).toml["config"]
    desk.run("resolve", *flags, "-o", "a.toml").exits(0)
    desk.run("run", "-p", "ping", *flags).exits(0)
    desk.run("run", "-p", "ping", "--config", "a.toml").exits(0)
    request, again = server.take_requests()
    assert (compiled["model"], compiled["base_url"]) == (request.body["model"], f"{server.url}/base/v1/")
    assert request.path == "/base/v1/chat/completions"
    assert again == request


@pytest.mark.parametrize("key", [PLAIN_KEY, "x"])
@pytest.mark.parametrize("source", ["flag", "environment", "env-file", "fifo", "secret-from"])
def test_the_key_arrives_from_every_origin(desk: Desk, server: Provider, source: str, key: str) -> None:
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
    outcome = desk.run("run", "-p", "ping", *argv, env=env).exits(0)
    (request,) = server.take_requests()
    assert request.authorization == f"Bearer {key}"
    assert request.path == "/v1/chat/completions"
    assert outcome.out == "pong from gpt-4o ü\n"


# The artifact alone.


def test_an_artifact_alone_is_enough(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.json", "--inline-secrets", env=env_of(server)).exits(0)
    desk.run("run", "-p", "ping", "--config", "a.json").exits(0)
    (calm,) = server.take_requests()
    assert (calm.authorization, calm.path, calm.body["model"]) == (f"Bearer {KEY}", "/v1/chat/completions", "m")
    hostile = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
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
        desk.run("run", "-p", "ping", "--config", "a.json", env=hostile, home=home).exits(0)
        assert server.take_requests() == [calm]


def test_a_run_over_https(desk: Desk, tmp_path: Path) -> None:
    """The certificate authorities are those of the artifact, whatever the environment says."""
    authority, pem = trustme.CA(), tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(desk.cwd / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(desk.cwd / "other.pem"))
    with provider(ssl_certfile=str(pem)) as server:
        flags = ["--openai-base-url", server.url.replace("http:", "https:") + "/v1", "--ca-bundle", "ca.pem"]
        desk.run("resolve", "-o", "a.toml", *flags, env={"OPENAI_API_KEY": KEY}).exits(0)
        hostile = {
            "SSL_CERT_FILE": "other.pem",
            "SSL_CERT_DIR": "/",
            "SSLKEYLOGFILE": "keys.log",
            "OPENAI_API_KEY": KEY,
        }
        desk.run("run", "-p", "ping", "--config", "a.toml", env=hostile).exits(0)
        assert [request.authorization for request in server.take_requests()] == [f"Bearer {KEY}"]
    assert not (desk.cwd / "keys.log").exists()


def test_secret_from_can_be_combined_with_an_artifact(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.toml", env=env_of(server)).exits(0)
    moved = ["run", "-p", "ping", "--config", "a.toml", "--secret-from", "environment:CI_KEY"]
    desk.run(*moved, env={"CI_KEY": "sk-of-the-ci-0123456789"}).exits(0)
    assert server.take_requests()[0].authorization == "Bearer sk-of-the-ci-0123456789"
    desk.run(*moved).exits(3)


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
    desk.run("resolve", "-o", "a.toml", env=env_of(server)).exits(0)
    desk.run("run", "-p", "x", "--config", "a.toml", *argv, env=env_of(server)).exits(2)
    assert server.take_requests() == []


def test_only_the_proxy_of_the_config_is_used(desk: Desk, server: Provider) -> None:
    """The server is also the proxy: a request through it has an absolute URL in its first line."""
    url = "http://models.example/v1"
    flags = ["run", "-p", "ping", "--openai-base-url", url, "--openai-api-key", KEY, "--timeout", "5"]
    desk.run(*flags, "--proxy", server.url).exits(0)
    assert [r.headers["host"] for r in server.take_requests()] == ["models.example"]
    desk.run(*flags, env={"HTTPS_PROXY": server.url}).exits(0)
    assert [r.headers["host"] for r in server.take_requests()] == ["models.example"]
    desk.run("run", "-p", "ping", "--proxy", "http://127.0.0.1:9", "--no-proxy", "127.0.0.1", env=env_of(server)).exits(
        0
    )
    assert len(server.take_requests()) == 1


# The prompt.


def test_the_prompt_is_read_from_standard_input(desk: Desk, server: Provider) -> None:
    desk.run("run", env=env_of(server), stdin="zwei\nZeilen ü\n".encode()).exits(0)
    assert server.take_requests()[0].body["messages"][0]["content"] == "zwei\nZeilen ü\n"


@pytest.mark.parametrize(
    ("argv", "stdin"), [([], b""), (["-p", ""], b""), (["-p", "  \n"], b""), ([], b"\xff\xfe"), (["-p", b"\xff"], b"")]
)
def test_an_empty_prompt_is_a_usage_error(desk: Desk, server: Provider, argv: list[Any], stdin: bytes) -> None:
    for locale in ({}, {"LC_ALL": "C.UTF-8"}):
        assert desk.run("run", *argv, env={**env_of(server), **locale}, stdin=stdin).exits(2).out == ""
    assert server.take_requests() == []


def test_a_closed_standard_input_is_no_prompt(desk: Desk, server: Provider) -> None:
    process = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *PROGRAM, "run"],
        cwd=desk.cwd,
        env=clean_environment(desk.home, env_of(server)),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    Outcome(process.returncode, process.stdout, process.stderr).exits(2)


# Failures.


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
def test_after_a_failure_only_the_provider_has_the_key(
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
        desk.run("resolve", "-o", "a.toml", *argv, env=env).exits(0)
        argv = ["--config", "a.toml"]
    outcome = desk.run("run", "-p", "ping", *argv, env=env).exits(code)
    assert outcome.out == ""
    assert server.url in outcome.err
    assert key not in outcome.err
    assert server.take_requests()[0].authorization == f"Bearer {key}"


def test_a_redirect_is_not_followed(desk: Desk, server: Provider) -> None:
    with provider() as elsewhere:
        for target in (elsewhere.url, server.url + "/v1"):
            server.elsewhere = target
            outcome = desk.run("run", "-p", "ping", env=env_of(server, "redirects")).exits(6)
            assert KEY not in outcome.output
            assert "307" in outcome.err
            # The redirecting server gets one request, and the target none.
            assert [request.path for request in server.take_requests()] == ["/redirects/chat/completions"]
        assert elsewhere.take_requests() == []


def test_a_provider_that_times_out(desk: Desk, server: Provider) -> None:
    argv = ["--timeout", "0.3", "--max-retries", "0"]
    outcome = desk.run("run", "-p", "ping", *argv, env=env_of(server, "slow")).exits(6)
    assert server.url in outcome.err
    assert KEY not in outcome.output


def test_no_server_at_the_port(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    argv = ["--openai-base-url", f"http://127.0.0.1:{port}/v1", "--max-retries", "0"]
    outcome = desk.run("run", "-p", "ping", *argv, env={"OPENAI_API_KEY": KEY}).exits(6)
    assert f":{port}" in outcome.err
    assert KEY not in outcome.output


@pytest.mark.parametrize("key", [f"{KEY}\nX-Injected: 1", f"{KEY}ß", f" {KEY} "])
@pytest.mark.parametrize("argv", [[], ["--config", "a.toml"]])
def test_a_key_that_no_header_can_carry_is_not_sent(desk: Desk, server: Provider, key: str, argv: list[str]) -> None:
    desk.run("resolve", "-o", "a.toml", env=env_of(server)).exits(0)
    outcome = desk.run("run", "-p", "ping", *argv, env=env_of(server, key=key))
    assert KEY not in outcome.output
    assert server.take_requests() == []
    outcome.exits(3)


def test_an_invalid_ca_bundle(desk: Desk, server: Provider) -> None:
    desk.write("work/app/x.pem", "no certificate\n")
    os.mkfifo(desk.cwd / "pipe.pem")
    (desk.cwd / "endless.pem").symlink_to("/dev/zero")
    for path in ("missing.pem", "x.pem", ".", "pipe.pem", "endless.pem"):
        outcome = desk.run("run", "-p", "x", "--ca-bundle", path, env=env_of(server)).exits(3)
        assert path in outcome.err
    assert server.take_requests() == []


def test_qwen_oauth_sends_no_key(desk: Desk, server: Provider) -> None:
    outcome = desk.run("run", "-p", "x", "--auth-type", "qwen-oauth", env=env_of(server))
    assert outcome.exits(3).out == ""
    assert server.take_requests() == []


# Invalid keys, and keys with odd characters around them.


def test_an_unreplaced_placeholder_is_not_sent(desk: Desk, server: Provider) -> None:
    sound = env_of(server)
    desk.run("resolve", "-o", "a.toml", env=sound).exits(0)
    for argv in ([], ["--config", "a.toml"]):
        for text, tool in (("op://Private/OpenAI/api-key", "1Password"), ("encrypted:BDqDBibm4wsYqMpC", "dotenvx")):
            outcome = desk.run("run", "-p", "x", *argv, env={**sound, "OPENAI_API_KEY": text}).exits(3)
            assert tool in outcome.err
            assert text not in outcome.output
    assert server.requests == []


def test_an_odd_key_from_any_origin_is_sent_with_a_warning(desk: Desk, server: Provider) -> None:
    sound = env_of(server)
    desk.run("resolve", "-o", "a.toml", env=sound).exits(0)
    desk.write("work/app/key.txt", f"{KEY} mine\n")
    odd = {**sound, "OPENAI_API_KEY": f"{KEY} # prod", "CI_KEY": f"{KEY};"}
    for argv, words in (
        ([], "comment"),
        (["--config", "a.toml"], "comment"),
        (["--secret-from", "environment:CI_KEY"], "no key contains"),
        (["--secret-from", "command:cat key.txt"], "blank"),
    ):
        outcome = desk.run("run", "-p", "x", *argv, env=odd)
        assert words in outcome.err, argv
        assert KEY not in outcome.output
    assert len(server.requests) == 4


def test_ca_variables_of_other_programs_are_reported(desk: Desk, tmp_path: Path) -> None:
    authority, pem = trustme.CA(), tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    with provider(ssl_certfile=str(pem)) as server:
        sound = {**env_of(server), "OPENAI_BASE_URL": f"https://127.0.0.1:{server.port}/v1"}
        desk.run("resolve", "-o", "a.toml", env=sound).exits(0)
        for argv, names in (
            ([], ["NODE_EXTRA_CA_CERTS"]),
            (["--config", "a.toml"], ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]),
        ):
            env = {**sound, **dict.fromkeys(names, "company.pem")}
            err = desk.run("run", "-p", "x", *argv, env=env).exits(6).err
            assert [name for name in names if f"{name} is set" not in err or f'--ca-bundle "${name}"' not in err] == []
        assert "is set" not in desk.run("run", "-p", "x", env=sound).exits(6).err
        assert server.requests == []
