"""The arguments for the openai package, tested with a stand-in, and with the package if it is installed."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.provider import Reply

from qwen_cfg import ConfigurationError, Secret, load
from qwen_schema import provider_of

from .process import KEY
from .python_process import in_new_process, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.provider import Provider

    from .process import Desk

MESSAGES = [{"role": "user", "content": "ping"}]
STAND_IN = Path(__file__).parents[1] / "support" / "openai_stand_in"


@pytest.fixture
def package() -> Any:
    """The real package."""
    return pytest.importorskip("openai", reason="the openai package is not installed")


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Put a stand-in for the package on the import path."""
    monkeypatch.syspath_prepend(str(STAND_IN))
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "openai"}
    yield import_module("openai")
    del sys.modules["openai"]
    sys.modules.update(before)


def test_a_missing_package_is_named(desk: Desk) -> None:
    code = "import sys, qwen_cfg\nsys.modules['openai'] = None\n"
    code += "try: qwen_cfg.load().client_kwargs()\nexcept qwen_cfg.ConfigurationError as e: print(e.what, '|', e.hint)"
    assert in_new_process(desk, code, OPENAI_API_KEY=KEY) == (
        "the openai package is not installed | Install it, or a newer one: pip install --upgrade openai\n"
    )


def test_the_arguments_of_the_client(desk: Desk, stand_in: Any) -> None:
    values = {"base_url": "https://openrouter.ai/api/v1", "timeout": 5, "max_retries": 1}
    arguments = load(**world(desk, OPENAI_API_KEY=KEY), values=values).client_kwargs()
    with arguments.pop("http_client") as client:
        assert isinstance(client, stand_in.DefaultHttpxClient)
        assert (client.trust_env, client.follow_redirects) == (False, False)
    assert KEY not in repr(arguments)
    assert arguments["api_key"] == KEY
    assert arguments.pop("default_headers") == dict(provider_of("https://openrouter.ai/api/v1").headers) != {}
    del arguments["api_key"]
    assert arguments == {**values, "timeout": 5.0}


def test_a_key_goes_in_the_header_of_its_provider(desk: Desk, stand_in: Any, server: Provider) -> None:
    values = {"base_url": "http://mine.openai.azure.com/openai/v1"}
    config = load(**world(desk, OPENAI_API_KEY=KEY, HTTP_PROXY=server.url), values=values)
    headers = {"Authorization": f"Bearer {KEY}"}
    with config.client_kwargs()["http_client"] as client:
        client.get("http://mine.openai.azure.com/openai/v1/models", headers=headers)
    (request,) = server.take_requests()
    assert (request.headers["api-key"], request.authorization) == (KEY, None)


