"""A project that comes from elsewhere, and a key that `init` and `set` are given: it goes where the user said."""

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
    """The stranger's server: the user's proxy leads every name to it."""
    with provider() as running:
        yield running


def settings(url: str, **more: object) -> str:
    entry = {"id": "gpt-4o", "envKey": "ACME_API_KEY", "baseUrl": url}
    return json.dumps({"env": {"ACME_API_KEY": DUMMY}, "modelProviders": {"openai": [entry]}, **more})


def keys_at(server: Provider) -> list[str | None]:
    """Return the keys that arrived, but for the project's own; a tunnel to a known provider shows none."""
    return [
        request.authorization for request in server.taken() if request.authorization not in (None, f"Bearer {DUMMY}")
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
def test_no_key_is_tried_at_an_endpoint_of_the_project(
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
    told = desk.run(*argv, *NEWER, "--timeout", "3", "--max-retries", "0", env=env)
    assert keys_at(server) == []
    assert KEY not in told.said


def an_archive(desk: Desk) -> None:
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
    an_archive(desk)
    env = {"HTTP_PROXY": server.url, "MYKEY": KEY}
    desk.run(*argv, "--profile", profile, env=env)
    desk.run("run", "-p", "hello", "--profile", profile, env=env)
    assert keys_at(server) == []


def test_the_endpoint_is_named_before_a_key_is_refused(desk: Desk) -> None:
    an_archive(desk)
    refused = desk.run("set", "api_key", "--key-from", "MYKEY", env={"MYKEY": KEY}).ended(5)
    assert "stranger.example" in refused.err
    assert "qwen-cfg set base_url URL" in refused.err
    assert KEY not in (desk.cwd / ".qwen/.env").read_text()


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_who_typed_the_endpoint_sets_another_key_unasked(desk: Desk, server: Provider, profile: str) -> None:
    flags, env = ["--profile", profile], {"HTTP_PROXY": server.url, "MYKEY": KEY, "OTHER": f"{KEY}0"}
    typed = ["--openai-base-url", STRANGER, "--model", "gpt-4o", "--key-from", "MYKEY"]
    desk.run("init", "--no-verify", *flags, *typed, env=env).ended(0)
    desk.run("set", "api_key", "--key-from", "OTHER", *flags, env=env).ended(0)
    desk.run("run", "-p", "x", *flags, env=env).ended(0)
    desk.run("set", "base_url", "http://elsewhere.example/v1", *flags, env=env).ended(0)
    desk.run("set", "api_key", "--key-from", "MYKEY", *flags, env=env).ended(0)
    desk.run("check", "--update", env=env).ended(0)
    desk.run("run", "-p", "x", "--config", "qwen.toml", env=env).ended(0)
    assert keys_at(server) == [f"Bearer {KEY}0", f"Bearer {KEY}"]


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_an_exported_key_goes_to_the_endpoint_that_was_set_in_an_artifact_too(
    desk: Desk, server: Provider, profile: str
) -> None:
    flags, env = ["--profile", profile], {"HTTP_PROXY": server.url, "OPENAI_API_KEY": KEY}
    desk.run("init", "--no-verify", *flags, "--openai-base-url", STRANGER, "--model", "m", env=env).ended(0)
    desk.run("set", "base_url", "http://elsewhere.example/v1", *flags, env=env).ended(0)
    desk.run("check", "--update", env=env).ended(0)
    desk.run("run", "-p", "x", "--config", "qwen.toml", env=env).ended(0)
    assert [request.headers["host"] for request in server.taken()] == ["elsewhere.example"]


def test_an_update_vouches_for_nothing_else_in_the_artifact(desk: Desk, server: Provider) -> None:
    env = {"HTTP_PROXY": server.url, "OPENAI_API_KEY": KEY}
    desk.run("init", "--no-verify", "--openai-base-url", STRANGER, "--model", "m", env=env).ended(0)
    desk.run("resolve", "--proxy", "http://evil.example:3128", "-o", "qwen.toml", env=env).ended(0)
    artifact = (desk.cwd / "qwen.toml").read_text()
    (desk.cwd / "qwen.toml").write_text(artifact.replace('model = "m"', 'model = "n"'))
    desk.run("check", "--update", env=env)
    assert "evil.example" in (desk.cwd / "qwen.toml").read_text()
    desk.run("run", "-p", "x", "--config", "qwen.toml", env=env).ended(5)
    assert server.taken() == []


def test_init_vouches_for_no_endpoint_that_nobody_typed(desk: Desk) -> None:
    """The archive has a key and an endpoint, and its provider entry is used in place of what was typed."""
    desk.write("work/app/.qwen/settings.json", settings(STRANGER, **SELECTED))
    desk.run("init", *NEWER, "--no-verify", "--openai-base-url", "http://127.0.0.1:1/v1", "--openai-api-key", KEY)
    assert "stranger" not in desk.run("trust", "list").ended(0).out


HIDING = {
    "another method": ({"work/app/.qwen/.env": "QWEN_OAUTH=1\n"}, {}),
    "gemini": (
        {"work/app/.qwen/settings.json": json.dumps({"security": {"auth": {"selectedType": "gemini"}}})},
        {},
    ),
    "an entry": ({"work/app/.qwen/settings.json": settings("https://api.openai.com/v1", **SELECTED)}, {}),
    "an exported one": ({}, {"OPENAI_BASE_URL": "https://api.openai.com/v1"}),
    "an empty one": ({}, {"OPENAI_BASE_URL": ""}),
}


@pytest.mark.parametrize("hidden_by", HIDING)
@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
@pytest.mark.parametrize(
    "argv",
    [
        ("set", "api_key", "--key-from", "MYKEY"),
        ("init", "--force", "--key-from", "MYKEY", "--model", "gpt-4o", "--no-verify"),
    ],
    ids=" ".join,
)
def test_an_endpoint_that_is_hidden_today_counts_too(
    desk: Desk, server: Provider, hidden_by: str, profile: str, argv: tuple[str, ...]
) -> None:
    an_archive(desk)
    files, more = HIDING[hidden_by]
    for name, text in files.items():
        before = (desk.cwd / ".qwen/.env").read_text() if name.endswith(".env") else ""
        desk.write(name, before + text)
    desk.run(*argv, "--profile", profile, env={"MYKEY": KEY, **more})
    later = {"HTTP_PROXY": server.url}
    desk.run("run", "-p", "x", "--profile", profile, env=later)
    desk.run("run", "-p", "x", "--profile", "documented", "--auth-type", "openai", "--model", "o", env=later)
    desk.run("run", "-p", "x", "--profile", profile, "--auth-type", "openai", "--model", "o", env=later)
    assert keys_at(server) == []


def test_a_projects_model_leads_a_typed_key_to_no_entry_of_the_user(desk: Desk, server: Provider) -> None:
    own = {"id": "acme", "envKey": "ACME_KEY", "baseUrl": "http://acme.example/v1"}
    desk.write(".qwen/settings.json", json.dumps({"modelProviders": {"openai": [own]}}))
    desk.write("work/app/.qwen/settings.json", json.dumps({**SELECTED, "model": {"name": "acme"}}))
    desk.run("init", "--key-from", "MYKEY", *NEWER, env={"HTTP_PROXY": server.url, "MYKEY": KEY, "ACME_KEY": KEY})
    assert keys_at(server) == []


def test_an_endpoint_of_settings_that_is_no_url_ends_in_words(desk: Desk) -> None:
    auth = {"selectedType": "openai", "baseUrl": "${ACME_URL}"}
    desk.write(".qwen/settings.json", json.dumps({"security": {"auth": auth}}))
    assert desk.run("init", "--key-from", "MYKEY", "--model", "g", *NEWER, env={"MYKEY": KEY}).code in (0, 2, 3)


# How the two dialects read a line with an endpoint: each of them only one.
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
def test_an_endpoint_that_an_artifact_reads_in_another_dialect_counts_too(
    desk: Desk, server: Provider, text: str, argv: tuple[str, ...]
) -> None:
    desk.write("work/app/.qwen/.env", IN_ONE_DIALECT[text])
    desk.run("resolve", "--env-dialect", "python", "--profile", "documented", "-o", "qwen.toml")
    desk.run(*argv, "--profile", "documented", env={"MYKEY": KEY})
    desk.run("run", "--config", "qwen.toml", "-p", "x", env={"HTTP_PROXY": server.url})
    assert keys_at(server) == []


# An artifact is for one method, and its key is another method's, or its endpoint.
ACROSS_METHODS = {
    "the endpoint of Anthropic": f"ANTHROPIC_BASE_URL={STRANGER}\nOPENAI_API_KEY={DUMMY}\nOPENAI_MODEL=m\n",
    "the endpoint of Gemini": f"OPENAI_API_KEY={DUMMY}\nOPENAI_MODEL=m\nGOOGLE_GEMINI_BASE_URL={STRANGER}\n",
    "an empty one before it": f"OPENAI_BASE_URL=\nGOOGLE_VERTEX_BASE_URL={STRANGER}\nOPENAI_API_KEY={DUMMY}\n",
}


def an_artifact_for(desk: Desk, variable: str) -> None:
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
    an_artifact_for(desk, "OPENAI_API_KEY")
    desk.run(*argv, "--profile", "documented", env={"MYKEY": KEY}).ended(0)
    asked = desk.run("run", "--config", "qwen.toml", "-p", "x", env={"HTTP_PROXY": server.url}).ended(5)
    assert "stranger.example" in asked.err
    assert keys_at(server) == []


def test_a_key_of_another_method_goes_to_no_endpoint_that_stands_beside_it(desk: Desk, server: Provider) -> None:
    an_archive_for(desk, "anthropic", "http://127.0.0.1:9/v1")
    with (desk.cwd / ".qwen/.env").open("a") as file:
        file.write(f"OPENAI_BASE_URL={STRANGER}\nOPENAI_API_KEY={DUMMY}\n")
    an_artifact_for(desk, "ANTHROPIC_API_KEY")
    desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY}).ended(0)
    desk.run("run", "--config", "qwen.toml", "-p", "x", env={"HTTP_PROXY": server.url}).ended(5)
    assert keys_at(server) == []


