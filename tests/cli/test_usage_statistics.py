"""Usage statistics: off by default; if switched on, only the documented data goes to one collector."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from support.collector import collector
from support.provider import streamed_reply

from .process import KEY, Desk, Outcome, Run, clean_environment, env_of, make_desk, run_all
from .terminal import Typing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from support.collector import Collector, Point, Received
    from support.provider import Provider

ON, ENDPOINT = "QWEN_CFG_USAGE_STATISTICS", "QWEN_CFG_USAGE_STATISTICS_ENDPOINT"
NOWHERE = "http://127.0.0.1:9"
ASK = ["run", "-p", "ping"]
RULE = ["rule", "QC103"]

TOKENS, OPERATION, COMMAND = (
    "gen_ai.client.token.usage",
    "gen_ai.client.operation.duration",
    "qwen_cfg.command.duration",
)
UNITS = {TOKENS: "{token}", OPERATION: "s", COMMAND: "s"}

# From 1 to 67108864, and from 0.01 to 81.92 (OpenTelemetry semantic conventions for generative AI, "Metrics").
OF_TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
OF_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
BOUNDARIES = {TOKENS: OF_TOKENS, OPERATION: OF_SECONDS, COMMAND: OF_SECONDS}

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "other"}
HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-type", "content-length"}

# Variables that OpenTelemetry, requests and urllib3 would read.
HOSTILE = {
    "OTEL_SDK_DISABLED": "true",
    "OTEL_SERVICE_NAME": "s3ntinel",
    "OTEL_RESOURCE_ATTRIBUTES": "host.name=s3ntinel,user=s3ntinel",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process,os,host",
    "OTEL_EXPORTER_OTLP_ENDPOINT": NOWHERE,
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": NOWHERE,
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=s3ntinel,x-more=s3ntinel",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "api-key=s3ntinel",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "0",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "/no/s3ntinel",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/no/s3ntinel",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "cumulative",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "true",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "s3ntinel",
    "OTEL_PYTHON_CONTEXT": "s3ntinel",
    "OTEL_METRICS_EXEMPLAR_FILTER": "always_on",
    "REQUESTS_CA_BUNDLE": "/no/s3ntinel",
    "CURL_CA_BUNDLE": "/no/s3ntinel",
    "SSLKEYLOGFILE": "s3ntinel.log",
    "NETRC": "s3ntinel",
}


@pytest.fixture(scope="module")
def running_collector() -> Iterator[Collector]:
    with collector() as app:
        yield app


@pytest.fixture
def sink(running_collector: Collector) -> Collector:
    """The collector, without requests of earlier tests."""
    running_collector.take_requests()
    running_collector.status, running_collector.headers, running_collector.wait, running_collector.slow = (
        200,
        (),
        0.0,
        False,
    )
    return running_collector


def switched_on(sink: Collector, **more: str) -> dict[str, str]:
    return {ON: "1", ENDPOINT: sink.url, **more}


def each(
    desk: Desk, ways: Sequence[tuple[Sequence[str], Mapping[str, str]]], env: Mapping[str, str] | None = None
) -> list[Outcome]:
    """Run command lines, each with its own variables in addition to the common ones."""
    return run_all([Run(words, desk.cwd, desk.home, {**(env or {}), **own}) for words, own in ways])


def single_request(sink: Collector) -> Received:
    (received,) = sink.take_requests()
    return received


def commands(received: Sequence[Received]) -> list[dict[str, Any]]:
    """Return the attributes of the command in each request."""
    return [point.attributes for r in received for point in r.points_of(COMMAND)]


def shape(points: Sequence[Point]) -> list[tuple[str, dict[str, Any], int]]:
    return [(point.metric, point.attributes, point.count) for point in points]


def command_attributes(name: str, code: int = 0, error: str = "") -> dict[str, Any]:
    attributes = {"qwen_cfg.command": name, "qwen_cfg.exit_code": code}
    return {**attributes, "error.type": error} if error else attributes


# Off.


def test_nothing_is_sent_by_default(desk: Desk, sink: Collector, server: Provider) -> None:
    off = ["resolve"], ["doctor", "--chat"], ["completion", "bash"], ["run", "--no-such-flag"], ASK, RULE
    ways = [(words, {}) for words in off]
    ways += [(RULE, {ON: ""}), (RULE, {ON: "false"}), ([*ASK, "--no-usage-statistics"], {ON: "true"})]
    outcomes = each(desk, ways, {**env_of(server), ENDPOINT: sink.url})
    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 2, 0, 0, 0, 0, 0]
    assert not [outcome for outcome in outcomes if "statistics" in outcome.err]
    assert sink.take_requests() == []


def test_if_off_no_module_is_imported(desk: Desk, server: Provider) -> None:
    desk.write(".env", "SOMETHING=1\n")
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "qwen_cfg", *ASK],
        cwd=desk.cwd,
        env=clean_environment(desk.home, {**env_of(server), ENDPOINT: NOWHERE}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = {line.rsplit("|", 1)[1].strip() for line in process.stderr.splitlines() if "|" in line}
    assert "qwen_cfg.application.telemetry" in imported
    assert "qwen_runtime.telemetry.export" not in imported


# On: the received data.


def test_only_the_documented_data_is_sent(tmp_path: Path, sink: Collector, server: Provider) -> None:
    """All private values contain a sentinel. The provider is the proxy for a host that does not exist."""
    desk = make_desk(tmp_path / "s3ntinel")
    desk.write(".netrc", "machine 127.0.0.1 login s3ntinel password s3ntinel\n").chmod(0o600)
    server.replies.append(streamed_reply("s3ntinel ", "answer", model="s3ntinel"))
    flags = ["--openai-base-url", "http://s3ntinel.example/s3ntinel/v1", "--model", "s3ntinel", "--proxy", server.url]
    words = ["run", "-p", "s3ntinel", "--system", "s3ntinel", *flags]
    people = {"USER": "s3ntinel", "LOGNAME": "s3ntinel", "HOSTNAME": "s3ntinel"}
    env = switched_on(sink, OPENAI_API_KEY="sk-s3ntinel-0123456789abcdef", **HOSTILE, **people)
    began = time.monotonic()
    outcome = desk.run(*words, env=env).exits(0)
    took = time.monotonic() - began
    assert outcome.out == "s3ntinel answer\n"
    assert "statistics" not in outcome.err
    assert [request.texts for request in server.take_requests()] == [["s3ntinel", "s3ntinel"]]
    received = single_request(sink)
    assert (received.method, received.path, set(received.headers)) == ("POST", "/v1/metrics", HEADERS)
    assert b"s3ntinel" not in received.everything.lower()
    assert socket.gethostname().encode() not in received.everything
    assert received.resource == {
        "service.name": "qwen-cfg",
        "service.version": version("qwen-cfg"),
    }
    points = received.points
    assert shape(points) == [
        (TOKENS, {**CHAT, "gen_ai.token.type": "input"}, 1),
        (TOKENS, {**CHAT, "gen_ai.token.type": "output"}, 1),
        (OPERATION, CHAT, 1),
        (COMMAND, command_attributes("run"), 1),
    ]
    assert [point.sum for point in points[:2]] == [10, 5]
    assert 0 < points[2].sum < points[3].sum < took
    for point in points:
        assert (point.unit, point.boundaries) == (UNITS[point.metric], BOUNDARIES[point.metric])
    assert not (desk.cwd / "s3ntinel.log").exists()


def test_a_model_is_named_only_where_its_name_is_public(desk: Desk, sink: Collector, server: Provider) -> None:
    named = {"gen_ai.request.model": "m"}
    expected: dict[tuple[str, str], dict[str, str]] = {
        ("openrouter.ai/api", "m"): {"gen_ai.provider.name": "openrouter", **named},
        ("api.openai.com", "m"): {"gen_ai.provider.name": "openai", **named},
        ("api.openai.com", "ft:m:s3ntinel"): {"gen_ai.provider.name": "openai"},
        ("s3ntinel.openai.azure.com/openai", "s3ntinel"): {"gen_ai.provider.name": "azure.ai.openai"},
        ("openrouter.ai.s3ntinel.example", "s3ntinel"): {"gen_ai.provider.name": "other"},
    }
    env = switched_on(sink, OPENAI_API_KEY=KEY, HTTP_PROXY=server.url)
    asking = [[*ASK, "--openai-base-url", f"http://{host}/v1", "--model", model] for host, model in expected]
    each(desk, [(words, {}) for words in asking], env)
    received = sink.take_requests()
    for wanted, arrived in zip(expected.values(), received, strict=True):
        (operation,) = arrived.points_of(OPERATION)
        assert operation.attributes == {"gen_ai.operation.name": "chat", **wanted}
        assert b"s3ntinel" not in arrived.everything


def test_an_error_is_sent_as_its_class(desk: Desk, sink: Collector, server: Provider) -> None:
    nowhere = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": NOWHERE}
    endings: list[tuple[list[str], dict[str, str], list[str], dict[str, Any]]] = [
        (ASK, env_of(server, "refuses"), ["AuthenticationError"], command_attributes("run", 4, "AuthenticationError")),
        ([*ASK, "--max-retries", "0"], nowhere, ["UnreachableError"], command_attributes("run", 6, "UnreachableError")),
        (["doctor", "--chat"], env_of(server), [""], command_attributes("doctor")),
        (["check", "s3ntinel.toml"], env_of(server), [], command_attributes("check", 3, "ArtifactError")),
        (["s3ntinel"], {}, [], command_attributes("unknown", 2, "UsageError")),
        (["completion", "bash"], {}, [], command_attributes("completion")),
    ]
    plain, *outcomes = each(
        desk, [endings[0][:2], *((words, {**env, **switched_on(sink)}) for words, env, _, _ in endings)]
    )
    assert outcomes[0] == plain
    for (words, _, errors, command), outcome, arrived in zip(endings, outcomes, sink.take_requests(), strict=True):
        assert outcome.code == command["qwen_cfg.exit_code"], words
        assert "statistics" not in outcome.err
        assert commands([arrived]) == [command], words
        assert [point.attributes.get("error.type", "") for point in arrived.points_of(OPERATION)] == errors
        assert b"s3ntinel" not in arrived.everything


def test_a_conversation_is_sent_once_at_its_end(desk: Desk, sink: Collector, server: Provider) -> None:
    flags = ["--usage-statistics", "--usage-statistics-endpoint", sink.url]
    with Typing(desk, "run", *flags, env=env_of(server)) as person:
        person.until("0 tokens")
        for keys, wanted in (("one\r", "· 15 tokens"), ("/model n\r", "n · 127"), ("two\r", "· 30 tokens")):
            person.type(keys).until(wanted)
        assert sink.received == []
        assert person.type("\x04").exit_code() == 0
    assert shape(single_request(sink).points) == [
        (TOKENS, {**CHAT, "gen_ai.token.type": "input"}, 2),
        (TOKENS, {**CHAT, "gen_ai.token.type": "output"}, 2),
        (OPERATION, CHAT, 2),
        (COMMAND, command_attributes("run"), 1),
    ]


# Who may switch them on.


def test_a_home_file_may_switch_statistics_on_and_a_project_file_may_not(
    desk: Desk, sink: Collector, server: Provider
) -> None:
    own = Desk(desk.home / "own")
    text = f"{ON}=true\n{ENDPOINT}={sink.url}\n"
    desk.write("own/.qwen/.env", text)
    own.cwd.mkdir(parents=True)
    desk.write("work/app/.env", text)
    reached = Run(RULE, own.cwd, own.home, {})
    named = Run(["resolve", "--env-file", "../../own/.qwen/.env"], desk.cwd, desk.home, env_of(server))
    in_project = [
        Run(RULE, desk.cwd, desk.home, {}),
        Run(["resolve"], desk.cwd, desk.home, env_of(server)),
        Run(ASK, desk.cwd, desk.home, {**env_of(server), "QWEN_CFG_PROFILE": "qwen-code-0.21"}),
        # The project's file is found first, so the home's file is not reached.
        Run(RULE, desk.cwd, own.home, {}),
    ]
    nowhere = Run(RULE, desk.cwd, desk.home, {ON: "1"})
    filled_in = Run(RULE, desk.cwd, own.home, {"QWEN_CFG_PROFILE": "qwen-code-0.21"})
    outcomes = run_all([reached, named, *in_project, nowhere, filled_in])
    assert commands(sink.take_requests()) == [
        command_attributes("rule"),
        command_attributes("resolve"),
        command_attributes("rule"),
    ]
    for outcome in outcomes:
        outcome.exits(0)
    assert [("statistics are on" in outcome.err) for outcome in outcomes] == [False] * 6 + [True, False]
    notice = outcomes[6].err
    assert ON in notice
    assert "--usage-statistics-endpoint" in notice
    assert outcomes[6].out == outcomes[0].out


def test_only_an_approved_artifact_switches_statistics_on(desk: Desk, sink: Collector, server: Provider) -> None:
    theirs, mine = {ENDPOINT: f"{sink.url}/theirs"}, switched_on(sink)
    words, trusting = [*ASK, "--config", "on.toml"], ["--trust-project"]
    ways: list[tuple[list[str], dict[str, str]]] = [
        (["resolve", "-o", "off.toml"], theirs),
        (["resolve", "-o", "on.toml", "--usage-statistics"], theirs),
        (words, {}),
        (words, mine),
        ([*ASK, "--config", "off.toml", *trusting], mine),
        ([*words, *trusting], mine),
    ]
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server.url}/v1"}
    *_, refused, refused_too, off, trusted = outcomes = each(desk, ways, env)
    assert [outcome.code for outcome in outcomes] == [0, 0, 5, 5, 0, 0]
    assert "usage_statistics_endpoint" in refused.err
    assert "usage_statistics_endpoint" in refused_too.err
    assert (trusted.out, trusted.err) == (off.out, off.err)
    resolve, ran = sink.take_requests()
    assert (resolve.path, ran.path) == ("/theirs/v1/metrics", "/theirs/v1/metrics")
    assert [point.count for point in ran.points_of(OPERATION)] == [1]


def test_a_fifo_is_not_read_again(desk: Desk, sink: Collector, server: Provider) -> None:
    os.mkfifo(desk.cwd / ".env")
    threading.Thread(target=(desk.cwd / ".env").write_text, args=(f"OPENAI_API_KEY={KEY}\n",), daemon=True).start()
    env = {"OPENAI_BASE_URL": f"{server.url}/v1", **switched_on(sink)}
    desk.run(*ASK, env=env).exits(0)
    # Waiting for a second writer would end in an error, and no statistics would be sent.
    assert commands(sink.take_requests()) == [command_attributes("run")]


# The connection.


def test_the_resolved_proxy_is_used(desk: Desk, sink: Collector) -> None:
    """For the system 0.0.0.0 is this machine; for the program it is an ordinary host."""
    other, elsewhere = f"http://0.0.0.0:{sink.port}", "http://collector.example:4318"
    ways = [
        ({ENDPOINT: elsewhere, "HTTPS_PROXY": sink.url}, f"{elsewhere}/v1/metrics"),
        ({ENDPOINT: f"{other}/x/", "HTTP_PROXY": sink.url}, f"{other}/x/v1/metrics"),
        ({ENDPOINT: other, "HTTP_PROXY": NOWHERE, "NO_PROXY": "0.0.0.0"}, "/v1/metrics"),
        ({ENDPOINT: sink.url, "HTTP_PROXY": NOWHERE}, "/v1/metrics"),
    ]
    each(desk, [(RULE, env) for env, _ in ways], {ON: "1"})
    assert [received.path for received in sink.take_requests()] == [path for _, path in ways]


def test_over_https_the_resolved_authorities_are_used(desk: Desk, tmp_path: Path) -> None:
    authority, pem = trustme.CA(), tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(desk.cwd / "ca.pem"))
    with collector(ssl_certfile=str(pem)) as sink:
        env = {**switched_on(sink), **HOSTILE, "OPENAI_API_KEY": KEY, "SSLKEYLOGFILE": "keys.log"}
        resolve = ["resolve", "-o", "/dev/null", "--debug"]
        trusted, refused = each(desk, [([*resolve, "--ca-bundle", "ca.pem"], {}), (resolve, {})], env)
        assert commands(sink.take_requests()) == [command_attributes("resolve")]
    assert trusted.exits(0).err == ""
    assert "CERTIFICATE_VERIFY_FAILED" in refused.exits(0).err
    assert not (desk.cwd / "keys.log").exists()


# Failures.


def test_a_redirect_is_not_followed(desk: Desk, sink: Collector) -> None:
    sink.status, sink.headers = 307, ((b"location", f"{sink.url}/elsewhere".encode()),)
    assert desk.run(*RULE, env=switched_on(sink)).exits(0).err == ""
    assert single_request(sink).path == "/v1/metrics"


@pytest.mark.parametrize("trouble", ["refuses", "fails", "waits", "drips"])
def test_a_failing_collector_changes_nothing(desk: Desk, sink: Collector, server: Provider, trouble: str) -> None:
    sink.status, sink.wait = 500 if trouble == "fails" else 200, 30.0 if trouble == "waits" else 0.0
    sink.slow = trouble == "drips"
    endpoint = NOWHERE if trouble == "refuses" else sink.url
    env = {**env_of(server), ON: "1", ENDPOINT: endpoint}
    began = time.monotonic()
    outcome = desk.run("resolve", "-o", "a.toml", "--debug", env=env).exits(0)
    # The program waits for two seconds; the collector would take thirty.
    assert time.monotonic() - began < 6
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"qwen-cfg: usage statistics could not be sent to {endpoint}: ")
    if trouble == "fails":
        assert desk.run(*RULE, env=env).exits(0).err == ""
