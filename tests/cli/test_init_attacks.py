"""`init` and `set` in a stranger's project: a given key goes only to the endpoint that the user typed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.provider import provider

from .process import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.provider import Provider

    from .process import Desk

NEWER = ("--profile", "qwen-code-0.21")
DUMMY = "sk-dummy-000000000000000000"
STRANGER = "http://stranger.example/v1"


@pytest.fixture
def server() -> Iterator[Provider]:
    """The stranger's server; the user's proxy sends every request to it."""
    with provider() as running:
        yield running


def settings(url: str, **more: object) -> str:
    entry = {"id": "gpt-4o", "envKey": "ACME_API_KEY", "baseUrl": url}
    return json.dumps({"env": {"ACME_API_KEY": DUMMY}, "modelProviders": {"openai": [entry]}, **more})


def keys_at(server: Provider) -> list[str | None]:
    """Return the received keys except the project's own; a tunnel to a known provider shows none."""
    return [
        request.authorization
        for request in server.take_requests()
        if request.authorization not in (None, f"Bearer {DUMMY}")
    ]


INIT = (
    ("init", "--provider", "openai", "--key-from", "MYKEY", "--model", "gpt-4o"),
    ("init", "--key-from", "MYKEY", "--openai-base-url", "https://api.openai.com/v1", "--model", "gpt-4o"),
    ("init", "--model", "gpt-4o"),
    ("init", "--key-from", "MYKEY"),
)
SELECTED = {"model": {"name": "gpt-4o"}, "security": {"auth": {"selectedType": "openai"}}}


@pytest.mark.parametrize("argv", INIT, ids=" ".join)
@pytest.mark.parametrize("more", [{}, SELECTED], ids=["bare", "selected"])
@pytest.mark.parametrize("origin", ["archive", "clone", "clone with a yes"])
@pytest.mark.parametrize("url", ["stranger", "loopback"])
def test_no_key_is_tested_at_an_endpoint_of_the_project(
    desk: Desk, server: Provider, argv: tuple[str, ...], more: dict[str, object], origin: str, url: str
) -> None:
    there = STRANGER if url == "stranger" else f"{server.url}/v1"
    desk.write("work/app/.qwen/settings.json", settings(there, **more))
    env = {"HTTP_PROXY": server.url, "MYKEY": KEY, "OPENAI_API_KEY": KEY}
    if origin != "archive":
        for words in (
            ["init", "-q"],
            ["add", "-A"],
            ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *words], cwd=desk.cwd, check=True)
    if origin == "clone with a yes":
        desk.run("trust", "--yes", *NEWER, env=env)
    outcome = desk.run(*argv, *NEWER, "--timeout", "3", "--max-retries", "0", env=env)
    assert keys_at(server) == []
    assert KEY not in outcome.output


