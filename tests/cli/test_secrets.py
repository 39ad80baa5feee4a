"""No secret is in any output, format, error or written file of any command."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from .terminal import run_on_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .process import Desk

# One looks like a key, the other does not; both are too long to occur by chance.
SHAPES = {"shaped": "sk-S3nt1nelS3nt1nelS3nt1nel{:02}xyz", "plain": "Sentinel+of={:02}/the~tests"}
IN_A_URL = "Sentinel.of.{:02}.tests"

# No server is there, so no key leaves the machine.
NOWHERE = "http://127.0.0.1:9/v1"


@dataclass
class World:
    """Flags, variables and files, with all secrets in them."""

    secrets: list[str]
    flags: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def _in_environment(s: list[str]) -> World:
    return World(s[:1], env={"OPENAI_API_KEY": s[0]})


def _in_flag(s: list[str]) -> World:
    return World(s[:2], ["--openai-api-key", s[0]], env={"OPENAI_API_KEY": s[1]})


def _in_found_file(s: list[str]) -> World:
    return World(s[:2], files={"work/app/.env": f"OPENAI_API_KEY='{s[0]}'\nOPENAI_API_KEY='{s[1]}'\n"})


def _in_unreached_files(s: list[str]) -> World:
    files = {
        "work/app/.env": "OPENAI_MODEL=m\n",
        ".qwen/.env": f"OPENAI_API_KEY='{s[0]}'\n",
        ".env": f"OPENAI_API_KEY='{s[1]}'\n",
    }
    return World(s[:2], files=files)


def _hidden_by_an_empty_variable(s: list[str]) -> World:
    return World(s[:1], env={"OPENAI_API_KEY": ""}, files={"work/app/.env": f"OPENAI_API_KEY='{s[0]}'\n"})


def _read_in_two_ways(s: list[str]) -> World:
    return World(s[:2], files={"work/app/.env": f"OPENAI_API_KEY={s[0]}#{s[1]}\n"})


def _as_the_model_too(s: list[str]) -> World:
    return World(s[:1], env={"OPENAI_API_KEY": s[0], "OPENAI_MODEL": s[0]})


def _in_the_model_beside_another_key(s: list[str]) -> World:
    return World(s[:2], ["--openai-api-key", s[1]], env={"OPENAI_API_KEY": s[0], "OPENAI_MODEL": f"x{s[0]}x"})


def _as_the_base_url_too(s: list[str]) -> World:
    return World(s[:1], env={"OPENAI_API_KEY": s[0], "OPENAI_BASE_URL": s[0]})


def _as_every_value(s: list[str]) -> World:
    names = ["OPENAI_API_KEY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "QWEN_CFG_TIMEOUT", "DEBUG", "QWEN_MODEL"]
    return World(s[:1], env=dict.fromkeys(names, s[0]))


def _in_an_invalid_key(s: list[str]) -> World:
    return World(s[:1], env={"OPENAI_API_KEY": f"{s[0]}\nß"})


def _in_a_mistyped_variable_of_a_file(s: list[str]) -> World:
    return World(s[:1], files={"work/app/.env": f"OPENAI_APIKEY='{s[0]}'\nOPENAI_API_KEYS: {s[0]}\n"})


def _in_a_file_that_is_not_utf_8(s: list[str]) -> World:
    return World(s[:1], files={"work/app/.env": f"OPENAI_API_KEY='{s[0]}'\nA=\udcff\n"})


KEYS = [
    _in_environment,
    _in_flag,
    _in_found_file,
    _in_unreached_files,
    _hidden_by_an_empty_variable,
    _read_in_two_ways,
    _as_the_model_too,
    _in_the_model_beside_another_key,
    _as_the_base_url_too,
    _as_every_value,
    _in_an_invalid_key,
    _in_a_mistyped_variable_of_a_file,
    _in_a_file_that_is_not_utf_8,
]

# Undeclared secrets: parts of a URL that are known to be secret.
URLS = {
    "user info": "http://user:{}@host.example:3128/v1",
    "user alone": "http://{}@host.example/v1",
    "no scheme": "user:{}@host.example:3128",
    "a slash before the at sign": "http://user:a/{}@host.example/v1",
    "a number sign before the at sign": "http://user:a#{}@host.example/v1",
    "an odd scheme": "socks5://user:{}@host.example:1080",
    "a query": "http://host.example/v1?api_key={}",
    "a query of another name": "http://host.example/v1?x=1&access_token={}",
}

COMMANDS: dict[str, list[str]] = {
    "resolve": ["resolve"],
    "json": ["resolve", "--format", "json"],
    "explain": ["resolve", "--explain"],
    "explain all": ["resolve", "--explain", "--all"],
    "explain json": ["resolve", "--explain", "--format", "json"],
    "explain model": ["resolve", "--explain", "model"],
    "explain base_url": ["resolve", "--explain", "base_url"],
    "other profile": ["resolve", "--explain", "--profile", "qwen-code-0.21"],
    "both profiles": ["resolve", "--compare-profiles"],
    "both profiles json": ["resolve", "--compare-profiles", "--format", "json"],
    "other dialect": ["resolve", "--env-dialect", "python"],
    "no env file": ["resolve", "--no-env-file", "--explain"],
    "moved": ["resolve", "--secret-from", "environment:CI_KEY"],
    "debug": ["resolve", "--debug", "--timeout", "soon"],
    "debug json": ["resolve", "--debug", "--format", "json", "--no-such-flag"],
    "unwritable": ["resolve", "-o", "missing/a.toml"],
    "written": ["resolve", "-o", "a.toml"],
    "check": ["check", "old.toml"],
    "check json": ["check", "old.toml", "--strict", "--format", "json"],
    "check github": ["check", "old.toml", "--strict", "--format", "github", "--model", "other"],
    "check rules": ["check", "old.toml", "--select", "all"],
    "check rules json": ["check", "old.toml", "--select", "all", "--format", "json"],
    "check rules github": ["check", "old.toml", "--select", "all", "--format", "github"],
    "check debug": ["check", "missing.toml", "--debug"],
    "run": ["run", "-p", "x", "--debug", "--timeout", "1", "--max-retries", "0"],
    "run json": ["run", "-p", "x", "--output-format", "json", "--timeout", "1", "--max-retries", "0"],
    "run stream-json": ["run", "-p", "x", "--output-format", "stream-json", "--timeout", "1", "--max-retries", "0"],
    "doctor": ["doctor", "--debug", "--chat", "--timeout", "1"],
    "doctor json": ["doctor", "--format", "json", "--timeout", "1"],
    "run config": ["run", "-p", "x", "--config", "old.toml", "--debug"],
    "envfile": ["envfile", ".env"],
    "envfile json": ["envfile", "--format", "json", ".env", "../../.qwen/.env", "../../.env"],
}


def write_world(desk: Desk, world: World) -> None:
    desk.run("resolve", "-o", "old.toml", "--openai-api-key", "another", "--openai-base-url", NOWHERE).exits(0)
    for path, text in world.files.items():
        desk.write(path, text.encode(errors="surrogateescape"))


def search_everything(desk: Desk, world: World, commands: Mapping[str, list[str]] = COMMANDS) -> list[str]:
    """Run every command, and return the outputs and files with a secret in them."""
    write_world(desk, world)
    before = desk.files()
    outcomes = desk.run_each([_argv(words, world) for words in commands.values()], world.env)
    written = {path: text.decode() for path, text in desk.files().items() if before.get(path) != text}
    outputs = {
        f"{name}: {part}": getattr(o, part)
        for name, o in zip(commands, outcomes, strict=True)
        for part in ("out", "err")
    }
    for outcome in outcomes:
        assert outcome.code in (0, 1, 2, 3, 6), outcome.err
    assert any(outputs.values())
    # A screen may break a secret over lines.
    return [
        place
        for place, text in {**outputs, **written}.items()
        for secret in world.secrets
        if secret in text or secret in "".join(text.split())
    ]


def _argv(words: list[str], world: World) -> list[str]:
    argv = [*words, *(world.flags if words[0] != "envfile" and "--config" not in words else [])]
    if words[0] == "run" and "--config" not in words:
        argv += ["--openai-base-url", NOWHERE, "--max-retries", "0"]
    return argv


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("where", KEYS, ids=lambda where: where.__name__.strip("_"))
def test_no_key_is_shown(desk: Desk, where: Callable[[list[str]], World], shape: str) -> None:
    secrets = [SHAPES[shape].format(number) for number in range(3)]
    # A secret that does not look like a key has to be hidden everywhere; for the other, half of the cases are enough.
    commands = COMMANDS if shape == "plain" else dict(list(COMMANDS.items())[::2])
    assert search_everything(desk, where(secrets), commands) == []


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "HTTPS_PROXY"])
@pytest.mark.parametrize("kind", URLS)
def test_no_secret_part_of_a_url_is_shown(desk: Desk, kind: str, variable: str) -> None:
    secret = IN_A_URL.format(1)
    world = World([secret], env={"OPENAI_API_KEY": "another", variable: URLS[kind].format(secret)})
    few = ["resolve", "explain", "explain json", "check json", "run", "debug"]
    assert search_everything(desk, world, {name: COMMANDS[name] for name in few}) == []


@pytest.mark.parametrize("kind", ["user info", "a query", "a slash before the at sign"])
def test_no_secret_of_an_unused_file_is_shown(desk: Desk, kind: str) -> None:
    one, other = (IN_A_URL.format(number) for number in (1, 2))
    files = {
        "work/app/.env": f"OPENAI_BASE_URL='{URLS[kind].format(one)}'\nHTTPS_PROXY='{URLS[kind].format(one)}'\n",
        ".env": f"OPENAI_BASE_URL='{URLS[kind].format(other)}'\n",
    }
    world = World([one, other], env={"OPENAI_API_KEY": "another", "OPENAI_BASE_URL": "http://h/v1"}, files=files)
    few = [
        "resolve",
        "explain",
        "explain all",
        "explain base_url",
        "explain json",
        "other profile",
        "envfile",
        "envfile json",
    ]
    assert search_everything(desk, world, {name: COMMANDS[name] for name in few}) == []


def test_a_model_that_looks_like_a_key_is_not_shown(desk: Desk) -> None:
    """Only its form shows that it is a key."""
    secret = SHAPES["shaped"].format(1)
    world = World([secret], env={"OPENAI_API_KEY": "another", "OPENAI_MODEL": secret})
    assert search_everything(desk, world, {n: c for n, c in COMMANDS.items() if c[0] in ("resolve", "check")}) == []


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("where", [_in_environment, _as_the_model_too, _in_unreached_files])
def test_a_terminal_shows_no_secret(desk: Desk, where: Callable[[list[str]], World], width: int) -> None:
    world = where([SHAPES["plain"].format(number) for number in range(3)])
    write_world(desk, world)
    screen = run_on_screen(desk, "resolve", "--explain", "--all", *world.flags, width=width, env=world.env)
    closed_up = "".join(screen.text.split())
    assert not [secret for secret in world.secrets if secret in closed_up or secret in screen.text]


def _artifacts(text: str, secret: str) -> dict[str, str]:
    quoted = f'"{secret}"'
    reference = '[config.api_key]\nfrom = "flag"\nflag = "--openai-api-key"'
    assert reference in text
    return {
        "the key as a text": text.replace(reference, "").replace("[config]", f"[config]\napi_key = {quoted}"),
        "a value beside a reference": text.replace(reference, f"{reference}\nvalue = {quoted}"),
        "an unknown kind": text.replace(reference, f"[config.api_key]\nfrom = {quoted}"),
        "a flag": text.replace('flag = "--openai-api-key"', f"flag = {quoted}"),
        "a method": text.replace('auth_method = "openai"', f"auth_method = {quoted}"),
        "a base URL": text.replace('"http://127.0.0.1:9/v1"', f'"http://user:{secret}@host/v1"'),
        "a query": text.replace('"http://127.0.0.1:9/v1"', f'"http://host/v1?api_key={secret}"'),
        "a number": text.replace("timeout = 120.0", f"timeout = {quoted}"),
        "the format": text.replace("format = 1", f"format = {quoted}", 1),
        "outside of quotes": text.replace("timeout = 120.0", f"timeout = {secret}"),
        "an unknown key": text.replace("format = 1", f"format = 1\nkey = {quoted}", 1),
        "a literal and a model": text.replace(
            reference, f'[config.api_key]\nfrom = "literal"\nvalue = {quoted}'
        ).replace('model = "gpt-4o"', f"model = {quoted}"),
    }


_KINDS = list(_artifacts('[config]\n[config.api_key]\nfrom = "flag"\nflag = "--openai-api-key"', ""))


@pytest.mark.parametrize("kind", _KINDS)
def test_a_secret_at_a_wrong_place_of_an_artifact_is_not_shown(desk: Desk, kind: str) -> None:
    secret = SHAPES["plain"].format(1)
    write_world(desk, World([]))
    bad = desk.write("work/app/bad.toml", _artifacts((desk.cwd / "old.toml").read_text(), secret)[kind])
    assert secret in bad.read_text()
    command_lines = (
        ["check", "bad.toml", "--artifact-only"],
        ["check", "bad.toml", "--strict", "--format", "json", "--openai-api-key", "another", "--debug"],
        ["check", "bad.toml", "--format", "github", "--openai-api-key", "another"],
        ["run", "-p", "x", "--config", "bad.toml"],
    )
    for outcome in desk.run_each(command_lines):
        assert secret not in outcome.output


def test_an_inlined_key_is_only_in_the_artifact(desk: Desk) -> None:
    secret = SHAPES["plain"].format(1)
    env = {"OPENAI_API_KEY": secret}
    output = desk.run("resolve", "--inline-secrets", "-o", "a.toml", "--explain", env=env).exits(0).output
    document = tomllib.loads((desk.cwd / "a.toml").read_text())
    assert document["config"]["api_key"]["value"] == secret
    for argv in (
        ["check", "a.toml", "--strict"],
        ["check", "a.toml", "--format", "github", "--model", "m"],
        ["check", "a.toml", "--strict", "--format", "json"],
    ):
        output += desk.run(*argv, env={"OPENAI_API_KEY": "another-key-of-this-test"}).output
    output += desk.run("run", "-p", "x", "--config", "a.toml", "--debug").output
    assert secret not in output
    assert "another-key-of-this-test" not in output
