"""Keys from the keyring or from a command: they reach the provider and are shown nowhere."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.file_keyring import keyring_env

from qwen_cfg.application.change import Changes
from qwen_cfg.application.change_of_artifact import ArtifactSubject
from qwen_cfg.cli.arguments import this_process
from qwen_runtime import Change, ReadyConfig
from qwen_schema import (
    ConfigurationError,
    Secret,
    SecretReference,
    SecretReferenceError,
    declared_profiles,
    dump,
    load,
)

from .process import KEY, Desk, clean_environment, env_of
from .running import Running
from .session import GATE, changes_of
from .terminal import Typing

if TYPE_CHECKING:
    from support.provider import Provider

# It does not look like a key, so only a known secret can be redacted.
SENTINEL = "Sentinel+of=pointers/the~tests-0123456789"
COMMAND = f"printf {SENTINEL[:10]}%s {SENTINEL[10:]}"
ASK = ["run", "-p", "ping"]
both_profiles = pytest.mark.parametrize("profile", list(declared_profiles()))


@pytest.fixture
def keys(desk: Desk) -> dict[str, str]:
    """The variables for a keyring with the key of the user `me` for the service `qwen`."""
    return keyring_env(desk.home / "keyring.json", {"qwen": {"me": SENTINEL}})


def received_keys(server: Provider) -> list[str | None]:
    return [request.authorization for request in server.take_requests()]


def endpoint(server: Provider) -> list[str]:
    return ["--openai-base-url", f"{server.url}/v1", "--model", "gpt-4o"]


def marking_command(desk: Desk) -> str:
    """Return a command that makes a file when it runs."""
    return f"touch {desk.home}/marker"


def is_marked(desk: Desk) -> bool:
    return (desk.home / "marker").exists()


# The key reaches the provider.


@pytest.mark.parametrize("pointer", ["keyring:qwen/me", f"command:{COMMAND}"])
@pytest.mark.parametrize("way", ["environment", "flag", "home file", "home .env", "--env-file", "secret-from", "moved"])
def test_the_key_arrives_from_every_origin_of_the_pointer(
    desk: Desk, server: Provider, keys: dict[str, str], way: str, pointer: str
) -> None:
    text, env, argv = f"OPENAI_API_KEY='{pointer}'\n", dict(keys), endpoint(server)
    match way:
        case "environment":
            env["OPENAI_API_KEY"] = pointer
        case "flag":
            argv += ["--openai-api-key", pointer]
        case "home file":
            desk.write(".qwen/.env", text)
        case "home .env":
            desk.write(".env", text)
        case "--env-file":
            desk.write("work/other.env", text)
            argv += ["--env-file", "../other.env"]
        case "secret-from":
            argv += ["--secret-from", pointer]
        case "moved":
            env["CI_KEY"] = pointer
            argv += ["--secret-from", "environment:CI_KEY"]
    # A process loads the backend of the keyring if it starts with these variables.
    command_lines = ([*ASK, *argv], ["doctor", *argv], ["resolve", "--explain", *argv])
    answer, doctor, explanation = [desk.run(*words, env=env) for words in command_lines]
    assert answer.exits(0).out == "pong from gpt-4o ü\n"
    assert set(received_keys(server)) == {f"Bearer {SENTINEL}"}
    assert SENTINEL not in answer.output + doctor.exits(0).output + explanation.exits(0).output
    if "secret" not in way and way != "moved" and pointer.startswith("keyring"):
        assert pointer in explanation.out


def test_a_project_may_name_a_keyring_entry(desk: Desk, server: Provider, keys: dict[str, str]) -> None:
    desk.write("work/app/.env", "OPENAI_API_KEY=keyring:qwen/me\n")
    desk.run(*ASK, *endpoint(server), env=keys).exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]


def test_a_pipe_with_a_pointer_is_read_once(desk: Desk, server: Provider) -> None:
    os.mkfifo(desk.home / ".env")
    writer = subprocess.Popen(["sh", "-c", f"echo \"OPENAI_API_KEY='command:{COMMAND}'\" > {desk.home}/.env"])
    desk.run(*ASK, *endpoint(server)).exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]
    assert writer.wait(10) == 0


# The artifact.


@pytest.mark.parametrize("way", ["environment", "flag", "secret-from"])
@pytest.mark.parametrize(
    ("pointer", "reference"),
    [
        ("keyring:qwen/me/at work", {"from": "keyring", "service": "qwen", "name": "me/at work"}),
        ("command:pass show openai", {"from": "command", "command": "pass show openai"}),
    ],
)
def test_the_artifact_has_the_pointer_and_check_accepts_it(
    desk: Desk, way: str, pointer: str, reference: dict[str, str]
) -> None:
    env = {"OPENAI_API_KEY": pointer} if way == "environment" else {}
    flags = {"flag": ["--openai-api-key", pointer], "secret-from": ["--secret-from", pointer]}.get(way, [])
    desk.run("resolve", "-o", "a.toml", *flags, env=env).exits(0)
    written = desk.run("resolve", *flags, env=env).exits(0).toml
    assert written["config"]["api_key"] == reference
    assert written["provenance"]["api_key"]["layer"] == {"secret-from": "default"}.get(way, way)
    assert written["provenance"]["api_key"]["reach"] == "user"
    for strict in ([], ["--strict"]):
        outcome = desk.run("check", "a.toml", *strict, env=env).exits(0)
        assert "missing" not in outcome.output


def test_an_artifact_may_use_the_keyring_and_no_command(desk: Desk, server: Provider, keys: dict[str, str]) -> None:
    flags = endpoint(server)
    desk.run("resolve", "-o", "ring.toml", *flags, "--openai-api-key", "keyring:qwen/me").exits(0)
    desk.run("resolve", "-o", "command.toml", *flags, env={"OPENAI_API_KEY": f"command:{marking_command(desk)}"}).exits(
        0
    )
    # An artifact alone may not choose an entry of the keyring.
    assert "api_key = keyring:qwen/me" in desk.run(*ASK, "--config", "ring.toml", env=keys).exits(5).err
    desk.run("trust", "--config", "ring.toml", "--yes").exits(0)
    desk.run(*ASK, "--config", "ring.toml", env=keys).exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]
    for command in (ASK, ["doctor"], [*ASK, "--output-format", "json"]):
        outcome = desk.run(*command, "--config", "command.toml").exits(5)
        assert "--secret-from" in outcome.err
        assert "`touch`" in outcome.err
    assert outcome.json["error"]["class"] == "NotTrustedError"
    assert not is_marked(desk)
    desk.run(*ASK, "--config", "command.toml", "--secret-from", f"command:{COMMAND}").exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]


@pytest.mark.parametrize("where", ["environment", ".qwen/.env", ".env"])
def test_an_artifact_may_run_a_command_that_the_user_names_too(desk: Desk, server: Provider, where: str) -> None:
    named = {"OPENAI_API_KEY": f"command:{COMMAND}"}
    desk.run("resolve", "-o", "command.toml", *endpoint(server), env=named).exits(0)
    # A file of the project is not the user's, and a different command does not count.
    desk.write("work/app/.env", f"OPENAI_API_KEY='command:{COMMAND}'\n")
    desk.run(*ASK, "--config", "command.toml", env={"OPENAI_API_KEY": "command:printf other"}).exits(5)
    if where != "environment":
        desk.write(where, f"OPENAI_API_KEY='command:{COMMAND}'\n")
    desk.run(*ASK, "--config", "command.toml", env=named if where == "environment" else {}).exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]


def test_a_keyring_entry_that_the_user_names_too_needs_no_approval(
    desk: Desk, server: Provider, keys: dict[str, str]
) -> None:
    named = {"OPENAI_API_KEY": "keyring:qwen/me"}
    desk.run("resolve", "-o", "a.toml", *endpoint(server), env=named).exits(0)
    desk.run(*ASK, "--config", "a.toml", env={**keys, "OPENAI_API_KEY": "keyring:qwen/other"}).exits(5)
    desk.run(*ASK, "--config", "a.toml", env={**keys, **named}).exits(0)
    desk.write(".qwen/.env", "OPENAI_API_KEY=keyring:qwen/me\n")
    desk.run(*ASK, "--config", "a.toml", env=keys).exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"] * 2


def test_init_approves_the_artifact_that_it_writes(desk: Desk, server: Provider, keys: dict[str, str]) -> None:
    desk.run("init", *endpoint(server), "--openai-api-key", "keyring:qwen/me", env=keys).exits(0)
    # The entry is already used to test the endpoint.
    assert f"Bearer {SENTINEL}" in received_keys(server)
    desk.run(*ASK, "--config", "qwen.toml", env=keys).exits(0)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]
    artifact = desk.cwd / "qwen.toml"
    artifact.write_text(artifact.read_text().replace('"me"', '"other"'))
    desk.run(*ASK, "--config", "qwen.toml", env=keys).exits(5)


def test_init_approves_no_endpoint_of_a_projects_file(desk: Desk, keys: dict[str, str]) -> None:
    desk.write("work/app/.env", "OPENAI_BASE_URL=http://stranger.example/v1\n")
    env = {**keys, "OPENAI_API_KEY": "keyring:qwen/me"}
    desk.run("init", env=env).exits(0)
    desk.run(*ASK, "--config", "qwen.toml", env=env).exits(5)


@pytest.mark.parametrize("pointer", [f"command:{COMMAND}", SENTINEL])
def test_files_in_a_moved_qwen_home_are_the_users_for_an_artifact(desk: Desk, server: Provider, pointer: str) -> None:
    desk.write("moved/.env", f"OPENAI_API_KEY='{pointer}'\nOPENAI_BASE_URL=http://models.corp.example/v1\n")
    env = {"QWEN_HOME": str(desk.home / "moved"), "HTTP_PROXY": server.url, "NO_PROXY": "none"}
    desk.run("resolve", "--profile", "qwen-code-0.21", "--auth-type", "openai", "-o", "a.toml", env=env).exits(0)
    if pointer != SENTINEL:
        env["OPENAI_BASE_URL"] = "http://models.corp.example/v1"
    desk.run(*ASK, "--config", "a.toml", env=env).exits(0)
    desk.run(*ASK, "--config", "a.toml", env={**env, "QWEN_HOME": "../../moved", "OPENAI_BASE_URL": ""}).exits(5)
    assert received_keys(server) == [f"Bearer {SENTINEL}"]


@pytest.mark.parametrize("pointer", ["keyring:qwen/me", f"command:{COMMAND}"])
def test_a_pointer_is_not_inlined(desk: Desk, pointer: str) -> None:
    words = ["resolve", "--inline-secrets", "-o", "a.toml"]
    outcome = desk.run(*words, env={"OPENAI_API_KEY": pointer}).exits(3)
    assert "--inline-secrets" in outcome.err
    assert not (desk.cwd / "a.toml").exists()
    desk.run(*words, env={"OPENAI_API_KEY": KEY}).exits(0)
    moved = desk.run("check", "a.toml", "--strict", env={"OPENAI_API_KEY": pointer}).exits(1)
    assert "--inline-secrets" not in moved.err


@pytest.mark.parametrize(
    "text", ["keyring:", "keyring:qwen", f"keyring:{KEY}/x", "command:", "command:'x", "keyring:/x"]
)
def test_secret_from_with_an_invalid_pointer_is_refused(desk: Desk, text: str) -> None:
    outcome = desk.run("resolve", "--secret-from", text).exits(2)
    assert "keyring:SERVICE/NAME" in outcome.err
    assert KEY not in outcome.output


# When commands run.


def test_no_command_or_keyring_is_used_until_a_key_is_needed(desk: Desk) -> None:
    """A keyring that cannot be loaded is not used either."""
    commands = [
        ["resolve"],
        ["resolve", "-o", "a.toml"],
        ["resolve", "--explain", "--all"],
        ["resolve", "--explain", "--format", "json"],
        ["resolve", "--compare-profiles"],
        ["check", "a.toml", "--strict"],
        ["check", "a.toml", "--select", "all"],
        ["check", "a.toml", "--update"],
        ["resolve", "--secret-from", f"command:{marking_command(desk)}"],
        ["resolve", "-o", "b.toml", "--secret-from", "environment:OPENAI_API_KEY"],
        ["check", "b.toml", "--strict"],
    ]
    for pointer in (f"command:{marking_command(desk)}", "keyring:qwen/me"):
        env = {"OPENAI_API_KEY": pointer, "PYTHON_KEYRING_BACKEND": "no.such.backend"}
        for outcome in desk.run_each(commands, env):
            assert outcome.code in (0, 1), outcome.err
            assert "missing" not in outcome.output
    assert not is_marked(desk)


@both_profiles
@pytest.mark.parametrize("file", [".env", ".qwen/.env"])
def test_a_project_runs_no_command(desk: Desk, server: Provider, profile: str, file: str) -> None:
    flags = endpoint(server)
    desk.write(f"work/app/{file}", f"OPENAI_API_KEY='command:{marking_command(desk)}'\n")
    desk.run(
        "resolve",
        "-o",
        "evil.toml",
        "--no-env-file",
        *flags,
        env={"OPENAI_API_KEY": f"command:{marking_command(desk)}"},
    ).exits(0)
    in_file = ["--secret-from", f"env-file:./{file}:OPENAI_API_KEY"]
    expected = {
        ("resolve",): 3,
        ("resolve", "--explain"): 3,
        ("resolve", "--compare-profiles"): None,
        # The artifact was made without an env file, and is compared without one.
        ("check", "evil.toml"): 0,
        tuple(ASK): 3,
        ("doctor",): 3,
        (*ASK, *in_file): 3,
        (*ASK, *in_file, "--no-env-file"): 5,
        ("doctor", *in_file, "--no-env-file"): 5,
    }
    # Under the newer profile, a key alone does not decide the method.
    flags += [] if profile == "documented" else ["--auth-type", "openai"]
    commands = [[*words, "--profile", profile, *flags] for words in expected]
    commands += [[*ASK, "--config", "evil.toml"], ["doctor", "--config", "evil.toml"]]
    commands += [[*ASK, "--config", "evil.toml", *in_file]]
    outcomes = desk.run_each(commands)
    for words, outcome, code in zip(commands, outcomes, [*expected.values(), 5, 5, 5], strict=True):
        assert code in (None, outcome.code), (words, outcome)
        assert "Traceback" not in outcome.output
    assert not is_marked(desk)
    assert server.take_requests() == []
    assert "a file of a project may not set a command" in outcomes[0].err


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (f"echo {SENTINEL}; echo {SENTINEL} >&2; exit 7", "exit status 7"),
        (f"echo {SENTINEL}; echo {SENTINEL}", "several lines"),
        (f"printf '{SENTINEL}\\377'", "not UTF-8"),
        (f"echo {SENTINEL}ключ", "HTTP header"),
        (f"echo {SENTINEL}; kill $$", "SIGTERM"),
    ],
)
def test_the_output_of_a_failed_command_is_not_shown(desk: Desk, script: str, what: str) -> None:
    (desk.home / "ask-key").write_text(f"#!/bin/sh\n{script}\n")
    (desk.home / "ask-key").chmod(0o755)
    env = {"OPENAI_API_KEY": f"command:{desk.home}/ask-key"}
    commands = [
        [*ASK, "--debug"],
        [*ASK, "--output-format", "json"],
        ["doctor", "--debug"],
        ["doctor", "--format", "json"],
    ]
    for outcome in desk.run_each(commands, env):
        assert outcome.code == 3, outcome
        assert what in outcome.err
        assert "ask-key" in outcome.err
        assert SENTINEL not in outcome.output


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("nothing", "no entry with this service and name"),
        ("locked", "is locked"),
        ("none", "this system has no keyring"),
        ("broken", "the keyring failed"),
    ],
)
def test_a_keyring_without_the_key_is_reported_with_the_reason(desk: Desk, how: str, what: str) -> None:
    env = {
        **keyring_env(desk.home / "keyring.json", "locked" if how == "locked" else {}),
        "OPENAI_API_KEY": "keyring:qwen/me",
    }
    others = {"none": "keyring.backends.fail.Keyring", "broken": "no.such.backend"}
    env["PYTHON_KEYRING_BACKEND"] = others.get(how, env["PYTHON_KEYRING_BACKEND"])
    outcome = desk.run(*ASK, env=env).exits(3)
    assert "keyring:qwen/me" in outcome.err
    assert what in outcome.err


def test_without_the_library_the_error_says_how_to_install_it(desk: Desk) -> None:
    without = "import sys; sys.modules['keyring'] = None"
    outcome = desk.run(*ASK, env={"OPENAI_API_KEY": "keyring:qwen/me"}, before=without).exits(3)
    assert "pip install keyring, or pipx inject qwen-cfg keyring" in outcome.err


def test_the_command_gets_no_key(desk: Desk, server: Provider) -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\n")
    env = {"OPENAI_API_KEY": f"command:sh -c 'env > {desk.home}/env; {COMMAND}'", "COPY": KEY, "KEPT": "as it is"}
    desk.run(*ASK, *endpoint(server), env=env).exits(0)
    variables = (desk.home / "env").read_text()
    assert "KEPT=as it is" in variables
    assert KEY not in variables
    assert "OPENAI_API_KEY" not in variables


def test_ctrl_c_ends_the_command_too(desk: Desk) -> None:
    command = shlex.join(["sh", "-c", f"echo $$ > {desk.home}/pid; sleep 60"])
    environment = clean_environment(desk.home, {"OPENAI_API_KEY": f"command:{command}"})
    file = desk.home / "pid"
    with Running(*ASK, cwd=desk.cwd, environment=environment) as running:
        _wait_for(lambda: file.exists() and file.read_text().strip() != "")
        running.send_signal(signal.SIGINT)
        running.communicate()
        assert running.returncode == 130
    _wait_for(lambda: not Path(f"/proc/{file.read_text().strip()}").exists())


def _wait_for(happened: Any) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# In a session.


TYPED = {"auth_method": "openai", "api_key": Secret(f"command:{COMMAND}"), "base_url": "http://h/v1", "model": "m"}


def change_of(desk: Desk, key: str = KEY) -> Changes:
    desk.run("resolve", "-o", "a.toml", env={"OPENAI_API_KEY": key}).exits(0)
    artifact = load((desk.cwd / "a.toml").read_text())
    use, gate = ReadyConfig(artifact, Secret(SENTINEL), desk.cwd, desk.home), replace(GATE, is_open=True)
    return Changes(ArtifactSubject(use, "a.toml", desk.cwd / "a.toml", this_process()), gate)


@pytest.mark.parametrize("kind", ["compiled", "given"])
def test_a_typed_pointer_is_shown_unchanged(here: Desk, kind: str) -> None:
    change = changes_of() if kind == "compiled" else change_of(here)
    ready_config = change(Change("/auth", TYPED))
    assert ready_config.key == Secret(SENTINEL)
    assert ready_config.artifact.api_key == SecretReference("command", command=COMMAND)
    assert (ready_config.artifact.provenance["api_key"].origin, SENTINEL in dump(ready_config.artifact)) == (
        "/auth",
        False,
    )
    assert change.defaults().key == f"command:{COMMAND}"
    for bad in ("keyring:qwen", "command:no-such-program-anywhere", "command:false"):
        with pytest.raises(ConfigurationError):
            change(Change("/auth", {"api_key": Secret(bad)}, keep=True))
    assert not (here.cwd / ".qwen").exists()
    assert change(Change("/model", {"model": "n"})).key == Secret(SENTINEL)


@pytest.mark.parametrize("kind", ["compiled", "given"])
def test_a_command_is_not_saved_in_a_project(here: Desk, kind: str) -> None:
    change = changes_of() if kind == "compiled" else change_of(here)
    ready_config = change(Change("/auth", TYPED, keep=True))
    assert ready_config.key == Secret(SENTINEL)
    assert any("is not saved" in notice and "~/.qwen/.env" in notice for notice in ready_config.notices)
    assert (here.cwd / ".qwen" / ".env").read_text() == "OPENAI_BASE_URL=http://h/v1\nOPENAI_MODEL=m\n"


def test_a_saved_pointer_is_fetched_once(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.home)
    command = shlex.join(["sh", "-c", f"echo x >> {here.home}/log; echo abc"])
    assert changes_of()(Change("/auth", {**TYPED, "api_key": Secret(f"command:{command}")}, keep=True)).key == Secret(
        "abc"
    )
    assert (here.home / "log").read_text() == "x\n"


def test_a_command_can_be_saved_in_the_home(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.home)
    ready_config = changes_of()(Change("/auth", TYPED, keep=True))
    assert ready_config.key == Secret(SENTINEL)
    assert ready_config.artifact.provenance["api_key"].origin == "~/.qwen/.env:1"
    assert COMMAND in (here.home / ".qwen" / ".env").read_text()


@pytest.mark.parametrize("pointer", [f"command:{COMMAND}", "keyring:qwen/me"])
def test_a_key_behind_a_pointer_is_saved_as_the_pointer_or_not_at_all(here: Desk, pointer: str) -> None:
    ready_config = change_of(here, pointer)(Change("/model", {"model": "n"}, keep=True))
    kept = (here.cwd / ".qwen" / ".env").read_text()
    assert SENTINEL not in kept
    assert (pointer in kept) == pointer.startswith("keyring")
    assert ready_config.key == Secret(SENTINEL)


def test_a_failed_pointer_does_not_change_the_session(here: Desk) -> None:
    change = changes_of(secret_from=SecretReference("command", command=COMMAND))
    assert change(Change("/model", {"model": "m"})).key == Secret(SENTINEL)
    with pytest.raises(SecretReferenceError):
        change(Change("/auth", {"api_key": Secret("command:false")}))
    assert change(Change("/model", {"model": "n"})).key == Secret(SENTINEL)


def test_the_dialogue_accepts_a_pointer(desk: Desk, server: Provider) -> None:
    with Typing(desk, "run", height=80) as person:
        for keys, wanted in (
            ("8\r", "Provider ["),
            (f"\x15{server.url}/v1\r", "Base URL"),
            (f"command:{COMMAND}\r", "API key ("),
            ("m\r", "Model ["),
            ("2\r", "Keep ["),
            ("hello\r", "/help"),
            ("\x04", "pong from"),
        ):
            person.until(wanted)
            person.type(keys)
        assert person.exit_code() == 0
        assert SENTINEL.encode() not in person.raw
    assert received_keys(server) == [f"Bearer {SENTINEL}"]


def test_an_echoed_key_is_not_shown(desk: Desk, server: Provider) -> None:
    env = env_of(server, "refuses", key=f"command:{COMMAND}")
    for words in (ASK, ["doctor", "--chat"], [*ASK, "--output-format", "json"]):
        outcome = desk.run(*words, env=env).exits(4)
        assert SENTINEL not in outcome.output
    assert f"Bearer {SENTINEL}" in received_keys(server)