def make_archive(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_BASE_URL={STRANGER}\nOPENAI_MODEL=m\nOPENAI_API_KEY={DUMMY}\n")


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
@pytest.mark.parametrize(
    "argv",
    [
        ("set", "api_key", "--key-from", "MYKEY"),
        ("init", "--force", "--key-from", "MYKEY", "--model", "gpt-4o", "--no-verify"),
        ("init", "--force", "--key-from", "MYKEY", "--model", "gpt-4o"),
    ],
    ids=" ".join,
)
def test_no_key_is_written_beside_an_endpoint_that_came_with_the_project(
    desk: Desk, server: Provider, argv: tuple[str, ...], profile: str
) -> None:
    make_archive(desk)
    env = {"HTTP_PROXY": server.url, "QWEN_CFG_MAX_RETRIES": "0", "MYKEY": KEY}
    desk.run(*argv, "--profile", profile, env=env)
    desk.run("run", "-p", "hello", "--profile", profile, env=env)
    assert keys_at(server) == []


def test_the_refusal_names_the_endpoint(desk: Desk) -> None:
    make_archive(desk)
    refused = desk.run("set", "api_key", "--key-from", "MYKEY", env={"MYKEY": KEY}).exits(5)
    assert "stranger.example" in refused.err
    assert "qwen-cfg set base_url URL" in refused.err
    assert KEY not in (desk.cwd / ".qwen/.env").read_text()


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_for_a_typed_endpoint_another_key_needs_no_approval(desk: Desk, server: Provider, profile: str) -> None:
    flags, env = ["--profile", profile], {"HTTP_PROXY": server.url, "MYKEY": KEY, "OTHER": f"{KEY}0"}
    typed = ["--openai-base-url", STRANGER, "--model", "gpt-4o", "--key-from", "MYKEY"]
    desk.run("init", "--no-verify", *flags, *typed, env=env).exits(0)
    desk.run("set", "api_key", "--key-from", "OTHER", *flags, env=env).exits(0)
    desk.run("run", "-p", "x", *flags, env=env).exits(0)
    desk.run("set", "base_url", "http://elsewhere.example/v1", *flags, env=env).exits(0)
    desk.run("set", "api_key", "--key-from", "MYKEY", *flags, env=env).exits(0)
    desk.run("check", "--update", env=env).exits(0)
    desk.run("run", "-p", "x", "--config", "qwen.toml", env=env).exits(0)
    assert keys_at(server) == [f"Bearer {KEY}0", f"Bearer {KEY}"]


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_an_exported_key_goes_to_a_typed_endpoint_in_an_artifact(desk: Desk, server: Provider, profile: str) -> None:
    flags, env = ["--profile", profile], {"HTTP_PROXY": server.url, "OPENAI_API_KEY": KEY}
    desk.run("init", "--no-verify", *flags, "--openai-base-url", STRANGER, "--model", "m", env=env).exits(0)
    desk.run("set", "base_url", "http://elsewhere.example/v1", *flags, env=env).exits(0)
    desk.run("check", "--update", env=env).exits(0)
    desk.run("run", "-p", "x", "--config", "qwen.toml", env=env).exits(0)
    assert [request.headers["host"] for request in server.take_requests()] == ["elsewhere.example"]


def test_an_update_approves_nothing_else_in_the_artifact(desk: Desk, server: Provider) -> None:
    env = {"HTTP_PROXY": server.url, "OPENAI_API_KEY": KEY}
    desk.run("init", "--no-verify", "--openai-base-url", STRANGER, "--model", "m", env=env).exits(0)
    desk.run("resolve", "--proxy", "http://evil.example:3128", "-o", "qwen.toml", env=env).exits(0)
    artifact = (desk.cwd / "qwen.toml").read_text()
    (desk.cwd / "qwen.toml").write_text(artifact.replace('model = "m"', 'model = "n"'))
    desk.run("check", "--update", env=env)
    assert "evil.example" in (desk.cwd / "qwen.toml").read_text()
    desk.run("run", "-p", "x", "--config", "qwen.toml", env=env).exits(5)
    assert server.take_requests() == []


def test_init_approves_only_typed_endpoints(desk: Desk) -> None:
    """The archive has a key and an endpoint, and its provider entry overrides the typed values."""
    desk.write("work/app/.qwen/settings.json", settings(STRANGER, **SELECTED))
    desk.run("init", *NEWER, "--no-verify", "--openai-base-url", "http://127.0.0.1:1/v1", "--openai-api-key", KEY)
    assert "stranger" not in desk.run("trust", "list").exits(0).out


HIDING_LINES = {
    "another method": ({"work/app/.qwen/.env": "QWEN_OAUTH=1\n"}, {}),
    "gemini": (
        {"work/app/.qwen/settings.json": json.dumps({"security": {"auth": {"selectedType": "gemini"}}})},
        {},
    ),
    "an entry": ({"work/app/.qwen/settings.json": settings("https://api.openai.com/v1", **SELECTED)}, {}),
    "an exported one": ({}, {"OPENAI_BASE_URL": "https://api.openai.com/v1"}),
    "an empty one": ({}, {"OPENAI_BASE_URL": ""}),
}


@pytest.mark.parametrize("hidden_by", HIDING_LINES)
@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
@pytest.mark.parametrize(
    "argv",
    [
        ("set", "api_key", "--key-from", "MYKEY"),
        ("init", "--force", "--key-from", "MYKEY", "--model", "gpt-4o", "--no-verify"),
    ],
    ids=" ".join,
)
def test_an_endpoint_that_is_hidden_at_present_counts(
    desk: Desk, server: Provider, hidden_by: str, profile: str, argv: tuple[str, ...]
) -> None:
    make_archive(desk)
    files, more = HIDING_LINES[hidden_by]
    for name, text in files.items():
        before = (desk.cwd / ".qwen/.env").read_text() if name.endswith(".env") else ""
        desk.write(name, before + text)
    desk.run(*argv, "--profile", profile, env={"MYKEY": KEY, **more})
    later = {"HTTP_PROXY": server.url, "QWEN_CFG_MAX_RETRIES": "0"}
    desk.run("run", "-p", "x", "--profile", profile, env=later)
    desk.run("run", "-p", "x", "--profile", "documented", "--auth-type", "openai", "--model", "o", env=later)
    desk.run("run", "-p", "x", "--profile", profile, "--auth-type", "openai", "--model", "o", env=later)
    assert keys_at(server) == []


def test_a_projects_model_does_not_select_an_entry_for_a_typed_key(desk: Desk, server: Provider) -> None:
    own = {"id": "acme", "envKey": "ACME_KEY", "baseUrl": "http://acme.example/v1"}
    desk.write(".qwen/settings.json", json.dumps({"modelProviders": {"openai": [own]}}))
    desk.write("work/app/.qwen/settings.json", json.dumps({**SELECTED, "model": {"name": "acme"}}))
    desk.run("init", "--key-from", "MYKEY", *NEWER, env={"HTTP_PROXY": server.url, "MYKEY": KEY, "ACME_KEY": KEY})
    assert keys_at(server) == []


def test_an_invalid_endpoint_in_settings_is_reported(desk: Desk) -> None:
    auth = {"selectedType": "openai", "baseUrl": "${ACME_URL}"}
    desk.write(".qwen/settings.json", json.dumps({"security": {"auth": auth}}))
    assert desk.run("init", "--key-from", "MYKEY", "--model", "g", *NEWER, env={"MYKEY": KEY}).code in (0, 2, 3)


# Lines with an endpoint that only one of the two dialects reads.
IN_ONE_DIALECT = {
    "a quoted name": f"'OPENAI_BASE_URL'={STRANGER}\nOPENAI_MODEL=m\nOPENAI_API_KEY={DUMMY}\n",
    "a colon": f"OPENAI_BASE_URL: {STRANGER}\nOPENAI_MODEL=m\nOPENAI_API_KEY={DUMMY}\n",
    "another one later": f"OPENAI_API_KEY={DUMMY}\nOPENAI_MODEL=m\nOPENAI_BASE_URL=https://api.openai.com/v1\n"
    f"'OPENAI_BASE_URL'={STRANGER}\n",
    "a variable": f"U={STRANGER}\nOPENAI_API_KEY={DUMMY}\nOPENAI_MODEL=m\nOPENAI_BASE_URL=${{U}}\n",
    "alone": f"'OPENAI_BASE_URL'={STRANGER}\n'OPENAI_MODEL'=m\n'OPENAI_API_KEY'={DUMMY}\n",
}
WITH_A_KEY = (
    ("set", "api_key", "--key-from", "MYKEY"),
    ("init", "--force", "-o", "mine.toml", "--key-from", "MYKEY", "--model", "gpt-4o", "--no-verify"),
)


@pytest.mark.parametrize("text", IN_ONE_DIALECT)
@pytest.mark.parametrize("argv", WITH_A_KEY, ids=" ".join)
def test_an_endpoint_in_the_other_dialect_of_an_artifact_counts(
    desk: Desk, server: Provider, text: str, argv: tuple[str, ...]
) -> None:
    desk.write("work/app/.qwen/.env", IN_ONE_DIALECT[text])
    desk.run("resolve", "--env-dialect", "python", "--profile", "documented", "-o", "qwen.toml")
    desk.run(*argv, "--profile", "documented", env={"MYKEY": KEY})
    env = {"HTTP_PROXY": server.url}
    desk.run("run", "--config", "qwen.toml", "-p", "x", "--max-retries", "0", env=env)
    assert keys_at(server) == []


# An artifact for one method, with the key or the endpoint of another.
ACROSS_METHODS = {
    "the endpoint of Anthropic": f"ANTHROPIC_BASE_URL={STRANGER}\nOPENAI_API_KEY={DUMMY}\nOPENAI_MODEL=m\n",
    "the endpoint of Gemini": f"OPENAI_API_KEY={DUMMY}\nOPENAI_MODEL=m\nGOOGLE_GEMINI_BASE_URL={STRANGER}\n",
    "an empty one before it": f"OPENAI_BASE_URL=\nGOOGLE_VERTEX_BASE_URL={STRANGER}\nOPENAI_API_KEY={DUMMY}\n",
}


def make_artifact(desk: Desk, variable: str) -> None:
    """Write an artifact that sends a key of the project's env file to a stranger."""
    desk.run("resolve", "--profile", "documented", "--openai-base-url", STRANGER, "--model", "m", "-o", "qwen.toml")
    text = (desk.cwd / "qwen.toml").read_text().replace('"OPENAI_API_KEY"', f'"{variable}"')
    assert f'variable = "{variable}"' in text
    desk.write("work/app/qwen.toml", text)


@pytest.mark.parametrize("text", ACROSS_METHODS)
@pytest.mark.parametrize("argv", WITH_A_KEY, ids=" ".join)
def test_the_endpoint_of_another_methods_key_confirms_no_artifact(
    desk: Desk, server: Provider, text: str, argv: tuple[str, ...]
) -> None:
    desk.write("work/app/.qwen/.env", ACROSS_METHODS[text])
    make_artifact(desk, "OPENAI_API_KEY")
    desk.run(*argv, "--profile", "documented", env={"MYKEY": KEY}).exits(0)
    outcome = desk.run("run", "--config", "qwen.toml", "-p", "x", env={"HTTP_PROXY": server.url}).exits(5)
    assert "stranger.example" in outcome.err
    assert keys_at(server) == []


def test_a_key_of_another_method_goes_to_no_endpoint_beside_it(desk: Desk, server: Provider) -> None:
    make_archive_for(desk, "anthropic", "http://127.0.0.1:9/v1")
    with (desk.cwd / ".qwen/.env").open("a") as file:
        file.write(f"OPENAI_BASE_URL={STRANGER}\nOPENAI_API_KEY={DUMMY}\n")
    make_artifact(desk, "ANTHROPIC_API_KEY")
    desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY}).exits(0)
    desk.run("run", "--config", "qwen.toml", "-p", "x", env={"HTTP_PROXY": server.url}).exits(5)
    assert keys_at(server) == []


