"""`qwen-cfg init` in a terminal: it asks for the provider first, then for its settings, and tests each answer."""

from __future__ import annotations

import json
import signal
import socket
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.authorization import authorization_server
from support.provider import Reply, refusal

from qwen_schema.providers import offered_providers

from .process import KEY
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

OTHER_SERVER, QWEN_OAUTH = "8\r", "9\r"
OPENROUTER_KEY = "sk-or-v1-0123456789abcdefghijklmnopqrstuvwxyz"
NOWHERE = "http://127.0.0.1:1/v1"


def type_in_turn(person: Typing, *turns: tuple[str, str]) -> None:
    """Press keys, each when its text is visible after the previous one."""
    waited: list[str] = []
    for wanted, keys in turns:
        waited.append(wanted)
        person.until(*waited)
        person.type(keys)


def finish(person: Typing, code: int, *hidden: str) -> str:
    """Wait for the end, check that no hidden text reached the terminal, and return the screen."""
    assert person.exit_code() == code, person.text
    for text in (KEY, *hidden):
        assert text.encode() not in person.raw
    assert "Traceback" not in person.text
    return person.text


def saved_text(desk: Desk) -> str:
    return (desk.cwd / ".qwen/.env").read_text(encoding="utf-8").replace('"', "").replace("'", "")


def config(desk: Desk) -> dict:
    return tomllib.loads((desk.cwd / "qwen.toml").read_text(encoding="utf-8"))["config"]


def url_of(server: Provider, how: str = "v1") -> str:
    return f"\x15{server.url}/{how}\r"


# The order of questions, and the choices.


def test_the_provider_comes_first_and_qwen_oauth_last(desk: Desk) -> None:
    with Typing(desk, "init", height=60) as person:
        person.until("Provider [1]")
        titles = [
            p.title if p.is_declared else "another OpenAI-compatible server" for p in offered_providers().values()
        ]
        person.until("Which provider do you use?", *titles, "Qwen OAuth", "free tier ended on 2026-04-15")
        for provider in offered_providers().values():
            assert provider.base_url in person.text
        person.type("\x03")
        finish(person, 3)
    assert desk.files() == {}


@pytest.mark.parametrize("name", [name for name, p in offered_providers().items() if p.base_url])
def test_each_provider_brings_its_url_and_its_key_page(desk: Desk, name: str) -> None:
    provider = offered_providers()[name]
    with Typing(desk, "init", "--no-verify", height=60, width=160) as person:
        type_in_turn(person, ("Provider [", f"{name}\r"), (f"Base URL [{provider.base_url}]", "\r"))
        type_in_turn(person, (provider.key_page, ""), ("API key (", f"{KEY}\r"), (f"Model [{provider.model}]", "\r"))
        finish(person, 0)
    assert (config(desk)["base_url"], config(desk)["model"]) == (provider.base_url, provider.model)


@pytest.mark.parametrize("name", ["azure", "vertex"])
def test_a_template_of_a_url_is_shown_and_not_accepted(desk: Desk, name: str) -> None:
    provider = offered_providers()[name]
    with Typing(desk, "init", "--no-verify", height=60, width=160) as person:
        type_in_turn(person, ("Provider [", f"{name}\r"), (provider.base_url_form, ""), ("Base URL:", "\r"))
        type_in_turn(person, ("The base URL is needed", f"{provider.base_url_form}\r"))
        type_in_turn(
            person, ("stand for your own", provider.base_url_form.replace("RESOURCE", "mine").replace("PROJECT", "p"))
        )
        type_in_turn(
            person, ("mine" if name == "azure" else "/p/", "\r"), ("API key (", f"{KEY}\r"), ("Model", "gpt-5\r")
        )
        finish(person, 0)
    assert config(desk)["model"].endswith("gpt-5")


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_the_models_of_the_server_are_offered(
    desk: Desk, server: Provider, term: str, width: int, env: dict[str, str]
) -> None:
    with Typing(desk, "init", height=100, width=width, term=term, env=env) as person:
        type_in_turn(
            person, ("Provider [", OTHER_SERVER), ("Base URL:", f"{server.url}/v1\r"), ("API key (", f"{KEY}\r")
        )
        if term == "dumb":
            type_in_turn(person, ("Show it in full", "\r"))
        type_in_turn(person, ("3  qwen3-coder-plus", ""), ("Model [gpt-4o]", "3\r"))
        text = finish(person, 0)
        assert term != "dumb" or b"\x1b" not in person.raw
        assert not env or b"\x1b[33m" not in person.raw
        # Words are not broken.
        assert "lists 3" in " ".join(text.split())
    (request,) = server.take_requests()
    assert (request.method, request.path, request.authorization) == ("GET", "/v1/models", f"Bearer {KEY}")
    assert config(desk)["model"] == "qwen3-coder-plus"
    assert f"OPENAI_BASE_URL={server.url}/v1" in saved_text(desk)
    # A typed flag needs no question.
    assert desk.run("run", "--config", "qwen.toml", "-p", "ping").exits(0).err == ""


