"""Failed requests: the error names what happened, the field behind it, and what to do."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import trustme
from support.prompts import KEY, ask, close_all, session
from support.provider import Reply, chunk, events, provider, refusal, streamed_reply
from support.servers import free_port

from qwen_runtime.wire.refusal import Refusal
from qwen_schema import (
    AuthenticationError,
    ContextTooLongError,
    NoCompletionError,
    NotFoundError,
    ProviderError,
    QuotaError,
    QwenCfgError,
    RateLimitError,
    RequestRefusedError,
    UnreachableError,
    redact,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.provider import Provider

PAGE = Reply([f"<!DOCTYPE html><title>Sign in, {KEY}</title>".encode()], 200, "text/html")


def body(document: Any, status: int, kind: str = "application/json") -> Reply:
    return Reply([json.dumps(document).encode()], status, kind)


@pytest.fixture
def server() -> Iterator[Provider]:
    """A provider for one test: an abandoned request of another test would take its reply."""
    with provider() as running:
        yield running


def failure(base_url: str, **fields: Any) -> QwenCfgError:
    """Send a prompt, and return the error, which never contains the key."""
    with pytest.raises(QwenCfgError) as raised:
        ask(session(base_url, **fields))
    error = raised.value
    assert KEY not in f"{error} {error.hint} {error.as_data()}"
    return error


# Each line: the answer, the class of the error, and words that its message must contain.
REFUSALS: dict[str, tuple[Reply, type[QwenCfgError], list[str]]] = {
    "401": (
        refusal(401, f"Incorrect API key provided: {KEY}"),
        AuthenticationError,
        [" refused the key", "401", "Incorrect API key", "the flag --openai-api-key", "--openai-base-url"],
    ),
    "401 of a FastAPI server": (body({"detail": "Unauthorized"}, 401), AuthenticationError, ["Unauthorized"]),
    "401 in plain text": (Reply([b"no such token"], 401, "text/plain"), AuthenticationError, ["no such token"]),
    "403": (refusal(403, "not allowed here"), AuthenticationError, ["403", "not allowed here"]),
    "403 as a page": (Reply([b"<html>Blocked"], 403, "text/html"), AuthenticationError, ["may have refused it"]),
    "402": (refusal(402, "Insufficient credits"), QuotaError, ["Insufficient credits", "balance"]),
    "no quota": (refusal(429, "You exceeded your current quota", "insufficient_quota"), QuotaError, ["balance"]),
    "arrears": (refusal(400, "Access denied, please pay", "Arrearage"), QuotaError, ["Access denied"]),
    "no free quota": (
        refusal(403, "The free allocated quota is used up", "AllocationQuota.FreeTierOnly"),
        QuotaError,
        ["free allocated quota"],
    ),
    "429": (refusal(429, "Rate limit reached"), RateLimitError, ["rate limited", "--max-retries"]),
    "400": (
        refusal(400, "temperature is too hot"),
        RequestRefusedError,
        ["temperature is too hot", "message is the provider's own"],
    ),
    "422": (body({"detail": [{"loc": ["body"], "msg": "odd"}]}, 422), RequestRefusedError, ["odd"]),
    "too long": (
        refusal(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"),
        ContextTooLongError,
        ["too long for the model", "/clear"],
    ),
    "too long, in other words": (
        body({"object": "error", "message": "Range of input length should be [1, 30720]"}, 400),
        ContextTooLongError,
        ["30720"],
    ),
    "413": (Reply([b"Payload Too Large"], 413, "text/plain"), ContextTooLongError, ["413"]),
    "no path": (body({"detail": "Not Found"}, 404), NotFoundError, ["/nowhere/chat/completions", "is /v1 missing"]),
    "no path, in words": (Reply([b"404 page not found"], 404, "text/plain"), NotFoundError, ["404 page not found"]),
    "405": (Reply(status=405, kind="text/plain"), NotFoundError, ["405", "is /v1 missing"]),
    "no model": (
        body({"error": {"message": 'model "m" not found, try pulling it first', "type": "api_error"}}, 404),
        NotFoundError,
        ["has no model m", "m (model from --model)", "The endpoint has gpt-4o"],
    ),
    "no model, at the top": (
        body({"object": "error", "message": "The model `m` does not exist.", "code": 404}, 404),
        NotFoundError,
        ["has no model m"],
    ),
    "no valid model": (body({"error": {"message": "m is not a valid model ID", "code": 400}}, 400), NotFoundError, []),
    "a page": (PAGE, NoCompletionError, ["a web page", "captive portal", "is /v1 missing"]),
    "a page, 502": (Reply([b"<html>"], 502, "text/html"), ProviderError, ["failed (502)", "a web page", "gateway"]),
    "a page, 413": (Reply([b"<html>"], 413, "text/html"), ContextTooLongError, ["413"]),
    "a page by its look": (Reply([b"\n<!doctype HTML>"], 200, "application/json"), NoCompletionError, ["a web page"]),
    "a redirect": (
        Reply(status=302, headers={"location": "https://login.example/?next=1"}),
        NoCompletionError,
        ["redirects (302)", "https://login.example/", "not followed"],
    ),
    "407": (Reply(status=407), ProviderError, ["the proxy requires a login"]),
    "500": (refusal(500, "the cat sat on it"), ProviderError, ["the cat sat on it", "problem is with the provider"]),
    "error with 200": (
        body({"error": "Unexpected endpoint or method. (POST /chat/completions)"}, 200),
        ProviderError,
        ["Unexpected endpoint", "is /v1 missing"],
    ),
    "key error with 200": (
        body({"error": {"message": "Invalid API key", "code": "invalid_api_key"}}, 200),
        AuthenticationError,
        ["refused the key (Invalid API key)"],
    ),
    "DashScope's own form": (
        body({"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "1"}, 200),
        AuthenticationError,
        ["Invalid API-key provided"],
    ),
    "a key, as Google refuses it": (
        body([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}], 400),
        AuthenticationError,
        ["API key not valid"],
    ),
    "a rate, with words about billing": (
        refusal(429, "Rate limit reached. Add a payment method: /account/billing", "rate_limit_exceeded"),
        RateLimitError,
        ["Rate limit reached"],
    ),
    "a rate of DashScope's": (
        refusal(429, "Allocated quota exceeded, please increase your quota limit.", "Throttling.AllocationQuota"),
        RateLimitError,
        ["Allocated quota exceeded"],
    ),
    "a deployment": (
        refusal(404, "The API deployment for this resource does not exist.", "DeploymentNotFound"),
        NotFoundError,
        ["has no model m"],
    ),
    "about a model that is there": (
        refusal(400, "The requested model does not accept images: image input unsupported"),
        RequestRefusedError,
        ["does not accept images"],
    ),
    "nested": (Reply([b"[" * 100_000], 500, "application/json"), ProviderError, ["500"]),
    "nested, with 200": (Reply([b"[" * 100_000], 200, "application/json"), NoCompletionError, []),
    "choices that are none": (Reply(events({"choices": 5})), NoCompletionError, ["not a chat completion"]),
    "only the end": (Reply(events()), NoCompletionError, ["not a chat completion"]),
    "an error in a form of its own": (
        Reply(events({"object": "error", "message": "engine died", "code": 500})),
        ProviderError,
        ["engine died", "500"],
    ),
    "error in a stream": (
        Reply([b'data: {"error": {"message": "no GPU is free", "code": 503}}\n\n']),
        ProviderError,
        ["no GPU is free", "503"],
    ),
    "no completion": (body({"hello": "world"}, 200), NoCompletionError, ["not a chat completion"]),
    "no choices": (body({"choices": []}, 200), NoCompletionError, ["not a chat completion"]),
    "no JSON": (Reply([b"{"], 200, "application/json"), NoCompletionError, ["not a chat completion"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_message_of_each_refusal(server: Provider, name: str) -> None:
    reply, kind, words = REFUSALS[name]
    server.replies[:] = [reply]
    error = failure(f"{server.url}/nowhere")
    assert type(error) is kind
    assert error.exit_code == (4 if kind is AuthenticationError else 6)
    text = f"{error} {error.hint}"
    for word in words:
        assert word in text
    # The place names the field with its value and its origin.
    assert error.where.startswith((f"{server.url}/nowhere", "m (model", " (proxy"))
    assert error.hint


def test_an_error_in_the_middle_of_a_stream(server: Provider) -> None:
    event = {"code": "DataInspectionFailed", "message": "Output data may be inappropriate.", "request_id": "r"}
    server.replies[:] = [Reply(events(chunk(content="partial"), event))]
    error = failure(f"{server.url}/v1", max_retries=3)
    assert "in the middle of the answer: " in error.what
    assert "Output data may be inappropriate" in error.what
    assert len(server.take_requests()) == 1


def test_an_error_before_the_first_piece_is_retried(server: Provider) -> None:
    failure = {"error": {"message": "overloaded", "code": 503}}
    server.replies[:] = [Reply(events(failure)), streamed_reply("at last")]
    assert ask(session(f"{server.url}/v1", max_retries=1))[1].text == "at last"


@pytest.mark.parametrize("key", ["ollama-7", "abc/def+ghi=jkl mno&pq%rs", "tok\"en\\with'all"])
def test_a_key_in_the_providers_message_is_not_shown(server: Provider, key: str) -> None:
    forms = [key, quote(key, safe=""), json.dumps(key)[1:-1].replace("/", "\\/")]
    server.replies[:] = [refusal(401, f"bad key: {form}") for form in forms]
    for form in forms:
        with pytest.raises(AuthenticationError) as raised:
            ask(session(f"{server.url}/v1", key=key))
        shown = redact(f"{raised.value} {raised.value.hint}")
        assert key not in shown
        if len(key) >= 12:
            assert form not in shown


def test_a_slow_list_of_models_is_not_waited_for(server: Provider) -> None:
    """A list of models that takes minutes is no help for a hint."""
    server.replies[:] = [refusal(404, "The model `m` does not exist")]
    server.models_reply = Reply([b" "] * 400, kind="application/json", pause=0.2)
    started = time.monotonic()
    try:
        assert isinstance(failure(f"{server.url}/v1"), NotFoundError)
    finally:
        server.models_reply = None
    assert time.monotonic() - started < 30


def test_a_refused_dashscope_key_suggests_the_other_region(server: Provider) -> None:
    server.replies[:] = [refusal(401, "Incorrect API key provided.", "invalid_api_key")]
    error = failure("http://dashscope.aliyuncs.com/compatible-mode/v1", proxy=server.url)
    assert "dashscope-intl.aliyuncs.com" in error.hint
    assert "coding" in error.hint.lower()
    # One request was sent, and no other host got the key.
    assert [request.headers["host"] for request in server.take_requests()] == ["dashscope.aliyuncs.com"]


def test_the_providers_message_is_one_line_of_limited_length(server: Provider) -> None:
    server.replies[:] = [refusal(500, "a\nb\x1b[31m " + "long " * 500)]
    error = failure(f"{server.url}/v1")
    assert "\n" not in error.what
    assert "\x1b" not in error.what
    assert len(error.what) < 400


def test_an_endless_body_is_not_read_to_its_end(server: Provider) -> None:
    server.replies[:] = [Reply([b"x" * 1024 * 1024] * 30, 500, "text/plain")]
    assert len(failure(f"{server.url}/v1").what) < 400


@pytest.mark.parametrize("text", ["", "[]", "[1]", "null", '"x"', "{}", '{"error": {}}', '{"error": {"message": 7}}'])
def test_any_body_gives_an_error(text: str) -> None:
    refused = Refusal(500, {}, text)
    assert isinstance(refused.words + "".join(refused.codes), str)


# No answer.


def test_no_server_at_the_port() -> None:
    port = free_port()
    error = failure(f"http://127.0.0.1:{port}/v1")
    assert isinstance(error, UnreachableError)
    assert f"127.0.0.1:{port} refuses the connection" in error.what
    assert "Check that the server on this machine is running" in error.hint


def test_a_host_name_that_does_not_resolve() -> None:
    error = failure("http://no-such-host.invalid/v1")
    assert isinstance(error, UnreachableError)
    assert "no-such-host.invalid cannot be resolved" in error.what
    assert error.where == "http://no-such-host.invalid/v1 (base_url from --openai-base-url)"


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
def test_an_invalid_host_name(host: str) -> None:
    error = failure(f"https://{host}/v1", max_retries=3)
    assert "cannot be resolved" in error.what


def test_a_bypassed_proxy_is_not_blamed() -> None:
    port = free_port()
    fields = {"proxy": f"http://127.0.0.1:{free_port()}", "no_proxy": ["127.0.0.0/8"]}
    error = failure(f"http://127.0.0.1:{port}/v1", **fields)
    assert f"127.0.0.1:{port} refuses the connection" in error.what


def test_no_proxy_at_the_address() -> None:
    error = failure("http://models.example/v1", proxy=f"http://127.0.0.1:{free_port()}")
    assert "the proxy cannot be reached" in error.what
    assert "(proxy from --proxy)" in error.where
    assert "models.example" in error.hint


def test_a_proxy_that_refuses_every_request(server: Provider) -> None:
    error = failure("https://models.example/v1", proxy=server.url)
    assert "the proxy refused the request: 403" in error.what
    assert "--no-proxy" in error.hint
    assert [(request.method, request.authorization) for request in server.take_requests()] == [("CONNECT", None)]


def test_a_server_that_hangs_up(server: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        chat = session(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        with chat.exchange("ping") as exchange:
            listener.accept()[0].close()
            with pytest.raises(UnreachableError) as raised:
                list(exchange.events())
    assert KEY not in str(raised.value)


def test_a_server_with_another_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        with session(f"http://127.0.0.1:{listener.getsockname()[1]}/v1").exchange("ping") as exchange:
            with listener.accept()[0] as connection:
                connection.sendall(b"220 mail.example ESMTP\r\n\r\n")
            with pytest.raises(UnreachableError):
                list(exchange.events())


# TLS.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls_server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Any:
    pem = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    with provider(ssl_certfile=str(pem)) as app:
        yield app


def test_a_certificate_of_an_unknown_authority(tls_server: Provider) -> None:
    error = failure(tls_server.url.replace("http:", "https:") + "/v1", max_retries=3)
    assert isinstance(error, UnreachableError)
    assert "TLS fails: " in error.what
    assert "--ca-bundle" in error.hint
    assert "SSL_CERT_FILE" in error.hint
    assert "verify" not in error.hint.lower()
    assert tls_server.take_requests() == []


def test_a_certificate_of_an_authority_in_the_ca_bundle(
    tls_server: Provider, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    url = tls_server.url.replace("http:", "https:") + "/v1"
    assert ask(session(url, ca_bundle=str(bundle)))[1].text == "pong from m ü"
    assert tls_server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_another_ca_bundle_does_not_help(tls_server: Provider, tmp_path: Path) -> None:
    bundle = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    error = failure(tls_server.url.replace("http:", "https:") + "/v1", ca_bundle=str(bundle))
    assert "other.pem (ca_bundle from --ca-bundle)" in error.hint


def test_an_expired_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    pem, bundle = tmp_path / "server.pem", tmp_path / "ca.pem"
    expiry = datetime.now(UTC) - timedelta(days=1)
    certificate = authority.issue_cert("127.0.0.1", not_before=expiry - timedelta(days=9), not_after=expiry)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(bundle))
    with provider(ssl_certfile=str(pem)) as server:
        error = failure(server.url.replace("http:", "https:") + "/v1", ca_bundle=str(bundle))
        close_all()
    assert "expired" in error.what
    assert "renew its certificate" in error.hint


def test_a_certificate_for_another_host(tls_server: Provider, authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    error = failure(f"https://localhost:{tls_server.port}/v1", ca_bundle=str(bundle))
    assert "The certificate is for another host" in error.hint


def test_sslkeylogfile_is_ignored(
    tls_server: Provider, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, log = tmp_path / "ca.pem", tmp_path / "keys.log"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    ask(session(tls_server.url.replace("http:", "https:") + "/v1", ca_bundle=str(bundle)))
    assert not log.exists()


def test_plain_http_to_a_tls_server(tls_server: Provider) -> None:
    assert isinstance(failure(f"{tls_server.url}/v1"), UnreachableError)


def test_tls_to_a_plain_http_server(server: Provider) -> None:
    error = failure(server.url.replace("http:", "https:") + "/v1")
    assert "TLS fails" in error.what
