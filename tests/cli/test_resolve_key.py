"""`qwen-cfg resolve`: the secret reference, and keys in the artifact."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tomllib
from typing import TYPE_CHECKING

import pytest
from support.git import git

from .artifacts import WITH_KEY, config
from .process import KEY

if TYPE_CHECKING:
    from .process import Desk

# The secret reference.


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("environment:CI_KEY", {"from": "environment", "variable": "CI_KEY"}),
        ("env-file:./secret.env:THE_KEY", {"from": "env-file", "path": "./secret.env", "variable": "THE_KEY"}),
        ("env-file:~/a:b.env:THE_KEY", {"from": "env-file", "path": "~/a:b.env", "variable": "THE_KEY"}),
        ("flag", {"from": "flag", "flag": "--openai-api-key"}),
        ("oauth-cache", {"from": "oauth-cache", "path": "~/.qwen/oauth_creds.json"}),
    ],
)
def test_secret_from_sets_the_reference(desk: Desk, text: str, reference: dict[str, str]) -> None:
    # There is no key, only the reference. The login is for the last reference.
    result = config(desk.run("resolve", "--secret-from", text))
    assert result["api_key"] == reference
    assert result["auth_method"] == ("qwen-oauth" if text == "oauth-cache" else "openai")


def test_secret_from_overrides_a_present_key(desk: Desk) -> None:
    desk.write("work/app/.qwen/.env", f"OPENAI_API_KEY={KEY}\n")
    assert config(desk.run("resolve"))["api_key"]["from"] == "env-file"
    moved = desk.run("resolve", "--secret-from", "environment:OPENAI_API_KEY").exits(0).toml
    assert moved["config"]["api_key"] == {"from": "environment", "variable": "OPENAI_API_KEY"}
    assert moved["provenance"]["api_key"]["layer"] == "environment"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "environment",
        "environment:",
        "environment:1A",
        "environment:a b",
        "env-file:X",
        "env-file::X",
        KEY,
        f"environment:{KEY}",
        f"literal:{KEY}",
        "flag:x",
    ],
)
def test_an_invalid_secret_from_is_refused_and_not_shown(desk: Desk, text: str) -> None:
    outcome = desk.run("resolve", "--secret-from", text).exits(2)
    assert "environment:VARIABLE" in outcome.err
    assert KEY not in outcome.output
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("env:OPENAI", "unknown kind 'env'"),
        (f"{KEY}:X", "unknown kind (not shown"),
        ("environment:1A", "invalid environment reference"),
        ("3fd0c1a99d", "the kind of the reference is missing"),
    ],
)
def test_an_invalid_secret_from_names_the_problem(desk: Desk, text: str, problem: str) -> None:
    outcome = desk.run("resolve", "--secret-from", text).exits(2)
    assert problem in outcome.err
    assert KEY not in outcome.output


# Keys in the artifact.


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")


def test_an_inlined_secret_is_only_in_a_private_file(desk: Desk) -> None:
    open_to_all = desk.write("work/app/a.toml", "old\n")
    open_to_all.chmod(0o666)
    for name in ("a.toml", "b.json"):
        outcome = desk.run("resolve", "--inline-secrets", "-o", name, env=WITH_KEY).exits(0)
        assert KEY not in outcome.output
        file = desk.cwd / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        document = json.loads(file.read_text()) if name.endswith("json") else tomllib.loads(file.read_text())
        assert document["config"]["api_key"] == {"from": "literal", "value": KEY}


@pytest.mark.parametrize("argv", [[], ["--explain"], ["-o", "pipe"], ["-o", "/dev/null"]])
def test_inlined_secrets_need_a_regular_file(desk: Desk, argv: list[str]) -> None:
    os.mkfifo(desk.cwd / "pipe")
    outcome = desk.run("resolve", "--inline-secrets", *argv, env=WITH_KEY).exits(2)
    assert KEY not in outcome.output
    assert "-o" in outcome.err


def test_inline_secrets_needs_a_key(desk: Desk) -> None:
    desk.run("resolve", "--inline-secrets", "--auth-type", "qwen-oauth", "-o", "a.toml").exits(3)
    assert desk.files() == {}


@needs_git
def test_inlined_secrets_are_refused_in_a_file_that_git_tracks(desk: Desk) -> None:
    git(desk.cwd, "init", ".")
    tracked = desk.write("work/app/tracked.toml", "as it was\n")
    desk.write("work/app/deep/er/also.toml", "as it was\n")
    git(desk.cwd, "add", ".")
    (desk.cwd / "link.toml").symlink_to("tracked.toml")
    for name in ("tracked.toml", "./deep/er/also.toml", "link.toml", str(tracked)):
        outcome = desk.run("resolve", "--inline-secrets", "-o", name, env=WITH_KEY).exits(2)
        assert "git" in outcome.err
        assert KEY not in outcome.output
    assert not any(KEY.encode() in content for content in desk.files().values())
    desk.run("resolve", "--inline-secrets", "-o", "untracked.toml", env=WITH_KEY).exits(0)
    git(desk.cwd, "commit", "-m", "x")
    tracked.unlink()
    desk.run("resolve", "--inline-secrets", "-o", "tracked.toml", env=WITH_KEY).exits(2)


@needs_git
def test_inlined_secrets_are_refused_if_the_git_status_is_unknown(desk: Desk) -> None:
    """A repository that git cannot read may track the file."""
    git(desk.cwd, "init", ".")
    tracked = desk.write("work/app/tracked.toml", "as it was\n")
    git(desk.cwd, "add", ".")
    (desk.cwd / ".git/index").write_bytes(b"broken")
    outcome = desk.run("resolve", "--inline-secrets", "-o", "tracked.toml", env=WITH_KEY)
    assert tracked.read_text() == "as it was\n"
    outcome.exits(2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
@needs_git
def test_inlined_secrets_are_refused_in_another_users_repository(desk: Desk) -> None:
    """Git refuses to read it ("dubious ownership"), as in many containers."""
    git(desk.cwd, "init", ".")
    tracked = desk.write("work/app/tracked.toml", "as it was\n")
    git(desk.cwd, "add", ".")
    for path in (desk.cwd, *desk.cwd.rglob("*")):
        os.chown(path, 65534, 65534)
    outcome = desk.run("resolve", "--inline-secrets", "-o", "tracked.toml", env=WITH_KEY)
    assert tracked.read_text() == "as it was\n"
    outcome.exits(2)


def test_without_git_inlined_secrets_are_allowed(desk: Desk) -> None:
    desk.run("resolve", "--inline-secrets", "-o", "a.toml", env={**WITH_KEY, "PATH": str(desk.home)}).exits(0)
    assert KEY in (desk.cwd / "a.toml").read_text()
