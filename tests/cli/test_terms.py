"""`qwen-cfg terms` and `/terms`: whose terms apply, and what qwen-cfg does with data."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.provider import BASE_URLS

from qwen_schema import declared_providers, practice_of, provider_of, terms_of

from .process import KEY, Run, clean_environment, env_of, run_all
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk, Outcome

QWEN = ("https://qwen.ai/termsservice", "https://qwen.ai/privacypolicy")
KNOWN = {name: url for name, url in BASE_URLS.items() if name != "other"}
LOGIN = ".qwen/oauth_creds.json"


def words(text: str) -> str:
    """Return a wrapped text as one line."""
    return " ".join(text.split())


def terms(desk: Desk, *argvs: list[str], env: dict[str, str] | None = None) -> list[Outcome]:
    """Run `terms` with each set of options, as text or as data."""
    return run_all([Run(["terms", *argv], desk.cwd, desk.home, env or {}) for argv in argvs])


# Whose terms apply.


def test_every_provider_has_a_case() -> None:
    assert [*KNOWN, "other"] == list(declared_providers())


@pytest.mark.parametrize(("name", "base_url"), KNOWN.items())
def test_with_a_key_the_providers_terms_apply(name: str, base_url: str) -> None:
    provider, found = declared_providers()[name], terms_of("openai", base_url)
    assert provider_of(base_url) is provider
    assert found.applies_to.startswith(f"{provider.title} at ")
    assert (found.terms_page, found.privacy_page) == (provider.terms_page, provider.privacy_page)
    assert all(page.startswith("https://") for page in (found.terms_page, found.privacy_page))
    assert found.training.endswith(".") or found.training.partition("https://")[1]
    assert provider.training_remark in found.training


@pytest.mark.parametrize("base_url", [*KNOWN.values(), "http://localhost:1/v1", "https://llm.example"])
def test_with_a_login_the_terms_of_qwen_apply(base_url: str) -> None:
    found = terms_of("qwen-oauth", base_url)
    assert found == terms_of("qwen-oauth", "https://portal.qwen.ai/v1")
    assert (found.applies_to, found.terms_page, found.privacy_page) == ("Qwen OAuth", *QWEN)


@pytest.mark.parametrize(
    "host", ["llm.example", "api.openai.com.evil.example", "192.168.0.7", "[fd00::1]", "localhost.x"]
)
def test_for_an_unknown_host_the_terms_of_its_operator_apply(host: str) -> None:
    found = terms_of("openai", f"http://{host}:8443/v1")
    assert (found.terms_page, found.privacy_page) == ("", "")
    assert found.applies_to == f"an OpenAI-compatible server at {host}:8443"
    assert f"the operator of {host.strip('[]')} apply;" in found.remark


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_its_owner_decides(host: str) -> None:
    found = terms_of("openai", f"http://{host}:11434/v1")
    assert "on this machine" in found.remark
    assert "its owner" in found.remark
    assert "operator" not in found.remark


# What qwen-cfg does with data.


@pytest.mark.parametrize(
    ("statistics", "endpoint", "words"),
    [
        (False, "", "Off, which is the default: nothing is sent."),
        (False, "http://c.example", "Off, which is the default: nothing is sent."),
        (True, "", "nothing is sent."),
        (True, "http://c.example", "On: they go only to http://c.example,"),
    ],
)
def test_statistics_go_only_to_the_users_collector(statistics: bool, endpoint: str, words: str) -> None:
    row = dict(practice_of(statistics=statistics, statistics_endpoint=endpoint).rows)["usage statistics"]
    assert words in row
    assert "never code, prompts, answers, paths, keys, host names, user names." in row


# The command.


def test_the_terms_are_those_of_the_resolved_config(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL=https://openrouter.ai/api/v1\n")
    text, data = terms(desk, [], ["--format", "json"])
    assert text.exits(0).out.startswith(
        "OpenRouter at openrouter.ai\n  terms of service  https://openrouter.ai/terms\n"
    )
    assert text.err == ""
    assert "\nThis program\n" in text.out
    assert "~/.local/state/qwen-cfg" in text.out
    document = data.exits(0).json
    assert document["auth_method"] == "openai"
    (found,) = document["terms"]
    assert found == {
        "applies_to": "OpenRouter at openrouter.ai",
        "terms_page": "https://openrouter.ai/terms",
        "privacy_page": "https://openrouter.ai/privacy",
        "training": declared_providers()["openrouter"].training_remark,
        "remark": declared_providers()["openrouter"].terms_remark,
    }
    assert list(document["program"]) == ["sends", "keeps", "training", "usage_statistics"]
    assert document["program"]["usage_statistics"]["on"] is False
    assert KEY not in text.output + data.output


def test_no_key_is_fetched_and_nothing_is_written(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=m\n")
    before = desk.files()
    (outcome,) = terms(desk, [], env={"OPENAI_API_KEY": f"command:touch {desk.home}/ran"})
    assert outcome.exits(0).out.startswith("OpenAI at api.openai.com\n")
    assert desk.files() == before


def test_a_login_by_flag_and_a_cached_one(desk: Desk) -> None:
    elsewhere = ["--openai-base-url", "https://llm.example/v1"]
    (flag,) = terms(desk, ["--auth-type", "qwen-oauth", *elsewhere])
    desk.write(LOGIN, json.dumps({"access_token": KEY, "resource_url": "portal.qwen.ai"}))
    (cached,) = terms(desk, [])
    assert flag.exits(0).out == cached.exits(0).out
    assert words(flag.out).startswith(f"Qwen OAuth terms of service {QWEN[0]} privacy notice {QWEN[1]} ")
    assert "llm.example" not in flag.output
    assert KEY not in cached.output


def test_without_a_method_both_possibilities_are_shown(desk: Desk) -> None:
    text, data = terms(desk, [], ["--format", "json"], env={"OPENAI_BASE_URL": KNOWN["gemini"]})
    assert text.exits(0).out.index("\nQwen OAuth\n") < text.out.index("\nGoogle Gemini API at generativelanguage")
    document = data.exits(0).json
    assert document["auth_method"] is None
    assert [found["terms_page"] for found in document["terms"]] == [QWEN[0], "https://ai.google.dev/gemini-api/terms"]


def test_only_invalid_values_that_affect_the_terms_are_errors(desk: Desk) -> None:
    wrong = ["--openai-base-url", "nope"]
    other, text, data, statistics = terms(
        desk,
        ["--timeout", "soon"],
        wrong,
        [*wrong, "--format", "json"],
        ["--usage-statistics-endpoint", "nope"],
    )
    other.exits(0)
    assert "QC201 base_url from --openai-base-url is not valid" in text.exits(3).err
    assert "API key" not in text.err
    assert data.exits(3).json["exit_code"] == 3
    assert "usage_statistics_endpoint" in statistics.exits(3).err


def test_the_terms_of_an_artifact(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={KNOWN['modelscope']}\n")
    collector = ["--usage-statistics", "--usage-statistics-endpoint", "http://localhost:4318"]
    desk.run("resolve", "-o", "qwen.toml", *collector).exits(0)
    (desk.cwd / ".env").unlink()
    text, both = terms(desk, ["--config", "qwen.toml"], ["--config", "qwen.toml", "--model", "m"])
    assert text.exits(0).out.startswith("ModelScope at api-inference.modelscope.cn\n")
    assert "On: they go only to http://localhost:4318," in words(text.out)
    both.exits(2)


def test_statistics_and_the_state_directory_are_those_of_the_environment(desk: Desk) -> None:
    env = {"QWEN_CFG_USAGE_STATISTICS": "yes", "QWEN_CFG_USAGE_STATISTICS_ENDPOINT": "http://c.example:4318"}
    (outcome,) = terms(desk, ["--format", "json"], env={**env, "XDG_STATE_HOME": "/var/state"})
    program = outcome.exits(0).json["program"]
    assert (program["usage_statistics"]["on"], program["usage_statistics"]["endpoint"]) == (
        True,
        "http://c.example:4318",
    )
    assert "/var/state/qwen-cfg" in program["keeps"]


def test_terms_loads_neither_the_http_client_nor_a_screen(desk: Desk) -> None:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "qwen_cfg", "terms"],
        cwd=desk.cwd,
        env=clean_environment(desk.home),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in process.stderr.splitlines()}
    assert "qwen_schema" in loaded
    assert not loaded & {"httpx", "rich", "prompt_toolkit", "qwen_runtime"}


# In a conversation.


def test_a_conversation_shows_the_same_terms(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", env=env_of(server, QWEN_CFG_USAGE_STATISTICS="yes")) as chat:
        chat.until("0 tokens")
        text = words(chat.type("/terms\r").until("> /terms", "usage statistics", "names.", "\n>"))
    practice = practice_of(statistics=True, statistics_endpoint="")
    found = terms_of("openai", f"{server.url}/v1")
    assert found.applies_to in text
    assert [row for row in (*found.rows, *practice.rows) if words(" ".join(row)) not in text] == []
    assert server.requests == []
    assert KEY not in chat.text
