"""`qwen-cfg doctor`: each failing step is found and reported with advice, with the same exit code as `run`."""

from __future__ import annotations

import http.server
import re
import signal
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from support.provider import Provider, Reply, events, finish, provider, refusal
from support.servers import free_port
from support.tunnel import tunnels

from .process import KEY, clean_environment
from .running import Running
from .terminal import run_on_screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .process import Desk, Outcome

DIRECT = ["name", "tcp", "tls", "models", "model", "chat"]
DASH = "\N{EN DASH}"
PLAIN_KEY = "correct+horse=battery/staple"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA(organization_name="The CA of the tests")


def env_of(url: str, key: str = KEY, **more: str) -> dict[str, str]:
    return {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": url, "OPENAI_MODEL": "gpt-4o", **more}


def examine(desk: Desk, code: int, *argv: str | Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Run the doctor in both formats, check that they agree, and return the document."""
    outcome = desk.run("doctor", *argv, "--format", "json", env=env).exits(code)
    text = desk.run("doctor", *argv, env=env).exits(code)
    document: dict[str, Any] = outcome.json
    assert document["exit_code"] == code
    assert document.keys() == {"format", "config", "provenance", "steps", "error", "exit_code"}
    marks = {"ok": "✓", "failed": "✗", "skipped": DASH, "note": "!"}
    lines = [f"{marks[step['outcome']]} {step['name']}" for step in document["steps"]]
    assert [" ".join(line.split()[:2]) for line in text.out.splitlines() if line[:1] in marks.values()] == lines
    # A model that answers exists, whatever the list says.
    overruled = ("models", "model") if ("chat", "ok") in outcomes(document).items() else ()
    failed = [s for s in document["steps"] if s["outcome"] == "failed" and s["name"] not in overruled]
    assert document["error"] == (failed[0]["error"] if failed else None)
    assert (code == 0) == (not failed)
    for step in document["steps"]:
        assert step.keys() == {"name", "outcome", "what", "hint", "seconds", "error"}
        assert (step["error"] is not None) == (step["outcome"] == "failed")
        assert in_one_line(step["what"]) in in_one_line(text.out)
        assert in_one_line(step["hint"]) in in_one_line(text.out)
    failed = [step for step in document["steps"] if step["outcome"] == "failed"]
    if len(failed) == 1 and failed[0]["hint"]:
        assert in_one_line(text.out).count(in_one_line(failed[0]["hint"])) == 1
    assert ("First fix" in text.out) <= (len(failed) > 1)
    assert_no_key(env["OPENAI_API_KEY"], outcome, text)
    return document


def assert_no_key(key: str, *outcomes: Outcome) -> None:
    for outcome in outcomes:
        assert key not in outcome.output
        assert outcome.err == ""


def in_one_line(text: str) -> str:
    """Return a text without line breaks, blanks and times, which differ between runs."""
    return "".join(re.sub(r"\d+\.\d+\s+s\b", "", text).split())


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in document["steps"]}


def step_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(step for step in document["steps"] if step["name"] == name)


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def server_with_answer(status: int, body: str, kind: str) -> Iterator[str]:
    """The URL of a server that gives the same answer to every request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()


@contextmanager
def over_tls(authority: trustme.CA, directory: Path, *names: str, days: float = 90) -> Iterator[Provider]:
    """A provider over https with a certificate of an authority, for given names and days."""
    now = datetime.now(UTC)
    certificate = authority.issue_cert(
        *(names or ("127.0.0.1",)), not_before=now - timedelta(days=400), not_after=now + timedelta(days=days)
    )
    file = directory / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(file)
    with provider(ssl_certfile=str(file)) as running:
        yield running


# All well.


def test_all_steps_pass(desk: Desk, server: Provider) -> None:
    document = examine(desk, 0, env=env_of(f"{server.url}/v1"))
    ok, skipped = "ok", "skipped"
    assert outcomes(document) == {
        "name": ok,
        "tcp": ok,
        "tls": skipped,
        "models": ok,
        "model": ok,
        "chat": skipped,
    }
    assert "--chat" in step_of(document, "chat")["hint"]
    assert "3 models" in step_of(document, "models")["what"]
    assert [(r.method, r.path, r.authorization) for r in server.take_requests()] == [
        ("GET", "/v1/models", f"Bearer {KEY}")
    ] * 2


def test_the_config_in_use_is_shown(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={PLAIN_KEY}\nOPENAI_MODEL=gpt-4o-mini\n")
    outcome = desk.run("doctor", "--openai-base-url", f"{server.url}/v1").exits(0)
    first, *rest = outcome.out.splitlines()
    assert first == "rules of Qwen Code's documentation (no qwen on PATH)"
    lines = [line.split() for line in rest[:3]]
    assert lines[0] == ["base_url", f"{server.url}/v1", "--openai-base-url"]
    assert lines[1] == ["model", "gpt-4o-mini", "./.env:2", "OPENAI_MODEL"]
    assert lines[2] == ["api_key", "corr…aple", "(28", "characters)", "./.env:1", "OPENAI_API_KEY"]
    assert outcome.out.rstrip().endswith("all steps passed")
    assert_no_key(PLAIN_KEY, outcome)
    # --secret-from names another place of the key than the artifact.
    desk.run("resolve", "--openai-base-url", f"{server.url}/v1", "-o", "a.toml").exits(0)
    assert "./.env:1 OPENAI_API_KEY" in desk.run("doctor", "--config", "a.toml").exits(0).out
    elsewhere = desk.run("doctor", "--config", "a.toml", "--secret-from", "environment:K", env={"K": KEY}).exits(0)
    assert "the variable K" in elsewhere.out
    assert "./.env:1 OPENAI_API_KEY" not in elsewhere.out


def test_the_model_is_asked_on_request(desk: Desk, server: Provider) -> None:
    document = examine(desk, 0, "--chat", env=env_of(f"{server.url}/v1"))
    assert step_of(document, "chat")["outcome"] == "ok"
    assert "15 tokens" in step_of(document, "chat")["what"]
    prompts = [request for request in server.take_requests() if request.method == "POST"]
    assert [request.texts for request in prompts] == [["Reply with: ok"]] * 2
    assert prompts[0].body["stream"] is True


def test_an_answer_without_a_token_is_noted(desk: Desk, server: Provider) -> None:
    server.replies += [Reply(events(finish()))] * 2
    document = examine(desk, 0, "--chat", env=env_of(f"{server.url}/v1"))
    assert step_of(document, "chat")["outcome"] == "note"


# The key and the models.


@pytest.mark.parametrize("key", [KEY, PLAIN_KEY])
@pytest.mark.parametrize("how", ["refuses", "forbids"])
def test_a_refused_key(desk: Desk, server: Provider, how: str, key: str) -> None:
    document = examine(desk, 4, "--chat", env=env_of(f"{server.url}/{how}", key))
    assert document["error"]["class"] == "AuthenticationError"
    found = outcomes(document)
    assert (found["models"], found["model"]) == ("failed", "skipped")
    assert step_of(document, "model")["what"] == "not tried: models failed"
    # A key may be valid for prompts and not for the list.
    assert found["chat"] == ("skipped" if how == "refuses" else "failed")
    assert "the variable OPENAI_API_KEY" in step_of(document, "models")["hint"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, '{"error": {"message": "no such thing"}}', "application/json"),
        (405, "", "text/plain"),
        (404, "<html>nginx</html>", "text/html"),
        (200, '{"status": "ok"}', "application/json"),
    ],
)
def test_a_server_without_a_model_list_is_no_failure(desk: Desk, status: int, body: str, kind: str) -> None:
    with server_with_answer(status, body, kind) as url:
        document = examine(desk, 0, env=env_of(url))
    found = outcomes(document)
    assert (found["models"], found["model"]) == ("note", "skipped")
    assert "--chat" in step_of(document, "models")["hint"]


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (200, "<html>Log in to this network</html>", "text/html", "web page"),
        (503, "{}", "application/json", "503"),
        (407, "", "text/plain", "proxy requires a login"),
        (302, "", "text/plain", "redirects"),
    ],
)
def test_a_failing_model_list(desk: Desk, status: int, body: str, kind: str, message: str) -> None:
    with server_with_answer(status, body, kind) as url:
        document = examine(desk, 6, env=env_of(url))
    assert message in step_of(document, "models")["what"]
    assert outcomes(document)["model"] == "skipped"