def offer_models(server: Provider, *names: str) -> None:
    document = {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
    server.models_reply = Reply([json.dumps(document).encode()], kind="application/json")


@pytest.fixture(autouse=True)
def usual_models(server: Provider) -> object:
    yield
    server.models_reply = None


MANY = tuple(f"model-{number}" for number in range(400))
LISTS = {
    "none": ((), "lists no models", "m\r", "m"),
    "very many": (MANY, "and 388 more", "12\r", "model-11"),
    "a number that is not shown": (MANY, "and 388 more", "13\r", "13"),
    "a name of many": (MANY, "and 388 more", "model-399\r", "model-399"),
    "a number as a name": (("a", "7"), "2  7", "7\r", "7"),
    "very long": (("x" * 900,), "x" * 59 + "…", "1\r", "x" * 900),
    "hostile": (("a\x1b]0;owned\x07b", "fine", KEY), "1  fine", "1\r", "fine"),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_model_can_be_typed_whatever_the_server_lists(desk: Desk, server: Provider, kind: str) -> None:
    names, shown, keys, chosen = LISTS[kind]
    offer_models(server, *names)
    with Typing(desk, "init", height=60, width=160) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{KEY}\r"))
        type_in_turn(person, (shown, ""), ("Model [", keys))
        finish(person, 0)
        assert b"owned" not in person.raw
    assert config(desk)["model"] == chosen
    paths = [request.path for request in server.take_requests()]
    # An unlisted model is tested with a prompt.
    assert paths == ["/v1/models", *([] if chosen in names else ["/v1/chat/completions"])]


# The base URL.


@pytest.mark.parametrize("added", ["/chat/completions", "/completions", "/models/", "/responses", "/embeddings"])
def test_a_base_url_with_the_path_of_a_request_is_offered_without_it(desk: Desk, server: Provider, added: str) -> None:
    with Typing(desk, "init", height=80, width=100) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server, f"v1{added}")))
        type_in_turn(
            person, ("is added to the base URL", ""), (f"Base URL [{server.url}/v1]", "\r"), ("API key (", f"{KEY}\r")
        )
        type_in_turn(person, ("The server answers", ""), ("Model [", "\r"))
        finish(person, 0)
    assert config(desk)["base_url"] == f"{server.url}/v1"


# The key.


@pytest.mark.parametrize(
    ("exported", "default"),
    [
        ({"OPENROUTER_API_KEY": OPENROUTER_KEY}, "openrouter"),
        ({"GEMINI_API_KEY": "AIza0123456789abcdef"}, "gemini"),
        ({"DASHSCOPE_API_KEY": KEY}, "dashscope"),
        ({"OPENROUTER_API_KEY": OPENROUTER_KEY, "OPENAI_API_KEY": KEY}, "openai"),
        ({}, "openai"),
    ],
)
def test_the_provider_whose_key_is_exported_is_the_default(desk: Desk, exported: dict[str, str], default: str) -> None:
    number = list(offered_providers()).index(default) + 1
    with Typing(desk, "init", "--no-verify", height=60, width=120, env=exported) as person:
        person.until(f"Provider [{number}]")
        person.type("\x03")
        finish(person, 3, *exported.values())