# One file that is read as an env file and as settings, by a link.
IN_TWO_WAYS = (
    f"/*\nOPENAI_API_KEY={DUMMY}\n*/\n"
    + json.dumps({"security": {"auth": {"selectedType": "openai", "baseUrl": STRANGER}}, "model": {"name": "m"}})
    + "\n"
)


@pytest.mark.parametrize(
    ("file", "link"), [(".qwen/.env", ".qwen/settings.json"), (".qwen/settings.json", ".qwen/.env")]
)
def test_an_endpoint_in_settings_is_not_in_the_file_of_a_key_that_a_link_makes_the_same(
    desk: Desk, server: Provider, file: str, link: str
) -> None:
    desk.write(f"work/app/{file}", IN_TWO_WAYS)
    (desk.cwd / link).symlink_to((desk.cwd / file).name)
    desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY})
    asked = desk.run("run", "-p", "x", *NEWER, env={"HTTP_PROXY": server.url}).ended(5)
    assert "stranger.example" in asked.err
    assert keys_at(server) == []


OTHER_METHODS = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GEMINI_MODEL"),
    "vertex-ai": ("GOOGLE_API_KEY", "GOOGLE_VERTEX_BASE_URL", "GOOGLE_MODEL"),
}


def an_archive_for(desk: Desk, method: str, url: str) -> None:
    key, base_url, model = OTHER_METHODS[method]
    selected = {"security": {"auth": {"selectedType": method}}, "model": {"name": "m"}}
    desk.write("work/app/.qwen/settings.json", json.dumps(selected))
    desk.write("work/app/.qwen/.env", f"{key}={DUMMY}\n{base_url}={url}\n{model}=m\n")


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_the_endpoint_of_every_method_counts(desk: Desk, method: str) -> None:
    an_archive_for(desk, method, STRANGER)
    refused = desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY}).ended(5)
    assert "stranger.example" in refused.err
    assert KEY not in (desk.cwd / ".qwen/.env").read_text()