def test_an_unlisted_model(desk: Desk, server: Provider) -> None:
    env = env_of(f"{server.url}/v1", OPENAI_MODEL="Qwen3-Coder-Plsu")
    document = examine(desk, 6, env=env)
    assert document["error"]["class"] == "NotFoundError"
    assert "OPENAI_MODEL" in document["error"]["where"]
    # All models, the most similar first.
    assert "has qwen3-coder-plus, gpt-4o, gpt-4o-mini." in document["error"]["hint"]
    # The list may be incomplete; an answer counts.
    document = examine(desk, 0, "--chat", env=env)
    assert (outcomes(document)["model"], outcomes(document)["chat"]) == ("failed", "ok")


def test_an_empty_model_list_is_no_failure(desk: Desk) -> None:
    with server_with_answer(200, '{"data": []}', "application/json") as url:
        document = examine(desk, 0, env=env_of(url))
    found = outcomes(document)
    assert (found["models"], found["model"]) == ("ok", "skipped")


@pytest.mark.parametrize("listed", ["models/gpt-4o", "gpt-4o:latest"])
def test_a_model_is_recognized_by_the_listed_names(desk: Desk, listed: str) -> None:
    with server_with_answer(200, f'{{"data": [{{"id": "{listed}"}}]}}', "application/json") as url:
        assert outcomes(examine(desk, 0, env=env_of(url)))["model"] == "ok"


