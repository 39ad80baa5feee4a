"""`qwen-cfg check`: a new artifact has no drift, and drift is reported and fixed."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from .process import KEY, PASSED_PIPE, open_pipe

if TYPE_CHECKING:
    from pathlib import Path

    from .process import Desk

WITH_KEY = {"OPENAI_API_KEY": KEY}
FORMATS = ["text", "json", "github"]


def put_env_file(desk: Desk, model: str = "qwen3-coder-plus") -> None:
    desk.write("work/app/.env", f"OPENAI_API_KEY={KEY}\nDEBUG=1\nOPENAI_MODEL='{model}'\n")


def state(path: Path) -> tuple[bytes, int, int]:
    return path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino


# A new artifact.


@pytest.mark.parametrize("strict", [[], ["--strict"]], ids=["", "strict"])
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--model", "m#1", "--timeout", "1.25", "--max-retries", "0", "--debug"],
        ["--no-debug", "--usage-statistics", "--excluded-variables", "none"],
        ["--no-proxy", "a,.b", "--proxy", "http://p:1", "--ca-bundle", "./certificates/x.pem"],
        ["--openai-base-url", "http://[::1]:1/v1", "--openai-api-key", "another-key-entirely"],
        ["--model", ""],
        ["--auth-type", "qwen-oauth"],
        ["--env-file", "../prod.env"],
        ["--env-file", "~odd name.env"],
        ["--no-env-file", "--openai-api-key", KEY],
        ["--profile", "qwen-code-0.21", "--auth-type", "openai"],
        ["--env-dialect", "python"],
        ["--secret-from", "environment:CI_KEY"],
        ["--secret-from", "env-file:../prod.env:OPENAI_API_KEY"],
        ["--secret-from", "oauth-cache", "--auth-type", "qwen-oauth"],
        ["--inline-secrets"],
    ],
    ids=" ".join,
)
def test_a_new_artifact_has_no_drift(desk: Desk, options: list[str], strict: list[str]) -> None:
    put_env_file(desk, "a#b")
    desk.write("work/prod.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=prod\n")
    desk.write("work/app/~odd name.env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=odd\n")
    desk.write(".qwen/.env", "OPENAI_BASE_URL=http://home/v1\n")
    desk.write(".qwen/oauth_creds.json", "{}")
    name = "a.json" if strict else "a.toml"
    desk.run("resolve", "-o", name, *options).exits(0)
    before = state(desk.cwd / name)
    # A key from a flag lasts for one process, and has to be given again.
    again = ["--openai-api-key", "any"] if strict and "--openai-api-key" in options else []
    outcome = desk.run("check", name, *strict, *again).exits(0)
    assert name in outcome.out
    desk.run("check", name, *strict, *again, "--update").exits(0)
    assert state(desk.cwd / name) == before


def test_a_profile_from_the_environment_is_stored_in_the_artifact(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=project\n")
    desk.write(".env", f"OPENAI_API_KEY={KEY}\n")
    desk.run("resolve", "--auth-type", "openai", "-o", "a.toml", env={"QWEN_CFG_PROFILE": "qwen-code-0.21"}).exits(0)
    desk.run("check", "a.toml", "--strict").exits(0)


# Drift.


def test_drift_is_reported_field_by_field(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    before = state(desk.cwd / "a.toml")
    put_env_file(desk, "qwen3-max")
    env = {"OPENAI_BASE_URL": "http://elsewhere/v1"}
    outcome = desk.run("check", "a.toml", env=env).exits(1)
    text = " ".join(outcome.out.split())
    assert re.search(r"model was qwen3-coder-plus \[\./\.env:3[^]]*\] is qwen3-max \[\./\.env:3", text)
    assert re.search(r"base_url was https://api\.openai\.com/v1 \[default\] is http://elsewhere/v1 \[environment", text)
    assert "2 of 14 fields" in text
    data = desk.run("check", "a.toml", "--format", "json", env=env).exits(1).json
    assert data["exit_code"] == 1
    assert data["status"] == "drift"
    differences = {d["field"]: (d["old"], d["new"]) for d in data["differences"]}
    assert differences == {
        "base_url": ("https://api.openai.com/v1", "http://elsewhere/v1"),
        "model": ("qwen3-coder-plus", "qwen3-max"),
    }
    assert data["mend"].startswith("qwen-cfg check a.toml --update")
    assert data["mend"] in outcome.out
    assert state(desk.cwd / "a.toml") == before


@pytest.mark.parametrize("name", ["a.toml", "a.json"])
def test_update_rewrites_the_artifact_in_its_form(desk: Desk, name: str) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", name, "--timeout", "7").exits(0)
    (desk.cwd / name).chmod(0o640)
    put_env_file(desk, "qwen3-max")
    outcome = desk.run("check", name, "--update").exits(0)
    assert "qwen3-max" in outcome.out
    text = (desk.cwd / name).read_text()
    document = json.loads(text) if name == "a.json" else tomllib.loads(text)
    assert document["config"]["model"] == "qwen3-max"
    assert document["config"]["timeout"] == 7
    assert (desk.cwd / name).stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in desk.cwd.iterdir()) == [".env", name]
    desk.run("check", name, "--strict").exits(0)


@pytest.mark.parametrize("strict", [[], ["--strict"]], ids=["", "strict"])
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--model", "new model; rm"],
        ["--model=-dash"],
        ["--no-debug"],
        ["--no-env-file", "--openai-base-url", "http://x/v1"],
        ["--env-file", "my env"],
    ],
    ids=" ".join,
)
def test_the_suggested_command_fixes_the_drift(desk: Desk, options: list[str], strict: list[str]) -> None:
    put_env_file(desk)
    desk.write("work/app/my env", f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=named\n")
    desk.run("resolve", "-o", "the artifact.toml", "--debug").exits(0)
    # Another line for the same value: only provenance has changed, apart from what the options change.
    desk.write("work/app/.env", f"\nOPENAI_API_KEY={KEY}\nDEBUG=1\nOPENAI_MODEL='qwen3-coder-plus'\n")
    document = desk.run("check", "the artifact.toml", *strict, *options, "--format", "json", env=WITH_KEY).json
    if document["mend"] is None:
        assert not strict
        assert not options
        return
    program, *argv = shlex.split(document["mend"])
    assert program == "qwen-cfg"
    desk.run(*argv, env=WITH_KEY).exits(0)
    desk.run("check", "the artifact.toml", *strict, env=WITH_KEY).exits(0)


def test_the_suggested_command_never_contains_the_key(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    for form in FORMATS:
        outcome = desk.run("check", "a.toml", "--openai-api-key", KEY, "--model", "m", "--format", form).exits(1)
        assert KEY not in outcome.output


def test_strict_compares_origins(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    desk.write("work/app/.env", f"OPENAI_MODEL=qwen3-coder-plus\nOPENAI_API_KEY={KEY}\n")
    desk.run("check", "a.toml").exits(0)
    data = desk.run("check", "a.toml", "--strict", "--format", "json").exits(1).json
    differences = {(d["field"], d["part"]): (d["old"], d["new"]) for d in data["differences"]}
    assert {"model", "api_key"} <= {field for field, _ in differences}
    assert ("excluded", "resolution") in differences
    moved = desk.run("check", "a.toml", "--strict", "--format", "json", env=WITH_KEY).exits(1).json
    assert ("api_key", "secret reference") in {(d["field"], d["part"]) for d in moved["differences"]}
    desk.run("check", "a.toml", env=WITH_KEY).exits(0)


def test_a_changed_key_is_no_drift(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    desk.write("work/app/.env", "OPENAI_API_KEY=another\nDEBUG=1\nOPENAI_MODEL='qwen3-coder-plus'\n")
    desk.run("check", "a.toml", "--strict").exits(0)


def test_a_given_flag_overrides_the_flag_in_the_artifact(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml", "--model", "written").exits(0)
    desk.run("check", "a.toml", "--model", "written").exits(0)
    assert "given" in desk.run("check", "a.toml", "--model", "given").exits(1).out


# A machine without the key.


@pytest.mark.parametrize("options", [[], ["--secret-from", "environment:CI_KEY"]], ids=["", "secret-from"])
@pytest.mark.parametrize("login", [False, True], ids=["", "login"])
def test_a_missing_key_is_only_a_note(desk: Desk, options: list[str], login: bool) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=qwen3-coder-plus\n")
    desk.run("resolve", "-o", "a.toml", *options, env=WITH_KEY).exits(0)
    if login:
        desk.write(".qwen/oauth_creds.json", "{}")
    outcome = desk.run("check", "a.toml").exits(0)
    assert "no API key" in outcome.err
    data = desk.run("check", "a.toml", "--format", "json").exits(0).json
    assert (data["status"], len(data["notes"])) == ("same", 1)
    assert "::notice" in desk.run("check", "a.toml", "--format", "github").exits(0).out
    strict = desk.run("check", "a.toml", "--strict").exits(1)
    assert "api_key" in strict.out
    assert "--update" not in strict.out
    before = state(desk.cwd / "a.toml")
    desk.run("check", "a.toml", "--strict", "--update").exits(1)
    desk.run("check", "a.toml", "--update").exits(0)
    assert state(desk.cwd / "a.toml") == before


def test_a_missing_key_does_not_hide_other_drift(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    desk.write("work/app/.env", "DEBUG=1\n")
    outcome = desk.run("check", "a.toml", "--format", "json").exits(1).json
    assert [d["field"] for d in outcome["differences"]] == ["model"]
    assert len(outcome["notes"]) == 1


def test_a_key_at_the_place_that_the_artifact_names_is_not_missing(desk: Desk) -> None:
    """Made on a machine with the file, and checked in CI, where the key is a secret."""
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml", "--secret-from", "environment:CI_KEY").exits(0)
    desk.write("work/app/.env", "DEBUG=1\n\nOPENAI_MODEL=qwen3-coder-plus\n")
    outcome = desk.run("check", "a.toml", env={"CI_KEY": KEY}).exits(0)
    assert "no API key" not in outcome.output


def test_an_update_keeps_the_secret_reference(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml", "--secret-from", "environment:CI_KEY").exits(0)
    put_env_file(desk, "qwen3-max")
    desk.run("check", "a.toml", "--update").exits(0)
    written = tomllib.loads((desk.cwd / "a.toml").read_text())["config"]
    assert written["model"] == "qwen3-max"
    assert written["api_key"] == {"from": "environment", "variable": "CI_KEY"}


def test_without_a_key_a_fifo_is_read_once(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=piped\n")
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY).exits(0)
    outcome = desk.run("check", "a.toml", "--env-file", PASSED_PIPE, before=open_pipe(b"OPENAI_MODEL=piped\n"))
    outcome.exits(0)


# The artifact alone.


def test_an_artifact_can_be_checked_alone(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    desk.write("work/app/.env", b"\xff")
    desk.run("check", "a.toml").exits(3)
    desk.run("check", "a.toml", "--artifact-only").exits(0)
    assert desk.run("check", "a.toml", "--artifact-only", "--format", "json").exits(0).json["status"] == "valid"
    desk.run("check", "a.toml", "--artifact-only", "--format", "github").exits(0)


def bad_artifacts(text: str) -> dict[str, bytes]:
    def with_change(old: str, new: str) -> bytes:
        assert old in text
        return text.replace(old, new, 1).encode()

    return {
        "truncated": text[: len(text) // 2].encode(),
        "truncated in a string": text[: text.index("gpt-4o") + 3].encode(),
        "empty": b"",
        "another format version": with_change("format = 1", "format = 2"),
        "no format": with_change("format = 1", ""),
        "a format that is a text": with_change("format = 1", 'format = "1"'),
        "an unknown field": with_change("[config]", "[config]\ncolour = 1"),
        "an unknown key": with_change("format = 1", "format = 1\ncolour = 1"),
        "a missing field": with_change("max_retries = 3\n", ""),
        "a missing provenance": with_change("[provenance.model]", "[provenance.colour]"),
        "another type": with_change("max_retries = 3", 'max_retries = "3"'),
        "out of bounds": with_change("max_retries = 3", "max_retries = 21"),
        "not a number": with_change("timeout = 120.0", "timeout = nan"),
        "infinite": with_change("timeout = 120.0", "timeout = inf"),
        "an endless number": with_change("max_retries = 3", "max_retries = " + "1" * 5000),
        "a date": with_change('model = "gpt-4o"', "model = 1979-05-27"),
        "an unknown method": with_change('auth_method = "openai"', 'auth_method = "none"'),
        "an unknown profile": with_change('profile = "documented"', 'profile = "newest"'),
        "a relative base URL": with_change('"https://api.openai.com/v1"', '"api.openai.com"'),
        "a key in the clear": with_change(
            'from = "environment"\nvariable = "OPENAI_API_KEY"', f'from = "environment"\nvalue = "{KEY}"'
        ),
        "not UTF-8": b"\xff\xfe" + text.encode("utf-16-le"),
        "NUL": with_change("gpt-4o", "gpt\x004o"),
        "JSON that is cut off": b'{"format": 1, "config": {',
        "JSON that is a list": b"[]",
        "JSON with NaN": b'{"format": NaN}',
        "JSON, nested without end": b'{"a":' + b"[" * 100_000,
        "JSON with an endless number": b'{"format": ' + b"1" * 5000 + b"}",
        "something else": b"#!/bin/sh\necho hello\n",
    }


# The beginning of each bad artifact, for the names of the cases.
KINDS = list(
    bad_artifacts(
        'format = 1\nprofile = "documented"\n[config]\nauth_method = "openai"\n'
        'base_url = "https://api.openai.com/v1"\nmodel = "gpt-4o"\ntimeout = 120.0\nmax_retries = 3\n'
        '[config.api_key]\nfrom = "environment"\nvariable = "OPENAI_API_KEY"\n[provenance.model]\n'
    )
)


@pytest.mark.parametrize("kind", KINDS)
def test_an_invalid_artifact_is_refused(desk: Desk, kind: str) -> None:
    desk.run("resolve", "-o", "good.toml", env=WITH_KEY).exits(0)
    bad = desk.cwd / "bad.toml"
    bad.write_bytes(bad_artifacts((desk.cwd / "good.toml").read_text())[kind])
    before = state(bad)
    outcome = desk.run("check", "bad.toml", "--artifact-only", "--format", "json").exits(3)
    assert outcome.json["error"]["class"] == "ArtifactError"
    assert "bad.toml" in outcome.err
    assert KEY not in outcome.output
    desk.run("check", "bad.toml", "--update", env=WITH_KEY).exits(3)
    assert state(bad) == before


def test_the_place_in_the_artifact_is_named(desk: Desk) -> None:
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY).exits(0)
    text = (desk.cwd / "a.toml").read_text()
    desk.write("work/app/a.toml", text.replace("max_retries = 3", "max_retries = 21"))
    outcome = desk.run("check", "a.toml").exits(3)
    assert "config.max_retries: " in outcome.err
    assert "20" in outcome.err


@pytest.mark.parametrize("workspace", [None, "", "work", "elsewhere"])
@pytest.mark.parametrize("name", ["a.toml", "./a.toml", "../app/a.toml", "absolute", "missing.toml", "-C"])
def test_an_annotation_has_the_path_in_the_repository(desk: Desk, name: str, workspace: str | None) -> None:
    desk.run("resolve", "-o", "a.toml", env=WITH_KEY).exits(0)
    desk.write("work/.git/HEAD", "ref: refs/heads/main\n")
    top = desk.cwd.parent
    env = WITH_KEY if workspace is None else {**WITH_KEY, "GITHUB_WORKSPACE": str(top.parent / workspace)}
    before, file = (["-C", ".."], "app/a.toml") if name == "-C" else ([], name)
    file = str(desk.cwd / "a.toml") if name == "absolute" else file
    outcome = desk.run(*before, "check", file, "--format", "github", "--model", "other", env=env)
    assert outcome.code in (1, 3)
    # From a workspace that is the home, the path begins with `work/`.
    above = "work/" if workspace == "" else ""
    assert outcome.out.startswith(f"::error file={above}app/{'missing' if name == 'missing.toml' else 'a'}.toml,")
    assert outcome.code == 1 or "the file does not exist. Check the path." in outcome.out


@pytest.mark.parametrize("name", [".", "./", "../app", "empty"])
def test_a_directory_stands_for_the_artifact_in_it(desk: Desk, name: str) -> None:
    desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(0)
    (desk.cwd / "empty").mkdir()
    outcome = desk.run("check", name, env=WITH_KEY)
    if name == "empty":
        assert "empty: there is no qwen.toml in or below this directory" in outcome.exits(3).err
        out = desk.run("check", name, "--format", "github", env=WITH_KEY).exits(3).out
        assert out.startswith("::error file=empty/qwen.toml,line=1")
    else:
        assert outcome.exits(0).out.startswith(f"{name.removesuffix('/')}/qwen.toml: ")
        desk.run("terms", "--config", name, env=WITH_KEY).exits(0)


@pytest.mark.parametrize("argv", [["missing.toml"], ["."], ["missing/a.toml"], [""]])
def test_a_missing_file_is_an_error(desk: Desk, argv: list[str]) -> None:
    outcome = desk.run("check", *argv).exits(3)
    assert outcome.out == ""


# Annotations.


ANNOTATION = re.compile(r"::(error|warning|notice) file=([^,]*),line=(\d+),title=([^:]*)::(.*)")


@pytest.mark.parametrize("name", ["a.toml", "a.json"])
def test_annotations_have_the_lines_of_the_fields(desk: Desk, name: str) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", name).exits(0)
    lines = (desk.cwd / name).read_text().splitlines()
    flags = {"model": "m", "base_url": "https://x/v1", "timeout": "5", "no_proxy": "a", "debug": ""}
    argv = [word for field, value in flags.items() for word in _flag(field, value)]
    out = desk.run("check", name, "--format", "github", *argv).exits(1).out
    found = [ANNOTATION.fullmatch(line) for line in out.splitlines()]
    assert all(found)
    reference_of_pointer = {}
    for match in filter(None, found):
        level, file, line, _, message = match.groups()
        assert (level, file) == ("error", name)
        reference_of_pointer[message.split()[0]] = int(line)
    assert reference_of_pointer.keys() == flags.keys()
    for field, number in reference_of_pointer.items():
        assert lines[number - 1].lstrip().startswith(f'"{field}":' if name == "a.json" else f"{field} =")
        # The line of the value, not that of its provenance.
        assert number < next(n for n, line in enumerate(lines, 1) if "provenance" in line)


def _flag(field: str, value: str) -> list[str]:
    flag = {"base_url": "--openai-base-url"}.get(field, f"--{field.replace('_', '-')}")
    return [flag, value] if value else [flag]


def test_strict_annotations_have_the_lines_of_the_provenance(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    lines = (desk.cwd / "a.toml").read_text().splitlines()
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    out = desk.run("check", "a.toml", "--strict", "--format", "github").exits(1).out
    at = {}
    for match in filter(None, map(ANNOTATION.fullmatch, out.splitlines())):
        at.setdefault(match[5].split()[0], lines[int(match[3]) - 1])
    assert at["api_key"] == "[config.api_key]"
    assert at["env_file"] == "[env_file]"
    assert at["excluded"] == "excluded = ["
    assert at["model"].startswith("model =")


def test_annotations_are_escaped(desk: Desk) -> None:
    put_env_file(desk)
    name = "100%, a:b.toml"
    desk.run("resolve", "-o", name).exits(0)
    out = desk.run("check", name, "--format", "github", "--model", "x%y\r\n::error::z").exits(3).out
    assert len(out.splitlines()) == 1
    assert out.startswith("::error file=100%25%2C a%3Ab.toml,line=")
    assert "x%25y" in out
    drift = desk.run("check", name, "--format", "github", "--model", "x%y::error::z").exits(1).out
    assert len(drift.splitlines()) == 1
    assert "x%25y::error::z" in drift


def test_control_characters_do_not_reach_a_terminal(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    put_env_file(desk, "a\x1b[2Jb\x9b31m")
    for form in FORMATS:
        outcome = desk.run("check", "a.toml", "--format", form).exits(3)
        assert not re.search("[\x00-\x09\x0b-\x1f\x80-\x9f]", outcome.output), form


# Writing.


@pytest.mark.parametrize(
    "argv", [[], ["--strict"], ["--artifact-only"], ["--format", "json"], ["--format", "github"]], ids=" ".join
)
def test_a_check_without_update_writes_nothing(desk: Desk, argv: list[str]) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml").exits(0)
    put_env_file(desk, "other")
    before: dict[str, Any] = {name: state(desk.home / name) for name in desk.files()}
    desk.run("check", "a.toml", *argv).exits(0 if "--artifact-only" in argv else 1)
    assert {name: state(desk.home / name) for name in desk.files()} == before


def test_an_update_that_cannot_be_written_leaves_the_old_artifact(open_desk: Desk) -> None:
    put_env_file(open_desk)
    open_desk.run("resolve", "-o", "a.toml").exits(0)
    put_env_file(open_desk, "other")
    before = state(open_desk.cwd / "a.toml")
    (open_desk.cwd / ".env").chmod(0o644)
    open_desk.cwd.chmod(0o555)
    open_desk.run("check", "a.toml", "--update", nobody=True).exits(2)
    assert state(open_desk.cwd / "a.toml") == before


def test_an_update_with_a_key_inside_stays_private(desk: Desk) -> None:
    put_env_file(desk)
    desk.run("resolve", "-o", "a.toml", "--inline-secrets").exits(0)
    put_env_file(desk, "other")
    outcome = desk.run("check", "a.toml", "--update").exits(0)
    assert KEY not in outcome.output
    assert KEY in (desk.cwd / "a.toml").read_text()
    assert (desk.cwd / "a.toml").stat().st_mode & 0o777 == 0o600
