"""Requests to each provider: the header of the key, the path, caching, token counts and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.prompts import KEY, ask, session
from support.provider import BASE_URLS, Reply, chunk, events, finish, refusal, streamed_reply, usage

from qwen_runtime.conversation import Conversation
from qwen_runtime.wire.connection import models
from qwen_runtime.wire.endpoint import completions_url, models_url
from qwen_runtime.wire.request import body_of
from qwen_schema import NotFoundError, declared_providers, is_loopback, provider_of
from qwen_schema.formats import check_http_url

if TYPE_CHECKING:
    from support.provider import Provider

    from qwen_runtime.session import Session


# Which provider it is.


def test_every_declared_provider_has_a_case() -> None:
    assert list(BASE_URLS) == list(declared_providers())


@pytest.mark.parametrize(("name", "base_url"), BASE_URLS.items())
def test_a_provider_is_recognized_by_its_host(name: str, base_url: str) -> None:
    assert provider_of(base_url).name == name
    assert provider_of(base_url.replace("https://", "https://x.") + "?x=1").name in (name, "other")


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://API.OPENAI.COM./v1", "openai"),
        ("https://api.openai.com:8443/v1", "openai"),
        ("https://api.openai.com.evil.example/v1", "other"),
        ("https://evil-openai.azure.com/v1", "other"),
        ("https://openai.azure.com/v1", "other"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://dashscope-us.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://ws-1.cn-beijing.maas.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://coding-intl.dashscope.aliyuncs.com/v1", "dashscope"),
        ("https://notdashscope.aliyuncs.com/v1", "other"),
        ("https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi", "vertex"),
        ("https://example.test/api.openai.com/v1", "other"),
        ("http://localhost:1234/v1", "other"),
    ],
)
def test_similar_hosts_are_other_providers(base_url: str, name: str) -> None:
    assert provider_of(base_url).name == name


@pytest.mark.parametrize("provider", declared_providers().values(), ids=lambda p: p.name)
def test_declared_providers_are_valid(provider: Any) -> None:
    assert not provider.key_page or provider.key_page.startswith("https://")
    assert all(host == host.lower() and "*" not in host for host in (*provider.hosts, *provider.host_endings))
    for host in provider.hosts:
        assert provider_of(f"https://{host}/v1") == provider
        check_http_url(f"https://{host}{provider.usual_path}")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("api.localhost", False),
        ("localhost.", False),
        ("::ffff:127.0.0.1", True),
        ("::ffff:7f00:1", True),
        ("::ffff:10.0.0.1", False),
        ("::", False),
        ("2130706433", False),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("192.168.0.1", False),
        ("localhost.example", False),
        ("0.0.0.0", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


# The address of a request.


@pytest.mark.parametrize(
    ("base_url", "completions", "listed"),
    [
        ("https://h/v1", "https://h/v1/chat/completions", "https://h/v1/models"),
        ("https://h/v1/", "https://h/v1/chat/completions", "https://h/v1/models"),
        ("https://h", "https://h/chat/completions", "https://h/models"),
        ("https://h/", "https://h/chat/completions", "https://h/models"),
        ("https://h:8443/a/b//", "https://h:8443/a/b/chat/completions", "https://h:8443/a/b/models"),
        ("https://h/v1?x=1", "https://h/v1/chat/completions?x=1", "https://h/v1/models?x=1"),
        ("https://h/v1/?x=a%2Fb", "https://h/v1/chat/completions?x=a%2Fb", "https://h/v1/models?x=a%2Fb"),
        ("https://h/a%2Fb/v1", "https://h/a%2Fb/v1/chat/completions", "https://h/a%2Fb/v1/models"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions", "http://[::1]:8000/v1/models"),
        (
            "https://n.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://n.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://n.openai.azure.com/openai/models?api-version=2024-10-21",
        ),
    ],
)
def test_the_parts_of_the_api_are_below_the_base_url(base_url: str, completions: str, listed: str) -> None:
    assert completions_url(base_url) == httpx.URL(completions)
    assert models_url(base_url) == httpx.URL(listed)


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/a/b", "", "/"])
def test_the_path_reaches_the_server(server: Provider, path: str) -> None:
    ask(session(server.url + path + "?api-version=1"))
    (request,) = server.take_requests()
    assert (request.path, request.query) == (path.rstrip("/") + "/chat/completions", "api-version=1")


# The headers. The server is the proxy here, so that requests to the providers' hosts reach it.


def request_to(server: Provider, base_url: str) -> Any:
    ask(session(base_url.replace("https://", "http://"), proxy=server.url))
    (request,) = server.take_requests()
    return request


@pytest.mark.parametrize(("name", "base_url"), [(n, u) for n, u in BASE_URLS.items() if n != "other"])
def test_the_key_is_in_the_providers_header(server: Provider, name: str, base_url: str) -> None:
    request = request_to(server, base_url)
    expected = {"api-key": KEY} if name == "azure" else {"authorization": f"Bearer {KEY}"}
    assert {h: v for h, v in request.headers.items() if KEY in v} == expected
    assert request.headers["user-agent"] == "qwen-cfg"


def test_an_azure_deployment_is_in_the_path(server: Provider) -> None:
    request = request_to(server, "https://n.openai.azure.com/openai/deployments/d?api-version=2024-10-21")
    assert request.path == "http://n.openai.azure.com/openai/deployments/d/chat/completions"
    assert request.query == "api-version=2024-10-21"
    assert request.headers["api-key"] == KEY


def test_openrouter_gets_the_name_of_the_program(server: Provider) -> None:
    request = request_to(server, BASE_URLS["openrouter"])
    assert request.headers["x-openrouter-title"] == "qwen-cfg"
    assert request.headers["http-referer"].startswith("https://")
    others = request_to(server, BASE_URLS["openai"]).headers.keys()
    assert not others & {"x-openrouter-title", "http-referer", "x-dashscope-cachecontrol"}


# Caching.


@pytest.mark.parametrize("name", ["dashscope", "qwen"])
def test_dashscope_and_qwen_oauth_requests_ask_for_caching(server: Provider, name: str) -> None:
    url = BASE_URLS[name].replace("https://", "http://")
    chat = session(url, proxy=server.url)
    chat.conversation = Conversation("Be short.")
    ask(chat, "one")
    ask(chat, "two")
    first, second = server.take_requests()
    assert first.headers["x-dashscope-cachecontrol"] == "enable"
    marked = [[isinstance(m["content"], list) for m in request.body["messages"]] for request in (first, second)]
    assert marked == [[True, True], [True, False, False, True]]
    assert second.body["messages"][-1]["content"] == [
        {"type": "text", "text": "two", "cache_control": {"type": "ephemeral"}}
    ]
    assert second.texts == ["Be short.", "one", "pong from m ü", "two"]


turns = st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=2, max_size=5)


@given(turns, st.text(), st.sampled_from(list(declared_providers().values())))
def test_each_request_repeats_the_previous_one_as_its_prefix(
    exchanges: list[tuple[str, str]], system: str, provider: Any
) -> None:
    """The same bytes for providers that cache by themselves, and the same texts if parts are marked."""
    conversation, before = Conversation(system), b""
    for question, answer in exchanges:
        conversation = conversation.with_question(question)
        body = body_of(conversation.messages, model="m", provider=provider)
        if provider.caching == "marked":
            assert [_text(m) for m in body["messages"]] == [m.text for m in conversation.messages]
            assert sum(isinstance(m["content"], list) for m in body["messages"]) == 1 + bool(system)
        else:
            sent = httpx.Request("POST", "https://h", json=body).read()
            assert sent.startswith(before)
            before = sent.partition(b'],"stream"')[0]
        conversation = conversation.with_answer(answer)


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else content[0]["text"]


# Token counts.


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    "words",
    [
        "Unknown parameter: 'stream_options'",
        "stream_options.include_usage: Extra inputs are not permitted",
        "Unrecognized request argument supplied: stream_options",
        "1 validation error: extra fields not permitted",
    ],
)
def test_a_server_without_token_counts(server: Provider, status: int, words: str) -> None:
    server.replies[:] = [refusal(status, words), streamed_reply("yes")]
    chat = session(f"{server.url}/v1")
    assert ask(chat)[1].text == "yes"
    ask(chat)
    has_options = ["stream_options" in request.body for request in server.take_requests()]
    # The next request does not ask for it again.
    assert has_options == [True, False, False]


@pytest.mark.parametrize(
    ("status", "words"),
    [(500, "got an unexpected keyword argument 'stream_options'"), (400, "Bad Request"), (400, "invalid request.")],
)
def test_a_server_that_refuses_stream_options_in_another_way(server: Provider, status: int, words: str) -> None:
    server.replies[:] = [refusal(status, words), streamed_reply("yes")]
    assert ask(session(f"{server.url}/v1"))[1].text == "yes"


@pytest.mark.parametrize(
    ("more", "cached"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 7}}, 7),
        ({"prompt_tokens_details": {"cached_tokens": 0}}, 0),
        ({"cached_tokens": 7}, 7),
        ({"prompt_cache_hit_tokens": 7, "prompt_cache_miss_tokens": 3}, 7),
        ({"prompt_tokens_details": {"cached_tokens": 7, "cache_type": "ephemeral"}, "cached_tokens": 1}, 7),
        ({"prompt_tokens_details": None, "cached_tokens": 7}, 7),
        ({"cache_read_input_tokens": 7, "cache_creation_input_tokens": 1}, 7),
        ({"prompt_tokens_details": {"audio_tokens": 1}}, None),
        ({"cached_tokens": "many"}, None),
        ({"cached_tokens": True}, None),
        ({"cached_tokens": -1}, None),
        ({}, None),
    ],
)
def test_cached_tokens_in_every_spelling(server: Provider, more: dict[str, Any], cached: int | None) -> None:
    server.replies[:] = [Reply(events(chunk(content="x"), finish(), usage(prompt=10, completion=5, **more)))]
    answer = ask(session(f"{server.url}/v1"))[1]
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.cached_tokens) == (10, cached)
    assert (answer.usage.completion_tokens, answer.usage.total_tokens) == (5, 15)


def test_the_last_token_counts_are_used(server: Provider) -> None:
    running = [{**chunk(content=str(n)), "usage": usage(10, n)["usage"]} for n in range(3)]
    server.replies[:] = [Reply(events(*running, finish(), usage(10, 3)))]
    answer = ask(session(f"{server.url}/v1"))[1]
    assert answer.usage is not None
    assert (answer.text, answer.usage.completion_tokens) == ("012", 3)


# The models.


def test_the_models_are_listed(server: Provider) -> None:
    assert models(session(f"{server.url}/v1").connection) == list(server.models)
    (request,) = server.take_requests()
    assert (request.method, request.path, request.authorization) == ("GET", "/v1/models", f"Bearer {KEY}")


def test_an_unknown_model_is_reported_with_the_listed_ones(server: Provider) -> None:
    server.replies[:] = [refusal(404, "The model `qwen3-coder-pluss` does not exist", "model_not_found")]
    with pytest.raises(NotFoundError) as raised:
        ask(session(f"{server.url}/v1", model="qwen3-coder-pluss"))
    assert "qwen3-coder-plus" in raised.value.hint.split(".")[0]
    assert raised.value.where == "qwen3-coder-pluss (model from --model)"


def test_a_session_can_change_its_endpoint(server: Provider) -> None:
    chat: Session = session(f"{server.url}/v1")
    ask(chat, "one")
    chat.switch(session(f"{server.url}/v2", model="n").connection)
    ask(chat, "two")
    first, second = server.take_requests()
    assert (first.path, second.path) == ("/v1/chat/completions", "/v2/chat/completions")
    assert second.body["model"] == "n"
    assert second.texts == ["one", "pong from m ü", "two"]