def test_control_characters_in_model_names_are_removed(desk: Desk) -> None:
    names = ", ".join(f'{{"id": "\\u001b[31mm{number}{KEY}"}}' for number in range(60))
    with server_with_answer(200, f'{{"data": [{names}]}}', "application/json") as url:
        document = examine(desk, 6, env=env_of(url))
        outcome = desk.run("doctor", env=env_of(url)).exits(6)
    assert "\x1b" not in outcome.output
    assert "and 20 more" in document["error"]["hint"]


# The connection.


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b.invalid", f"{'a' * 64}.invalid"])
def test_a_host_name_that_does_not_resolve(desk: Desk, host: str) -> None:
    document = examine(desk, 6, "--chat", "--timeout", "5", env=env_of(f"https://{host}/v1"))
    assert outcomes(document) == {"name": "failed", **dict.fromkeys(DIRECT[1:], "skipped")}
    assert {step["what"] for step in document["steps"][1:]} == {"not tried: name failed"}
    assert document["error"]["class"] == "UnreachableError"
    assert "OPENAI_BASE_URL" in document["error"]["where"]


def test_a_port_without_a_server(desk: Desk) -> None:
    document = examine(desk, 6, env=env_of(f"https://localhost:{free_port()}/v1"))
    assert outcomes(document)["name"] == "ok"
    assert "refuses the connection" in step_of(document, "tcp")["what"]
    assert step_of(document, "models")["what"] == "not tried: tcp failed"