@pytest.mark.parametrize(
    ("provider", "wrong", "reason"),
    [
        ("openai", OPENROUTER_KEY, "begins like the keys of OpenRouter"),
        ("openai", "sk-ant-api03-0123456789abcdefghijklmn", "begins like the keys of Anthropic"),
        ("openai", "gsk_0123456789abcdefghijklmnopqrst", "begins like the keys of Groq"),
        ("openrouter", "sk-proj-0123456789abcdefghijklmn", "begins like the keys of OpenAI"),
        ("modelscope", "hf_0123456789abcdefghijklmnopqrst", "begins like the keys of Hugging Face"),
        ("dashscope", "ms-01234567-0123-0123-0123-0123456789ab", "begins like the keys of ModelScope"),
        ("gemini", "sk-sp-0123456789abcdefghijklmnop", "begins like the keys of Alibaba Cloud"),
        ("openai", "https://api.openai.com/v1", "is a URL"),
        ("other", "localhost:11434/v1", "is a URL"),
        ("openai", "api.openai.com/v1", "is a URL"),
        ("openai", "op://Private/OpenAI/api key", "a reference of 1Password"),
        ("openai", "vault://kv/openai", "a reference of HashiCorp Vault"),
        ("openai", f"OPENAI_API_KEY={KEY}", "begins with a variable's name"),
        ("openai", f"Bearer {KEY}", "begins with 'Bearer '"),
        ("openai", f"{KEY} # work", "is followed by a comment"),
        ("openai", f"{KEY} {KEY}", "contains a blank"),
        ("openai", f'{KEY}"', "ends with a quote"),
        ("openai", "sk-your-key-here", "looks like a placeholder"),
        ("openai", "command:pass show openai", "may not name a command"),
    ],
)
def test_an_impossible_key_is_refused_at_once(desk: Desk, provider: str, wrong: str, reason: str) -> None:
    url = f"{NOWHERE}\r" if provider == "other" else "\r"
    with Typing(desk, "init", "--no-verify", height=60, width=160) as person:
        type_in_turn(person, ("Provider [", f"{provider}\r"), ("Base URL", url), ("API key (", f"{wrong}\r"))
        type_in_turn(person, ("hat cannot be", ""), (reason, ""), ("API key (", f"{KEY}\r"), ("Model [", "\r"))
        # An address may be elsewhere on the screen.
        finish(person, 0, *([] if "/v1" in wrong else [wrong]))
    assert f"OPENAI_API_KEY={KEY}" in saved_text(desk)


def test_a_gateway_accepts_keys_of_any_provider(desk: Desk, server: Provider) -> None:
    with Typing(desk, "init", height=60) as person:
        type_in_turn(
            person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{OPENROUTER_KEY}\r")
        )
        type_in_turn(person, ("Model [", "\r"))
        finish(person, 0, OPENROUTER_KEY)
    assert server.take_requests()[0].authorization == f"Bearer {OPENROUTER_KEY}"


def test_an_exported_key_is_offered_and_stays_in_the_environment(desk: Desk, server: Provider) -> None:
    with Typing(desk, "init", height=60, width=100, env={"OPENAI_API_KEY": KEY}) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)))
        type_in_turn(person, ("OPENAI_API_KEY is exported: sk-0…wxyz (39 characters).", ""), ("API key (", "\r"))
        type_in_turn(person, ("Model [", "\r"))
        finish(person, 0)
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"
    assert "OPENAI_API_KEY" not in saved_text(desk)
    assert KEY.encode() not in b"".join(desk.files().values())


def test_a_key_in_the_providers_own_variable_is_offered_and_copied(desk: Desk) -> None:
    env = {"OPENROUTER_API_KEY": OPENROUTER_KEY, "OPENAI_API_KEY": KEY}
    with Typing(desk, "init", "--no-verify", height=60, width=100, env=env) as person:
        type_in_turn(person, ("Provider [", "3\r"), ("Base URL [", "\r"), ("OPENROUTER_API_KEY is exported: sk-o…", ""))
        type_in_turn(person, ("API key (", "\r"), ("Model [", "\r"))
        # The usual variable overrides others in every program, and the dialogue says so.
        text = finish(person, 0, OPENROUTER_KEY)
        assert "api_key: environment OPENAI_API_KEY overrides the value" in text
        assert "unset OPENAI_API_KEY" in text
    assert f"OPENAI_API_KEY={OPENROUTER_KEY}" in saved_text(desk)