# One file that is read both as an env file and as settings, through a link.
IN_TWO_WAYS = (
    f"/*\nOPENAI_API_KEY={DUMMY}\n*/\n"
    + json.dumps({"security": {"auth": {"selectedType": "openai", "baseUrl": STRANGER}}, "model": {"name": "m"}})
    + "\n"
)


@pytest.mark.parametrize(
    ("file", "link"), [(".qwen/.env", ".qwen/settings.json"), (".qwen/settings.json", ".qwen/.env")]
)
def test_an_endpoint_in_settings_does_not_count_as_in_the_linked_key_file(
    desk: Desk, server: Provider, file: str, link: str
) -> None:
    desk.write(f"work/app/{file}", IN_TWO_WAYS)
    (desk.cwd / link).symlink_to((desk.cwd / file).name)
    desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY})
    outcome = desk.run("run", "-p", "x", *NEWER, env={"HTTP_PROXY": server.url}).exits(5)
    assert "stranger.example" in outcome.err
    assert keys_at(server) == []


OTHER_METHODS = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GEMINI_MODEL"),
    "vertex-ai": ("GOOGLE_API_KEY", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_MODEL"),
}


def make_archive_for(desk: Desk, method: str, url: str) -> None:
    key, base_url, model = OTHER_METHODS[method]
    selected = {"security": {"auth": {"selectedType": method}}, "model": {"name": "m"}}
    desk.write("work/app/.qwen/settings.json", json.dumps(selected))
    desk.write("work/app/.qwen/.env", f"{key}={DUMMY}\n{base_url}={url}\n{model}=m\n")


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_the_endpoint_of_every_method_counts(desk: Desk, method: str) -> None:
    make_archive_for(desk, method, STRANGER)
    refused = desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY}).exits(5)
    assert "stranger.example" in refused.err
    assert KEY not in (desk.cwd / ".qwen/.env").read_text()