def test_the_client_uses_only_the_resolved_proxy(
    desk: Desk, stand_in: Any, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    url = {"base_url": "http://models.example/v1"}
    proxy = server.url.replace("http://", "http://me:word%40@")
    here = world(desk, OPENAI_API_KEY=KEY, HTTP_PROXY=proxy)
    with load(**here, values=url).client_kwargs()["http_client"] as client:
        client.get("http://models.example/v1/models").raise_for_status()
    (request,) = server.take_requests()
    assert request.headers["host"] == "models.example"
    assert request.headers["proxy-authorization"].startswith("Basic ")
    direct = load(**here, values={**url, "no_proxy": ("models.example",)}).client_kwargs()["http_client"]
    with direct, pytest.raises(Exception, match=r"resol|Name|service"):
        direct.get("http://models.example/v1/models")
    assert server.take_requests() == []


def test_the_client_follows_no_redirect(desk: Desk, stand_in: Any, server: Provider) -> None:
    server.elsewhere = "http://127.0.0.1:9"
    config = load(**world(desk, OPENAI_API_KEY=KEY), values={"base_url": f"{server.url}/redirects"})
    with config.client_kwargs()["http_client"] as client:
        answer = client.post(f"{server.url}/redirects/chat/completions", json={"model": "m"})
    assert answer.status_code == 307


def test_an_unusable_proxy_or_ca_bundle_is_named(desk: Desk, stand_in: Any) -> None:
    here = world(desk, OPENAI_API_KEY=KEY)
    desk.write("work/app/empty.pem", "")
    for values in ({"ca_bundle": "missing.pem"}, {"ca_bundle": "empty.pem"}, {"proxy": "socks4://127.0.0.1:1"}):
        with pytest.raises(ConfigurationError, match=r"CA bundle|SOCKS 4"):
            load(**here, values=values).client_kwargs()


@pytest.mark.parametrize("method", ["anthropic", "gemini"])
def test_another_method_loads_and_has_no_client_arguments(desk: Desk, method: str) -> None:
    environ = {"ANTHROPIC_API_KEY": KEY, "GEMINI_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://api.anthropic.com"}
    values = {"auth_method": method, "model": "m", "base_url": "https://api.anthropic.com"}
    config = load(**world(desk, **environ), values=values, profile="qwen-code-0.21", trust="allow")
    assert (config.auth_method, config.api_key) == (method, Secret(KEY))
    with pytest.raises(ConfigurationError, match=method):
        config.client_kwargs()


def test_the_real_package_sends_the_loaded_values(
    desk: Desk, package: Any, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "another-key-of-the-environment")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    values = {"base_url": f"{server.url}/whole", "model": "mine", "max_retries": 0}
    config = load(**world(desk, OPENAI_API_KEY=KEY), values=values)
    with package.OpenAI(**config.client_kwargs()) as client:
        answer = client.chat.completions.create(model=config.model, messages=MESSAGES)
        assert answer.choices[0].message.content == "pong from mine ü"
        assert KEY not in repr(client)
        assert (client.timeout, client.max_retries) == (120.0, 0)
    (request,) = server.take_requests()
    assert (request.path, request.authorization) == ("/whole/chat/completions", f"Bearer {KEY}")


def test_the_real_package_streams(desk: Desk, package: Any, server: Provider) -> None:
    config = load(**world(desk, OPENAI_API_KEY=KEY), values={"base_url": f"{server.url}/v1", "model": "mine"})
    client = package.OpenAI(**config.client_kwargs())
    with client, client.chat.completions.create(model=config.model, messages=MESSAGES, stream=True) as stream:
        texts = [piece.choices[0].delta.content or "" for piece in stream if piece.choices]
    assert "".join(texts) == "pong from mine ü"
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


def test_the_real_package_works_asynchronously(desk: Desk, package: Any, server: Provider) -> None:
    config = load(**world(desk, OPENAI_API_KEY=KEY), values={"base_url": f"{server.url}/whole", "model": "mine"})

    async def ask() -> Any:
        async with package.AsyncOpenAI(**config.client_kwargs(is_async=True)) as client:
            return await client.chat.completions.create(model=config.model, messages=MESSAGES)

    assert asyncio.run(ask()).choices[0].message.content == "pong from mine ü"
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


@pytest.mark.parametrize("is_async", [False, True])
def test_the_real_package_sends_the_key_of_azure_in_one_header(
    desk: Desk, package: Any, server: Provider, *, is_async: bool
) -> None:
    server.replies.append(whole())
    values = {"base_url": "http://mine.openai.azure.com/openai/v1", "max_retries": 0}
    config = load(**world(desk, OPENAI_API_KEY=KEY, HTTP_PROXY=server.url), values=values)
    arguments, chat = config.client_kwargs(is_async=is_async), {"model": "m", "messages": MESSAGES}

    async def ask() -> None:
        async with package.AsyncOpenAI(**arguments) as client:
            await client.chat.completions.create(**chat)

    if is_async:
        asyncio.run(ask())
    else:
        with package.OpenAI(**arguments) as client:
            client.chat.completions.create(**chat)
    (request,) = server.take_requests()
    assert (request.headers["api-key"], request.authorization) == (KEY, None)


def test_the_real_package_sends_no_key_along_a_redirect(desk: Desk, package: Any, server: Provider) -> None:
    server.elsewhere = server.url.replace("127.0.0.1", "localhost") + "/v1"
    values = {"base_url": f"{server.url}/redirects", "max_retries": 0}
    config = load(**world(desk, OPENAI_API_KEY=KEY), values=values)
    with package.OpenAI(**config.client_kwargs()) as client, pytest.raises(package.APIStatusError) as caught:
        client.chat.completions.create(model="m", messages=MESSAGES)
    assert caught.value.status_code == 307
    assert len(server.take_requests()) == 1


def whole() -> Any:
    """Return a reply with an answer that is not streamed."""
    message = {"role": "assistant", "content": "pong"}
    document = {"model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return Reply([json.dumps(document).encode()], kind="application/json")
