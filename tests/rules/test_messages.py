"""Single messages of the rules."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.prompts import ready_config
from support.trees import read, write_tree

from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.rules import diagnose
from qwen_schema.proxy import proxy_for

from .places import (
    APP,
    HOME,
    HOME_FILE,
    INVALID_EXCEPTIONS,
    KEY,
    KEY_IN_PROJECT,
    NEWER,
    OPENAI,
    OTHER,
    PLAIN,
    SETTINGS,
    TRUST,
    VALID_EXCEPTIONS,
    WITH_KEY,
    Place,
    env,
    provider_entry,
    with_endpoint,
    with_env_file,
    with_proxy,
    with_settings,
)

if TYPE_CHECKING:
    from pathlib import Path


def message(place: Place, root: Path, code: str) -> str:
    (found,) = [d.finding for d in place.diagnostics(root) if d.code == code]
    return f"{found.message} {found.hint}"


def test_a_hidden_file_is_reported_without_repeating_another_rule(tmp_path: Path) -> None:
    place = Place(
        {**KEY_IN_PROJECT, HOME_FILE: f"OPENAI_API_KEY={OTHER}\nOPENAI_MODEL=m\nOPENAI_BASE_URL=https://a/v1\n"}
    )
    text = message(place, tmp_path, "QC104")
    assert "hides ~/.qwen/.env, which sets OPENAI_API_KEY." in text
    assert "OPENAI_MODEL" not in text


def test_a_misspelled_variable_is_reported_with_the_correct_name(tmp_path: Path) -> None:
    text = message(with_env_file(WITH_KEY, "OPENAI_API_BASE=https://a/v1"), tmp_path, "QC114")
    assert "OPENAI_API_BASE in ./.env:2" in text
    assert "rename it to OPENAI_BASE_URL" in text
    assert "in the environment" in message(env(OPENAI_KEY=KEY), tmp_path / "env", "QC114")


def test_both_lines_of_a_variable_are_named(tmp_path: Path) -> None:
    text = message(with_env_file("OPENAI_MODEL=m", WITH_KEY, "OPENAI_MODEL=m", "OPENAI_MODEL=n"), tmp_path, "QC115")
    assert "./.env:1" in text
    assert "line 4, which is used" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("OPENAI_BASE_URL : https://a/v1", "there is a blank before the ':'"),
        ("set OPENAI_BASE_URL=https://a/v1", "it begins with a command"),
        ("$env:OPENAI_BASE_URL='https://a/v1'", "PowerShell"),
        ('"OPENAI_BASE_URL": "https://a/v1",', "as in JSON"),
        ("\u200bOPENAI_BASE_URL=https://a/v1", "U+200B (zero width space)"),
        ("OPENAI_BASE_URL\uff1dhttps://a/v1", "U+FF1D (fullwidth equals sign)"),
        ("OPENAI_BASE_URL https://a/v1", "no '=' follows the name"),
        ("A='\nOPENAI_BASE_URL=https://a/v1\n'", "inside the quotes of A"),
    ],
)
def test_an_unread_line_is_reported_with_its_cause(line: str, words: str, tmp_path: Path) -> None:
    text = message(with_env_file(WITH_KEY, "", line), tmp_path, "QC127")
    assert f"./.env:{3 + line.partition('OPENAI')[0].count(chr(10))} does not set OPENAI_BASE_URL" in text
    assert words in text
    assert text.endswith("Write OPENAI_BASE_URL=VALUE on its own line.")
    assert "https" not in text


def test_a_line_of_the_other_dialect_is_reported_as_unread(tmp_path: Path) -> None:
    write_tree(tmp_path, {PLAIN: f"{WITH_KEY}\n'OPENAI_MODEL'=m\n", f"{HOME}/x": ""})
    for dialect, count in (("dotenv", 1), ("python", 0)):
        world = read(tmp_path / APP, tmp_path / HOME, dialect=dialect, survey=True)
        found = diagnose(resolve_world(world, profile_named()))
        assert [d.code for d in found].count("QC127") == count


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (env(DASHSCOPE_API_KEY=OTHER), "QC203", "environment:DASHSCOPE_API_KEY"),
        (replace(env(DASHSCOPE_API_KEY=OTHER), flags={"auth_method": "openai"}), "QC202", "DASHSCOPE_API_KEY is set"),
        (env(OPENROUTER_API_KEY=OTHER), "QC203", "key of OpenRouter"),
        (env(MODELSCOPE_SDK_TOKEN=OTHER), "QC203", "key of ModelScope"),
        (env(AZURE_OPENAI_API_KEY=OTHER), "QC203", "key of Azure OpenAI"),
        (env(GEMINI_API_KEY=OTHER), "QC203", "key of Google Gemini API"),
        (env(ANTHROPIC_API_KEY=OTHER), "QC203", "key of Anthropic"),
        (with_env_file(f"DEEPSEEK_API_KEY={OTHER}"), "QC203", "--secret-from env-file:./.env:DEEPSEEK_API_KEY"),
        (replace(env(GROQ_API_KEY=OTHER), profile=NEWER), "QC203", "GROQ_API_KEY is set in the environment"),
    ],
)
def test_without_a_key_another_providers_key_is_named(place: Place, code: str, words: str, tmp_path: Path) -> None:
    text = message(place, tmp_path, code)
    assert words in text
    assert OTHER not in text


@pytest.mark.parametrize("place", [env(DASHSCOPE_API_KEY=""), env(STRIPE_API_KEY=OTHER)])
def test_without_a_key_no_unrelated_variable_is_named(place: Place, tmp_path: Path) -> None:
    assert "is not read" not in message(place, tmp_path, "QC203")


@pytest.mark.parametrize(("exception", "words"), INVALID_EXCEPTIONS.items())
def test_an_invalid_exception_is_reported_with_a_correction(exception: str, words: str, tmp_path: Path) -> None:
    text = message(with_proxy(f"good.example,{exception}"), tmp_path, "QC128")
    assert words in text
    assert "NO_PROXY matches no host" in text
    assert "open-sesame" not in text


@pytest.mark.parametrize(("exception", "host"), VALID_EXCEPTIONS.items())
def test_an_unreported_exception_matches_in_the_runtime(exception: str, host: str) -> None:
    url = f"https://{host}/v1"
    assert proxy_for(url, ready_config(url, proxy="http://p:1", no_proxy=exception.split(",")).settings) == ""


@pytest.mark.parametrize(
    ("place", "command"),
    [
        (Place(KEY_IN_PROJECT, modes={PLAIN: 0o644}), "chmod 600 ./.env"),
        (Place({HOME_FILE: WITH_KEY}, modes={HOME_FILE: 0o644}), "chmod 600 ~/.qwen/.env"),
        (
            Place({f"{APP}/my.env": WITH_KEY}, modes={f"{APP}/my.env": 0o644}, env_file=f"{APP}/my.env"),
            "chmod 600 ./my.env",
        ),
        (
            Place({f"{APP}/a b.env": WITH_KEY}, modes={f"{APP}/a b.env": 0o644}, env_file=f"{APP}/a b.env"),
            "chmod 600 './a b.env'",
        ),
    ],
)
def test_the_suggested_chmod_command_works(place: Place, command: str, open_path: Path) -> None:
    text = message(place, open_path, "QC303")
    assert text.endswith(command)
    subprocess.run(
        ["sh", "-c", command], cwd=open_path / APP, env={**os.environ, "HOME": str(open_path / HOME)}, check=True
    )
    left = read(
        open_path / APP, open_path / HOME, env_file=open_path / place.env_file if place.env_file else None, survey=True
    )
    assert "QC303" not in {d.code for d in diagnose(resolve_world(left, profile_named()))}


def test_advice_differs_for_tracked_and_unignored_files(tmp_path: Path) -> None:
    """A tracked file needs more advice than one that git would add."""
    tracked = message(Place(KEY_IN_PROJECT, in_git={PLAIN: "tracked"}), tmp_path, "QC304")
    assert "git rm --cached ./.env" in tracked
    assert "revoke" in tracked
    assert ".gitignore" in tracked
    loose = message(Place(KEY_IN_PROJECT, in_git={PLAIN: "not ignored"}), tmp_path, "QC304")
    assert ".gitignore" in loose
    assert "revoke" not in loose


def test_the_git_status_comes_from_git(tmp_path: Path) -> None:
    place = Place({**KEY_IN_PROJECT, f"{APP}/.gitignore": ""})
    place.diagnostics(tmp_path)
    app = tmp_path / APP

    def messages() -> list[str]:
        world = read(app, tmp_path / HOME, survey=True)
        found = diagnose(resolve_world(world, profile_named()))
        return [d.finding.message for d in found if d.code == "QC304"]

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=app, check=True, capture_output=True)

    git("init", "-q")
    assert "does not ignore" in messages()[0]
    git("add", ".env")
    assert "tracks" in messages()[0]
    git("rm", "-q", "--cached", "./.env")
    (app / ".gitignore").write_text(".env\n", encoding="utf-8")
    assert messages() == []


def test_a_host_in_the_users_own_network_is_reported_as_such(tmp_path: Path) -> None:
    for number, host in enumerate(("10.1.2.3", "192.168.1.2", "gpu.local", "gpu", "[fd00::1]", "host.docker.internal")):
        text = message(with_endpoint(f"http://{host}:8000/v1"), tmp_path / str(number), "QC305")
        assert "your own network" in text, host
        assert f"{host}:8000" in text
    assert "your own network" not in message(with_endpoint("http://llm.example/v1"), tmp_path / "public", "QC305")


SELF = {**OPENAI, "env": {"OPENAI_MODEL": "${OPENAI_MODEL}"}}
CYCLE = {**OPENAI, "env": {"OPENAI_MODEL": "$A", "A": "${B}", "B": "$A"}}
CHAIN = {**OPENAI, "env": {"OPENAI_MODEL": "$A", "A": "${B}", "B": "m"}}
ANTHROPIC = {"security": {"auth": {"selectedType": "anthropic", "baseUrl": "https://llm.example"}}}


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (
            with_settings(SELF),
            "QC131",
            "part of a cycle from OPENAI_MODEL (~/.qwen/settings.json:1 env.OPENAI_MODEL) to OPENAI_",
        ),
        (
            with_settings(CYCLE),
            "QC131",
            "part of a cycle from A (~/.qwen/settings.json:1 env.A) to B (~/.qwen/settings.json:1",
        ),
        (
            with_settings(CHAIN),
            "QC131",
            "A (~/.qwen/settings.json:1 env.A) is set, but variables in another variable's",
        ),
        (with_settings({**OPENAI, "model": {"name": "${NONE}"}}), "QC131", "which is not set"),
        (with_settings({**OPENAI, "env": {"A": [1]}}), "QC132", "~/.qwen/settings.json:1 env.A is a list"),
        (with_settings({**OPENAI, "env": "A=b"}), "QC132", "~/.qwen/settings.json:1 env is a string"),
        (with_settings(provider_entry(voiceOnly="no")), "QC204", "m is only for voice"),
        (
            with_settings(ANTHROPIC, environ={"ANTHROPIC_API_KEY": KEY}),
            "QC204",
            "the base URL from ~/.qwen/settings.json:1 security.auth.baseUrl is ignored",
        ),
        (
            Place({SETTINGS: json.dumps(TRUST), PLAIN: f"{WITH_KEY}\n"}, profile=NEWER),
            "QC202",
            "./.env not read: Qwen Code does not trust the folder",
        ),
    ],
)
def test_a_message_about_settings_names_the_reason(place: Place, code: str, words: str, tmp_path: Path) -> None:
    assert words in message(place, tmp_path, code)


@pytest.mark.parametrize(("dialect", "codes"), [("python", []), ("dotenv", ["QC134"])])
def test_backticks_in_a_value_are_reported_only_for_npm_dotenv(dialect: str, codes: list[str], tmp_path: Path) -> None:
    # The npm package removes the outer quotes and keeps the inner ones.
    text = {"python": "`qwen-a`", "dotenv": "'`qwen-a`'"}[dialect]
    write_tree(tmp_path, {PLAIN: f"{WITH_KEY}\nOPENAI_MODEL={text}\n", f"{HOME}/x": ""})
    world = read(tmp_path / APP, tmp_path / HOME, dialect=dialect, survey=True)
    found = diagnose(resolve_world(world, profile_named()))
    assert [d.code for d in found if d.code == "QC134"] == codes