def test_an_exported_key_of_another_provider_is_not_offered(desk: Desk) -> None:
    with Typing(desk, "init", "--no-verify", height=60, width=120, env={"OPENAI_API_KEY": OPENROUTER_KEY}) as person:
        type_in_turn(
            person, ("Provider [", "1\r"), ("Base URL [", "\r"), ("OPENAI_API_KEY is exported, and not offered", "")
        )
        type_in_turn(person, ("API key (", "\r"), ("A key is needed", f"{KEY}\r"), ("Model [", "\r"))
        finish(person, 0, OPENROUTER_KEY)


# The test of the answers.


def test_a_refused_key_leads_back_to_the_key(desk: Desk, server: Provider) -> None:
    wrong = "sk-wrong-0123456789-0123456789-0123456789"
    server.models_reply = refusal(401, f"Incorrect API key provided: {wrong}")
    with Typing(desk, "init", height=80, width=100) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{wrong}\r"))
        person.until("refused the key (401", "Next [1]")
        server.models_reply = None
        # The refused key is not offered again, and the server needs a key.
        type_in_turn(person, ("Next [1]", "\r"), ("API key (", "\r"), ("Another key is needed", f"{KEY}\r"))
        type_in_turn(person, ("The server answers", ""), ("Model [", "\r"))
        text = finish(person, 0, wrong)
        assert "Enter keeps the key" not in text
        assert text.count("any value will do") == 1
    assert [r.authorization for r in server.take_requests()] == [f"Bearer {wrong}", f"Bearer {KEY}"]
    assert f"OPENAI_API_KEY={KEY}" in saved_text(desk)


def test_a_refused_key_of_a_variable_is_not_offered_again(desk: Desk, server: Provider) -> None:
    wrong = "sk-wrong-0123456789-0123456789-0123456789"
    server.models_reply = refusal(401, "Incorrect API key provided")
    with Typing(desk, "init", height=80, width=100, env={"OPENAI_API_KEY": wrong}) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("Enter uses it", "\r"))
        person.until("refused the key (401", "Next [1]")
        server.models_reply = None
        type_in_turn(person, ("Next [1]", "\r"), ("API key (", "\r"), ("Another key is needed", f"{KEY}\r"))
        type_in_turn(person, ("The server answers", ""), ("Model [", "\r"))
        assert finish(person, 0, wrong).count("Enter uses it") == 1