def test_http_to_another_machine_is_noted(desk: Desk, server: Provider) -> None:
    env = env_of("http://models.example/v1", HTTP_PROXY=server.url)
    outcome = desk.run("doctor", "--format", "json", env=env).exits(0)
    step = step_of(outcome.json, "tls")
    assert step["outcome"] == "note"
    assert "https" in step["hint"]
    assert outcome.err.startswith("QC305 warning")
    assert KEY not in outcome.output


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_never_answers(desk: Desk, scheme: str) -> None:
    with silent_server() as port:
        url = f"{scheme}://127.0.0.1:{port}/v1"
        document = examine(desk, 6, "--chat", "--timeout", "0.5", env=env_of(url))
    late = "tls" if scheme == "https" else "models"
    assert outcomes(document)[late] == "failed"
    assert "took too long" in document["error"]["message"]
    assert "--timeout" in document["error"]["hint"]
    assert step_of(document, "chat")["what"] == f"not tried: {late} failed"


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (Reply(wait=30), 6, "took too long"),
        (refusal(429, "slow down"), 6, "rate limited"),
        (refusal(401, f"Incorrect API key: {KEY}"), 4, "refused the key"),
        (refusal(404, "The model `gpt-4o` does not exist", "model_not_found"), 6, "has no model"),
        (Reply(events("no json", done=False)), 6, "not a JSON object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_failing_prompt(desk: Desk, server: Provider, reply: Reply, code: int, message: str) -> None:
    server.replies += [reply] * 2
    document = examine(desk, code, "--chat", "--timeout", "3" if reply.wait else "60", env=env_of(f"{server.url}/v1"))
    assert outcomes(document)["models"] == "ok"
    assert message in step_of(document, "chat")["what"]
    # It is not retried, whatever the number of retries.
    assert len([request for request in server.take_requests() if request.method == "POST"]) == 2


# TLS.


def test_tls_with_a_trusted_authority(desk: Desk, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(desk.cwd / "ca.pem")
    with over_tls(authority, tmp_path) as running:
        url = running.url.replace("http:", "https:")
        document = examine(desk, 0, "--ca-bundle", "ca.pem", "--chat", env=env_of(f"{url}/v1"))
        requests = running.take_requests()
    step = step_of(document, "tls")
    assert step["outcome"] == "ok"
    assert "TLSv1.3" in step["what"]
    assert "The CA of the tests" in step["what"]
    assert "(89 days left)" in step["what"]
    # The handshake is no request.
    assert [request.method for request in requests] == ["GET", "POST"] * 2


@pytest.mark.parametrize("bundle", [[], ["--ca-bundle", "other.pem"]], ids=["no bundle", "another bundle"])
def test_tls_with_an_authority_that_is_not_trusted(
    desk: Desk, authority: trustme.CA, tmp_path: Path, bundle: list[str]
) -> None:
    trustme.CA().cert_pem.write_to_path(desk.cwd / "other.pem")
    with over_tls(authority, tmp_path) as running:
        url = running.url.replace("http:", "https:")
        document = examine(desk, 6, *bundle, env=env_of(f"{url}/v1"))
        assert running.take_requests() == []
    step = step_of(document, "tls")
    assert "TLS fails" in step["what"]
    assert "--ca-bundle" in step["hint"]
    assert "verif" not in step["hint"]
    assert step_of(document, "models")["what"] == "not tried: tls failed"


@pytest.mark.parametrize(("days", "outcome"), [(-1, "failed"), (1.5, "note")])
def test_an_expiring_certificate(desk: Desk, authority: trustme.CA, tmp_path: Path, days: float, outcome: str) -> None:
    authority.cert_pem.write_to_path(desk.cwd / "ca.pem")
    with over_tls(authority, tmp_path, days=days) as running:
        url = running.url.replace("http:", "https:")
        document = examine(desk, 0 if days > 0 else 6, "--ca-bundle", "ca.pem", env=env_of(f"{url}/v1"))
    step = step_of(document, "tls")
    assert step["outcome"] == outcome
    assert ("(1 day left)" if days > 0 else "expired") in step["what"]


def test_a_certificate_for_another_host(desk: Desk, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(desk.cwd / "ca.pem")
    with over_tls(authority, tmp_path, "models.example") as running:
        url = running.url.replace("http:", "https:")
        document = examine(desk, 6, "--ca-bundle", "ca.pem", env=env_of(f"{url}/v1"))
    assert outcomes(document)["tls"] == "failed"


# The proxy.


def test_a_proxy_with_tunnels(desk: Desk, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(desk.cwd / "ca.pem")
    with over_tls(authority, tmp_path, "models.example") as running, tunnels(running.port) as proxy:
        argv = ["--proxy", proxy.url, "--ca-bundle", "ca.pem", "--chat"]
        document = examine(desk, 0, *argv, env=env_of("https://models.example/v1"))
    assert outcomes(document) == {
        "proxy": "ok",
        "name": "skipped",
        "tcp": "skipped",
        **dict.fromkeys(["tls", "models", "model", "chat"], "ok"),
    }
    assert {head.splitlines()[0] for head in proxy.heads} == {"CONNECT models.example:443 HTTP/1.1"}
    assert KEY not in "".join(proxy.heads)


def test_a_proxy_that_requires_a_login(desk: Desk) -> None:
    with tunnels(1, "407 Proxy Authentication Required") as proxy:
        document = examine(desk, 6, "--proxy", proxy.url, env=env_of("https://models.example/v1"))
    assert outcomes(document)["proxy"] == "ok"
    assert "407" in step_of(document, "tls")["what"]
    assert "--proxy" in document["error"]["where"]


@pytest.mark.parametrize("host", ["127.0.0.1", "proxy.invalid"])
def test_a_missing_proxy(desk: Desk, host: str) -> None:
    proxy = f"http://{host}:{free_port()}"
    document = examine(desk, 6, "--timeout", "5", env=env_of("https://models.example/v1", HTTPS_PROXY=proxy))
    assert outcomes(document)["proxy"] == "failed"
    assert "the proxy" in document["error"]["message"]
    assert "HTTPS_PROXY" in document["error"]["where"]
    assert step_of(document, "tls")["what"] == "not tried: proxy failed"


def test_a_proxy_that_hangs(desk: Desk) -> None:
    with silent_server() as port:
        argv = ["--proxy", f"http://127.0.0.1:{port}", "--timeout", "0.5"]
        document = examine(desk, 6, *argv, env=env_of("https://models.example/v1"))
    assert outcomes(document)["tls"] == "failed"
    assert "too long" in document["error"]["message"]


def test_a_bypassed_proxy(desk: Desk, server: Provider) -> None:
    argv = ["--proxy", f"http://127.0.0.1:{free_port()}", "--no-proxy", "127.0.0.1"]
    document = examine(desk, 0, *argv, env=env_of(f"{server.url}/v1"))
    assert outcomes(document)["proxy"] == "skipped"
    assert outcomes(document)["tcp"] == "ok"
    broken = examine(desk, 6, *argv, env=env_of(f"http://127.0.0.1:{free_port()}/v1"))
    assert "OPENAI_BASE_URL" in broken["error"]["where"]


# The key goes nowhere else, and no other variable counts.


def test_only_the_config_counts(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.toml", "--inline-secrets", env=env_of(f"{server.url}/v1")).exits(0)
    dead = "http://127.0.0.1:9"
    hostile = {"HTTP_PROXY": dead, "ALL_PROXY": dead, "OPENAI_API_KEY": "of-another-one"}
    document = examine(desk, 0, "--config", "a.toml", env=hostile)
    assert document["config"]["api_key"]["from"] == "literal"
    assert {request.authorization for request in server.take_requests()} == {f"Bearer {KEY}"}
    outcome = desk.run("doctor", "--config", "a.toml", "--format", "json", env=hostile).exits(0)
    assert KEY not in outcome.output


def test_a_short_key_is_hidden(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.toml", "--inline-secrets", env=env_of(f"{server.url}/v1", "hush-hush")).exits(0)
    for form in ("text", "json"):
        assert "hush" not in desk.run("doctor", "--config", "a.toml", "--format", form).exits(0).output


def test_a_redirect_does_not_take_the_key_along(desk: Desk, server: Provider) -> None:
    with provider() as elsewhere:
        server.elsewhere = elsewhere.url
        examine(desk, 6, "--chat", env=env_of(f"{server.url}/redirects"))
        assert elsewhere.take_requests() == []


# The configuration itself.


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_incomplete_config_is_reported_as_by_run(desk: Desk, form: str) -> None:
    outcome = desk.run("doctor", "--format", form).exits(3)
    assert outcome.err == desk.run("run", "-p", "x").exits(3).err
    if form == "json":
        assert outcome.json["error"]["class"] == "IncompleteError"
        assert outcome.json["exit_code"] == 3
    else:
        assert outcome.out == ""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "argv", [["--auth-type", "qwen-oauth"], ["--ca-bundle", "missing.pem"], ["--config", "missing.toml"]], ids=" ".join
)
def test_an_unusable_config_sends_nothing(desk: Desk, server: Provider, argv: list[str], form: str) -> None:
    outcome = desk.run("doctor", *argv, "--format", form, env=env_of(f"{server.url}/v1")).exits(3)
    assert argv[1] in outcome.err or "OAuth" in outcome.err
    if form == "json":
        assert outcome.json["exit_code"] == 3
    assert server.take_requests() == []


def test_an_artifact_and_flags_exclude_each_other(desk: Desk, server: Provider) -> None:
    desk.run("resolve", "-o", "a.toml", env=env_of(f"{server.url}/v1")).exits(0)
    desk.run("doctor", "--config", "a.toml", "--model", "m", env=env_of(f"{server.url}/v1")).exits(2)
    moved = ["doctor", "--config", "a.toml", "--secret-from", "environment:CI_KEY"]
    assert "the variable CI_KEY" in desk.run(*moved, env={"CI_KEY": PLAIN_KEY}).exits(0).out
    assert server.take_requests()[-1].authorization == f"Bearer {PLAIN_KEY}"


# In a terminal.


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_screen_fits_any_width(desk: Desk, server: Provider, width: int) -> None:
    screen = run_on_screen(desk, "doctor", width=width, env=env_of(f"{server.url}/refuses"))
    assert screen.code == 4
    assert max(len(line) for line in screen.lines) <= width
    for word in ("✓ name", "✗ models", f"{DASH} model"):
        assert word in screen.text
    assert in_one_line(KEY) not in in_one_line(screen.text)


def test_color_only_if_it_is_wanted(desk: Desk, server: Provider) -> None:
    env = env_of(f"{server.url}/v1")
    assert b"\x1b[" in run_on_screen(desk, "doctor", env=env).raw
    assert b"\x1b" not in run_on_screen(desk, "doctor", env={**env, "NO_COLOR": "1"}).raw
    assert b"\x1b" not in run_on_screen(desk, "doctor", env=env, term="dumb").raw
    assert b"\x1b" not in run_on_screen(desk, "doctor", "--color", "never", env=env).raw
    assert "\x1b[" in desk.run("doctor", "--color", "always", env=env).exits(0).out


def test_each_step_is_shown_when_it_is_done_and_ctrl_c_stops(desk: Desk) -> None:
    with silent_server() as port:
        environment = clean_environment(desk.home, env_of(f"http://127.0.0.1:{port}/v1"))
        with Running("doctor", cwd=desk.cwd, environment=environment) as running:
            lines = []
            while not lines or not lines[-1].startswith(f"{DASH} tls"):
                lines.append(running.stdout.readline().decode())
            running.send_signal(signal.SIGINT)
            _, err = running.communicate()
            assert running.returncode == 130
    assert "Traceback" not in err
