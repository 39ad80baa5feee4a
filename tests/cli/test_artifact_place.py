"""An artifact in another place: in a clone, in a subdirectory, from another directory, on another machine."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from .process import KEY, Run, run_all

if TYPE_CHECKING:
    from support.provider import Provider

    from .process import Desk

URL, MODEL = "https://llm.company.example/v1", "company-model"
OWN = f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={URL}\nOPENAI_MODEL={MODEL}\n"
AUTH = ["--auth-type", "openai"]


def make_artifact(desk: Desk, file: str = ".qwen/.env", *flags: str) -> bytes:
    """Make `qwen.toml` from an env file and remove the env file, as in a clone."""
    desk.write(f"work/app/{file}", OWN)
    desk.run("resolve", "-o", "qwen.toml", *flags).exits(0)
    (desk.cwd / file).unlink()
    return (desk.cwd / "qwen.toml").read_bytes()


# A missing env file that the artifact names.


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
@pytest.mark.parametrize("file", [".qwen/.env", ".env", "../.env", "ci.env"])
def test_a_missing_env_file_is_no_drift(desk: Desk, file: str, profile: str) -> None:
    named = ["--env-file", file] if file == "ci.env" else []
    written = make_artifact(desk, file, "--profile", profile, *named)
    outcome = desk.run("check").exits(0)
    assert f"{file if file.startswith('..') else './' + file} does not exist here, so not compared: " in outcome.err
    assert "base_url, model" in outcome.err
    desk.run("check", "--update").exits(0)
    assert (desk.cwd / "qwen.toml").read_bytes() == written
    strict = desk.run("check", "--strict", "--format", "json").exits(1).json
    assert "missing file" in {difference["part"] for difference in strict["differences"]}
    desk.run("check", "--strict", "--update").exits(1)
    assert (desk.cwd / "qwen.toml").read_bytes() == written


def test_the_fix_names_a_missing_file_and_a_different_value(desk: Desk) -> None:
    make_artifact(desk)
    strict = desk.run("check", "--strict", env={"OPENAI_MODEL": "exported"}).exits(1).out
    fix = strict.partition("To fix:")[2]
    assert "add the missing file, or omit --strict" in " ".join(fix.split())
    assert "check qwen.toml --update --strict" in " ".join(fix.split())
    assert "nobody" not in strict


def test_a_value_above_the_missing_file_is_drift_and_one_below_is_not(desk: Desk) -> None:
    make_artifact(desk)
    above = desk.run("check", "--format", "json", env={"OPENAI_MODEL": "exported"}).exits(1).json
    assert [(d["field"], d["new"]) for d in above["differences"]] == [("model", "exported")]
    assert above["not_compared"] == ["api_key", "base_url"]
    desk.write(".qwen/.env", f"OPENAI_MODEL=of-the-home\nOPENAI_API_KEY={KEY}\n")
    below = desk.run("check", "--format", "json").exits(0).json
    assert (below["differences"], below["absent"]) == ([], ["./.qwen/.env"])
    desk.run("check", "--update", env={"OPENAI_MODEL": "exported"}).exits(0)
    text = (desk.cwd / "qwen.toml").read_text(encoding="utf-8")
    assert 'model = "exported"' in text
    assert f'base_url = "{URL}"' in text
    assert 'path = "./.qwen/.env"' in text


def test_missing_settings_are_no_drift(desk: Desk) -> None:
    newer = ["--profile", "qwen-code-0.21"]
    own = '{"$version": 4, "security": {"auth": {"selectedType": "openai"}}, "model": {"name": "of-settings"}}'
    desk.write(".qwen/settings.json", own)
    desk.write("work/app/.qwen/.env", OWN)
    desk.run("resolve", "-o", "qwen.toml", *newer).exits(0)
    (desk.home / ".qwen/settings.json").unlink()
    outcome = desk.run("check", "--format", "json").exits(0).json
    assert outcome["absent"] == ["~/.qwen/settings.json"]
    assert outcome["not_compared"] == ["auth_method", "model"]
    desk.write(".qwen/settings.json", own.replace("of-settings", "another"))
    assert [d["field"] for d in desk.run("check", "--format", "json").exits(1).json["differences"]] == ["model"]


def test_the_steps_of_the_readme_work_in_a_clone(desk: Desk) -> None:
    """One person commits an artifact; another one, and CI, check it."""
    flags = ["--openai-api-key", KEY, "--openai-base-url", URL, "--model", MODEL]
    desk.run("init", "--no-verify", *flags).exits(0)
    clone = desk.home / "clone"
    shutil.copytree(desk.cwd, clone, ignore=shutil.ignore_patterns(".qwen"))
    for words in (["check", "qwen.toml"], ["check"], ["check", "--artifact-only"], ["check", "--update"]):
        desk.run(*words, cwd=clone).exits(0)
    assert (clone / "qwen.toml").read_bytes() == (desk.cwd / "qwen.toml").read_bytes()


# The directory of the artifact.


def test_an_artifact_has_the_same_meaning_from_every_directory(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={server.url}/v1\n")
    deep = desk.cwd / "src/deep"
    deep.mkdir(parents=True)
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    file = desk.cwd / "qwen.toml"
    written = file.read_bytes()
    ask = ["run", "-p", "ping", "--config"]
    runs = [
        *(Run([*ask, name], cwd, desk.home, {}) for name, cwd in (("../../qwen.toml", deep), (str(file), desk.home))),
        Run(["run", "--config", "-p", "ping"], deep, desk.home, {}),
        Run(["-C", "src", "run", "--config", "-p", "ping"], desk.cwd, desk.home, {}),
        Run(["-C", "src", "-C", "deep", "check", "--strict"], desk.cwd, desk.home, {}),
        Run(["check", "--update", "--strict", str(file)], desk.home, desk.home, {}),
        Run(["doctor", "--config"], deep, desk.home, {}),
        Run(["trust", "--config", "--yes"], deep, desk.home, {}),
    ]
    for run, outcome in zip(runs, run_all(runs), strict=True):
        assert outcome.code == 0, (run.argv, outcome)
    assert {request.authorization for request in server.take_requests()} == {f"Bearer {KEY}"}
    assert file.read_bytes() == written


def test_paths_in_an_artifact_start_from_its_directory(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", OWN)
    for directory in ("build", "build/deep", "../other"):
        (desk.cwd / directory).mkdir()
        desk.run("resolve", "-o", f"{directory}/x.toml").exits(0)
    deep = (desk.cwd / "build/deep/x.toml").read_text(encoding="utf-8")
    assert 'path = "../../.qwen/.env"' in deep
    assert 'origin = "../../.qwen/.env:3"' in deep
    assert 'path = "../app/.qwen/.env"' in (desk.cwd / "../other/x.toml").read_text(encoding="utf-8")
    for name in ("build/x.toml", "build/deep/x.toml"):
        desk.run("check", "--strict", name).exits(0)
        desk.run("check", "--strict", name.rpartition("/")[2], cwd=(desk.cwd / name).parent).exits(0)
    # The same tree in another directory gives the same bytes.
    other = desk.home / "elsewhere"
    shutil.copytree(desk.cwd, other)
    desk.run("resolve", "-o", "again.toml", cwd=other / "build/deep").exits(0)
    assert (other / "build/deep/again.toml").read_text(encoding="utf-8") == deep


def test_typed_paths_start_from_the_working_directory(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", OWN)
    desk.write("work/app/ci/ca.pem", "")
    desk.write("work/app/ci/ci.env", OWN.replace(MODEL, "of-ci"))
    desk.run("resolve", "-o", "qwen.toml", "--ca-bundle", "ci/ca.pem", "--env-file", "ci/ci.env").exits(0)
    ci = desk.cwd / "ci"
    desk.run("check", "--strict", "--ca-bundle", "ca.pem", "--env-file", "ci.env", cwd=ci).exits(0)
    assert "./ci/ci/ci.env: the env file" in desk.run("check", "--env-file", "ci/ci.env", cwd=ci).exits(3).err
    desk.run("run", "-p", "x", "--config", "--secret-from", "env-file:nowhere.env:K", cwd=ci).exits(3)


def test_where_an_artifact_is_searched(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", OWN)
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    inner = desk.cwd / "inner"
    inner.mkdir()
    desk.run("check", cwd=inner).exits(0)
    subprocess.run(["git", "init", "-q", inner], check=True)
    refused = desk.run("check", cwd=inner).exits(3)
    assert "there is no qwen.toml here" in refused.err
    assert "resolve -o qwen.toml" in refused.err
    assert desk.run("run", "--config", "-p", "x", cwd=desk.home).exits(3)
    assert "-C nowhere" in desk.run("-C", "nowhere", "check").exits(2).err


# Settings of the machine.

MACHINES = [
    {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "localhost,.example"},
    {"SSL_CERT_FILE": "/etc/ssl/own.pem"},
    {"DEBUG": "1"},
    {"http_proxy": "http://proxy.example:1", "no_proxy": "*", "DEBUG_MODE": "true", "SSL_CERT_FILE": "/x.pem"},
]


@pytest.mark.parametrize("profile", ["documented", "qwen-code-0.21"])
def test_an_artifact_is_the_same_on_every_machine(desk: Desk, profile: str) -> None:
    desk.write("work/app/.qwen/.env", OWN)
    words = ["resolve", *AUTH, "--profile", profile]
    plain = desk.run(*words, env={"SSL_CERT_FILE": ""}).exits(0).out
    desk.write("work/app/a.toml", plain)
    for machine in MACHINES:
        assert desk.run(*words, env=machine).exits(0).out == plain
        desk.run("check", "--strict", "a.toml", env=machine).exits(0)
    desk.write(".qwen/.env", "HTTPS_PROXY=http://of-the-home.example:1\n")
    home = desk.run(*words, env={"SSL_CERT_FILE": ""}).exits(0).out
    # The newer profile reads the file, and the artifact names it, but has no setting of the machine from it.
    assert home.replace('    "~/.qwen/.env",\n', "") == plain


def test_a_machine_setting_from_a_flag_or_the_project_is_in_the_artifact(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"{OWN}DEBUG=1\n")
    flags = ["--proxy", "http://proxy.example:1", "--no-proxy", "localhost", "--ca-bundle", "./ca.pem"]
    config = desk.run("resolve", "--format", "json", *flags, env={"DEBUG": "0"}).exits(0).json["config"]
    assert (config["proxy"], config["no_proxy"]) == ("http://proxy.example:1", ["localhost"])
    assert (config["ca_bundle"], config["debug"]) == ("./ca.pem", True)


@pytest.mark.parametrize("of", ["environment", "home"])
def test_a_run_uses_the_proxy_of_the_machine(desk: Desk, server: Provider, of: str) -> None:
    desk.write("work/app/.qwen/.env", OWN.replace("https", "http"))
    desk.run("resolve", "-o", "qwen.toml").exits(0)
    proxy = {"HTTP_PROXY": server.url}
    if of == "home":
        desk.write(".qwen/.env", f"HTTP_PROXY={server.url}\n")
    env = proxy if of == "environment" else {}
    desk.run("run", "-p", "ping", "--config", "qwen.toml", env={**env, "NO_PROXY": "none"}).exits(0)
    assert [request.path for request in server.take_requests()] == ["http://llm.company.example/v1/chat/completions"]
    refused = desk.run("run", "-p", "ping", "--config", "qwen.toml", env={"HTTP_PROXY": "no url at all"}).exits(3)
    assert "HTTP_PROXY is not valid" in refused.err