@pytest.mark.parametrize("url", [NOWHERE, "http://no-such-host.invalid/v1"])
def test_an_unreachable_server_leads_back_to_the_base_url(desk: Desk, server: Provider, url: str) -> None:
    with Typing(desk, "init", height=80, width=100) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", f"{url}\r"), ("API key (", f"{KEY}\r"))
        type_in_turn(person, ("That failed:", ""), ("Next [2]", "\r"), (f"Base URL [{url}]", url_of(server)))
        # The key is not asked for again.
        type_in_turn(person, ("The server answers", ""), ("Model [", "\r"))
        finish(person, 0)
    assert config(desk)["base_url"] == f"{server.url}/v1"


def test_a_hanging_server_times_out_and_ctrl_c_works_meanwhile(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        for seconds in ("0.3", "60"):
            with Typing(desk, "init", "--timeout", seconds, height=80, width=100) as person:
                type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", f"{url}\r"), ("API key (", f"{KEY}\r"))
                silent.settimeout(20)
                # A signal before the request would end the program at once.
                with silent.accept()[0]:
                    if seconds == "60":
                        person.until("Testing: asking")
                        person.signal(signal.SIGINT)
                    else:
                        type_in_turn(person, ("took too long to answer", ""), ("Next [2]", "\x04"))
                    finish(person, 3)
    assert desk.files() == {}


@pytest.mark.parametrize("status", [403, 500, 429])
def test_values_can_be_kept_after_other_failures(desk: Desk, server: Provider, status: int) -> None:
    server.models_reply = refusal(status, f"no luck with {KEY}")
    with Typing(desk, "init", height=80, width=100) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{KEY}\r"))
        type_in_turn(
            person, (f"({status}", ""), ("4  keep these settings", ""), ("Next [", "4\r"), ("Model [gpt-4o]", "\r")
        )
        finish(person, 0)
    assert f"OPENAI_API_KEY={KEY}" in saved_text(desk)
    assert len(server.take_requests()) == 1


@pytest.mark.parametrize("reply", [refusal(404, "no such page"), Reply([b"[]"], kind="application/json")])
def test_without_a_list_the_model_itself_is_tested(desk: Desk, server: Provider, reply: Reply) -> None:
    server.models_reply = reply
    with Typing(desk, "init", height=80, width=100) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{KEY}\r"))
        person.until("has no list of models", "Model [")
        server.replies.append(refusal(404, "The model `nope` does not exist", code="model_not_found"))
        type_in_turn(
            person, ("Model [", "\x15nope\r"), ("That failed:", ""), ("3  choose another model", ""), ("Next [", "3\r")
        )
        type_in_turn(person, ("Model [nope]", "\x15mine\r"), ("The model answers", ""))
        finish(person, 0)
    assert config(desk)["model"] == "mine"


def test_no_verify_sends_nothing(desk: Desk, server: Provider) -> None:
    with Typing(desk, "init", "--no-verify", height=60) as person:
        type_in_turn(person, ("Provider [", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{KEY}\r"))
        type_in_turn(person, ("Model [gpt-4o]", "\r"))
        finish(person, 0)
    assert server.take_requests() == []


def test_files_of_the_project_have_no_effect_on_the_trial(desk: Desk, server: Provider) -> None:
    """A project's proxy would see the key, and Enter would accept its base URL."""
    settings = {"proxy": NOWHERE, "security": {"auth": {"baseUrl": NOWHERE}}, "model": {"name": "theirs"}}
    desk.write("work/app/.qwen/settings.json", json.dumps(settings))
    desk.write("work/app/.env", f"OPENAI_BASE_URL={NOWHERE}\nHTTP_PROXY={NOWHERE}\n")
    with Typing(desk, "init", "--profile", "qwen-code-0.21", height=80, width=100) as person:
        type_in_turn(person, ("Provider [1]", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{KEY}\r"))
        type_in_turn(person, ("The server answers", ""), ("Model [gpt-4o]", "\r"))
        finish(person, 0)
    assert server.take_requests()[0].authorization == f"Bearer {KEY}"


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_the_written_values_are_used_under_each_profile(desk: Desk, server: Provider, profile: str) -> None:
    with Typing(desk, "init", "--profile", profile, height=80, width=100) as person:
        type_in_turn(person, ("Provider [1]", OTHER_SERVER), ("Base URL:", url_of(server)), ("API key (", f"{KEY}\r"))
        type_in_turn(person, ("Model [gpt-4o]", "2\r"))
        finish(person, 0)
    for other in ("documented", "qwen-code-0.21"):
        found = desk.run("resolve", "--profile", other).exits(0).toml["config"]
        assert (found["auth_method"], found["base_url"], found["model"]) == (
            "openai",
            f"{server.url}/v1",
            "gpt-4o-mini",
        )


# Qwen OAuth.


def test_a_login_that_fails_leads_back_to_the_first_question(desk: Desk) -> None:
    with authorization_server(interval=0.2) as service:
        env = {"QWEN_OAUTH_BASE_URL": service.url}
        with Typing(desk, "init", height=200, width=100, env=env) as person:
            type_in_turn(person, ("Provider [", QWEN_OAUTH), ("Waiting for the login", ""))
            service.deny()
            person.until("denied", "Provider [1]")
            person.type("qwen-oauth\r")
            person.until("denied", "Provider [", "Waiting for the login")
            service.approve()
            finish(person, 0)
        assert "QWEN_OAUTH=1" in saved_text(desk)
        assert config(desk)["auth_method"] == "qwen-oauth"
        assert "pong" in desk.run("run", "-p", "ping", env=env).exits(0).out