@pytest.mark.parametrize("method", ["anthropic"])
def test_who_typed_the_endpoint_of_another_method_is_not_asked(desk: Desk, method: str) -> None:
    an_archive_for(desk, method, STRANGER)
    desk.run("set", "base_url", "https://mine.example/v1", *NEWER).ended(0)
    desk.run("set", "api_key", "--key-from", "MYKEY", *NEWER, env={"MYKEY": KEY}).ended(0)
    assert KEY in (desk.cwd / ".qwen/.env").read_text()


@pytest.mark.parametrize(
    "url", ["http:\\\\stranger.example\\v1", "http://user@stranger.example/v1", "http:stranger.example/v1"]
)
@pytest.mark.parametrize("argv", WITH_A_KEY, ids=" ".join)
def test_no_key_is_written_beside_an_endpoint_that_other_programs_read(
    desk: Desk, url: str, argv: tuple[str, ...]
) -> None:
    """The parser of URLs in Node.js, and so in Qwen Code, reads more than this program does."""
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={DUMMY}\nOPENAI_BASE_URL={url}\nOPENAI_MODEL=m\n")
    refused = desk.run(*argv, "--profile", "documented", env={"MYKEY": KEY}).ended(3)
    assert "OPENAI_BASE_URL" in refused.err
    assert KEY not in (desk.cwd / ".qwen/.env").read_text()
    desk.run("set", "base_url", "https://mine.example/v1").ended(0)
    desk.run("set", "api_key", "--key-from", "MYKEY", env={"MYKEY": KEY}).ended(0)
