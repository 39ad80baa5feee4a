"""`qwen-cfg resolve`: flags, the choice of the env file, the profile and the method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .artifacts import WITH_KEY, config, names_in
from .process import KEY, PASSED_PIPE, open_pipe

if TYPE_CHECKING:
    from .process import Desk

# Flags and the choice of the env file.


def test_an_empty_flag_is_ignored(desk: Desk) -> None:
    flags = ["--model", "", "--openai-base-url=", "--openai-api-key", "", "--auth-type", "", "--timeout", ""]
    result = desk.run("resolve", *flags, env={**WITH_KEY, "OPENAI_MODEL": "exported"}).exits(0).toml
    assert result["config"]["model"] == "exported"
    assert result["config"]["base_url"] == "https://api.openai.com/v1"
    assert result["provenance"]["api_key"]["layer"] == "environment"


def test_every_field_has_its_flag(desk: Desk) -> None:
    flags = ["--auth-type", "openai", "--openai-api-key", KEY, "--openai-base-url", "http://h/v1", "-m", "m"]
    flags += ["--proxy", "http://p:1", "--no-proxy", "a, b", "--ca-bundle", "~/x.pem", "--timeout", "1.5"]
    flags += ["--max-retries", "0", "--debug", "--excluded-variables", "none", "--usage-statistics"]
    flags += ["--usage-statistics-endpoint", "http://collector:4318", "--qwen-oauth-url", "https://chat.qwen.ai"]
    assert config(desk.run("resolve", *flags)) == {
        "auth_method": "openai",
        "api_key": {"from": "flag", "flag": "--openai-api-key"},
        "base_url": "http://h/v1",
        "model": "m",
        "proxy": "http://p:1",
        "no_proxy": ["a", "b"],
        "ca_bundle": "~/x.pem",
        "timeout": 1.5,
        "max_retries": 0,
        "debug": True,
        "excluded_variables": [],
        "qwen_oauth_url": "https://chat.qwen.ai",
        "usage_statistics": True,
        "usage_statistics_endpoint": "http://collector:4318",
    }
    off = config(desk.run("resolve", "--no-debug", env={**WITH_KEY, "DEBUG": "1"}))
    assert off["debug"] is False


@pytest.mark.parametrize(
    "words",
    [
        ["--openai-api-keys=SECRET"],
        ["--openai-api-keys", "SECRET"],
        ["--openai-apikey", "SECRET"],
        ["--api-key=SECRET"],
        ["--openai_api_key=SECRET"],
        ["SECRET"],
        ["--model", "m", "SECRET", "SECRET"],
        ["--openai-api-key", "--model", "SECRET"],
        ["--openai-api-keySECRET"],
        ["-kSECRET"],
        ["--key:SECRET"],
        ["--debug=SECRET"],
        ["--no-env-file=SECRET"],
        ["--explain", "--openai-api-key", "x", "SECRET"],
    ],
)
@pytest.mark.parametrize("secret", ["sk-Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OQ", "correct+horse_battery"])
def test_a_usage_error_does_not_show_a_possible_key(desk: Desk, words: list[str], secret: str) -> None:
    outcome = desk.run("resolve", *(word.replace("SECRET", secret) for word in words))
    assert secret not in outcome.output
    outcome.exits(2)
    assert outcome.out == ""


def test_a_flag_with_one_dash_writes_no_file(desk: Desk) -> None:
    outcome = desk.run("resolve", f"-openai-api-key={KEY}", env=WITH_KEY)
    assert names_in(desk.cwd) == []
    assert KEY not in outcome.output


def test_a_mistyped_flag_is_named_with_the_correct_one(desk: Desk) -> None:
    assert "--openai-api-key?" in desk.run("resolve", "--openai-api-kye=x").exits(2).err


def test_an_env_file_can_be_chosen(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=searched\n")
    desk.write("work/prod.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=named\nHTTPS_PROXY=http://p:1\nDEBUG=1\n")
    artifact = desk.run("resolve", "--env-file", "../prod.env").exits(0).toml
    assert artifact["config"]["model"] == "named"
    assert artifact["env_file"] == {"chosen_by": "flag", "paths": ["../prod.env"]}
    # A chosen file has reach user, and is still a plain env file.
    assert artifact["config"]["proxy"] == "http://p:1"
    assert artifact["config"]["debug"] is False
    assert artifact["excluded"] == [{"variable": "DEBUG", "origin": "../prod.env:4"}]


def test_a_file_of_the_project_may_not_set_a_field_of_the_user(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nHTTPS_PROXY=http://p:1\n")
    outcome = desk.run("resolve").exits(0)
    assert outcome.toml["config"]["proxy"] == ""
    assert "QC107" in outcome.err
    assert "./.env:2" in outcome.err


def test_an_env_file_can_come_from_a_process_substitution(desk: Desk) -> None:
    before = open_pipe(f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=piped\n".encode())
    outcome = desk.run("resolve", "--env-file", PASSED_PIPE, "--format", "json", before=before).exits(0)
    assert outcome.json["config"]["model"] == "piped"


def test_a_chosen_env_file_that_is_missing_is_an_error(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    outcome = desk.run("resolve", "--env-file", "../prod.env").exits(3)
    assert "../prod.env" in outcome.err
    assert outcome.out == ""


def test_no_env_file_reads_none(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=searched\n")
    refused = desk.run("resolve", "--no-env-file").exits(3)
    assert "./.env:1" in refused.err
    artifact = desk.run("resolve", "--no-env-file", env=WITH_KEY).exits(0).toml
    assert artifact["config"]["model"] == "gpt-4o"
    assert artifact["env_file"] == {"chosen_by": "none", "paths": []}
    desk.run("resolve", "--no-env-file", "--env-file", ".env").exits(2)


def test_the_dialect_changes_values(desk: Desk) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=a#b\n")
    ours = desk.run("resolve").exits(0)
    assert ours.toml["config"]["model"] == "a"
    assert "QC105" in ours.err
    theirs = desk.run("resolve", "--env-dialect", "python").exits(0).toml
    assert theirs["config"]["model"] == "a#b"
    assert theirs["dialect"] == "python"


def test_the_profile_changes_values(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=project\n")
    desk.write(".qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve").exits(3)
    # Under that profile, a key alone decides no method.
    assert "method" in desk.run("resolve", "--profile", "qwen-code-0.21").exits(3).err
    openai = ["resolve", "--auth-type", "openai"]
    newer = [*openai, "--profile", "qwen-code-0.21"]
    artifact = desk.run(*newer).exits(0).toml
    assert artifact["profile"] == "qwen-code-0.21"
    assert artifact["config"]["model"] == "project"
    assert artifact["config"]["api_key"] == {"from": "env-file", "path": "~/.qwen/.env", "variable": "OPENAI_API_KEY"}
    assert desk.run(*openai, env={"QWEN_CFG_PROFILE": "qwen-code-0.21"}).exits(0).toml == artifact
    # The flag overrides the variable; an empty variable is ignored.
    desk.run(*openai, "--profile", "documented", env={"QWEN_CFG_PROFILE": "qwen-code-0.21"}).exits(3)
    desk.run(*openai, env={"QWEN_CFG_PROFILE": ""}).exits(3)
    unknown = desk.run("resolve", env={"QWEN_CFG_PROFILE": "newest"}).exits(2)
    assert "QWEN_CFG_PROFILE" in unknown.err
    assert "qwen-code-0.21" in unknown.err
    # An env file cannot set it.
    desk.write("work/app/.env", "QWEN_CFG_PROFILE=qwen-code-0.21\n")
    desk.run(*openai).exits(3)


# The method.


def test_qwen_oauth_can_be_selected(desk: Desk) -> None:
    artifact = desk.run("resolve", env={"QWEN_OAUTH": "1"}).exits(0).toml
    assert artifact["config"]["auth_method"] == "qwen-oauth"
    assert artifact["config"]["model"] == "coder-model"
    assert artifact["config"]["api_key"] == {"from": "oauth-cache", "path": "~/.qwen/oauth_creds.json"}
    assert artifact["provenance"]["auth_method"]["origin"] == "QWEN_OAUTH"
    # A key does not change the method, a flag does, and an empty variable has no effect.
    assert config(desk.run("resolve", env={"QWEN_OAUTH": "1", **WITH_KEY}))["auth_method"] == "qwen-oauth"
    by_flag = desk.run("resolve", "--auth-type", "openai", env={"QWEN_OAUTH": "1", **WITH_KEY})
    assert config(by_flag)["auth_method"] == "openai"
    desk.run("resolve", env={"QWEN_OAUTH": ""}).exits(3)


def test_a_cached_login_decides_an_unset_method(desk: Desk) -> None:
    desk.run("resolve").exits(3)
    desk.write(".qwen/oauth_creds.json", "{}")
    assert config(desk.run("resolve"))["auth_method"] == "qwen-oauth"
    assert config(desk.run("resolve", env=WITH_KEY))["auth_method"] == "openai"
    desk.run("resolve", "--auth-type", "openai").exits(3)
    # The newer profile ignores a login, and a key alone.
    for env in ({}, WITH_KEY):
        desk.run("resolve", "--profile", "qwen-code-0.21", env=env).exits(3)