@pytest.mark.parametrize("method", ["anthropic"])
def test_a_typed_endpoint_of_another_method_needs_no_approval(desk: Desk, method: str) -> None:
    make_archive_for(desk, method, STRANGER)
    desk.run("set", "base_url", "https://mine.example/v1", *NEWER).exits(0)
    desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY}).exits(0)
    assert KEY in (desk.cwd / ".qwen/.env").read_text()


@pytest.mark.parametrize(
    "url", ["http:\\\\stranger.example\\v1", "http://user@stranger.example/v1", "http:stranger.example/v1"]
)
@pytest.mark.parametrize("argv", WITH_A_KEY, ids=" ".join)
def test_no_key_is_written_beside_an_endpoint_that_other_programs_read(
    desk: Desk, url: str, argv: tuple[str, ...]
) -> None:
    """The URL parser of Node.js, and so of Qwen Code, accepts more than qwen-cfg."""
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={DUMMY}\nOPENAI_BASE_URL={url}\nOPENAI_MODEL=m\n")
    refused = desk.run(*argv, "--profile", "documented", env={"MYKEY": KEY}).exits(3)
    assert "OPENAI_BASE_URL" in refused.err
    assert KEY not in (desk.cwd / ".qwen/.env").read_text()
    desk.run("set", "base_url", "https://mine.example/v1").exits(0)
    desk.run("set", "api_key", "--key-from", "MYKEY", env={"MYKEY": KEY}).exits(0)
