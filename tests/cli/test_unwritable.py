"""Failed writes: every command ends with the same exit code and reports the file."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from .process import KEY, Outcome, Run, run_all

if TYPE_CHECKING:
    from pathlib import Path

    from .process import Desk

WITH_KEY = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://models.example/v1"}
LOGIN = ".qwen/oauth_creds.json"
CANNOT_WRITE = 2

# Makes a directory read-only for a process and its children.
_READ_ONLY = """\
import ctypes, os
# <sched.h>, <sys/mount.h>
CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)

def call(status):
    if status:
        raise OSError(ctypes.get_errno(), "no file system can be mounted here")

call(libc.unshare(CLONE_NEWNS))
call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
call(libc.mount(name, name, None, MS_BIND, None))
call(libc.mount(name, name, None, MS_BIND | MS_REMOUNT | MS_RDONLY, None))
# The working directory is still below the mount.
os.chdir(os.getcwd())
"""


def read_only(place: Path) -> str:
    """Return Python code that makes a directory read-only for its process."""
    return f"name = {os.fsencode(place)!r}\n{_READ_ONLY}"


@pytest.fixture(scope="module")
def may_mount(tmp_path_factory: pytest.TempPathFactory) -> None:
    child = os.fork()
    if child == 0:
        try:
            exec(read_only(tmp_path_factory.mktemp("mounted")), {})
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        pytest.skip("no file system can be mounted here")


def prepare(desk: Desk) -> None:
    """Write the files that the commands need while this is possible."""
    desk.write(LOGIN, json.dumps({"access_token": "a", "refresh_token": "r"})).chmod(0o600)
    desk.write("work/app/.env", "OPENAI_MODEL=m\n")
    desk.run("resolve", "-o", "there.toml", env=WITH_KEY).exits(0)
    desk.write("work/app/.env", "OPENAI_MODEL=other\nOPENAI_BASE_URL=http://stranger.example/v1\n")


COMMANDS = (
    ("resolve", "-o", "a.toml"),
    ("resolve", "-o", "there.toml"),
    ("resolve", "--inline-secrets", "-o", "a.toml"),
    ("check", "there.toml", "--update"),
    ("init", "--no-verify", "-o", "a.toml"),
    ("init", "--no-verify", "--openai-api-key", KEY),
    ("auth", "logout"),
)


def is_reported(outcome: Outcome) -> None:
    outcome.exits(CANNOT_WRITE)
    assert "Read-only file system" in outcome.err
    assert KEY not in outcome.output


@pytest.mark.usefixtures("may_mount")
def test_every_command_on_a_read_only_file_system(desk: Desk) -> None:
    prepare(desk)
    before = desk.files()
    mount = read_only(desk.home)
    for argv in COMMANDS:
        is_reported(desk.run(*argv, env=WITH_KEY, before=mount))
    is_reported(desk.run("trust", "--yes", env={"OPENAI_API_KEY": KEY}, before=mount))
    assert desk.files() == before


@pytest.mark.usefixtures("may_mount")
def test_a_login_that_cannot_be_removed_is_reported(desk: Desk) -> None:
    prepare(desk)
    refused = desk.run("auth", "logout", before=read_only(desk.home)).exits(CANNOT_WRITE)
    assert "the login cannot be removed" in refused.err
    assert "You are still logged in" in refused.err
    assert (desk.home / LOGIN).exists()
    (desk.home / LOGIN).unlink()
    none = desk.run("auth", "logout", before=read_only(desk.home)).exits(0)
    assert "No login found" in none.out


def test_every_command_with_an_impossible_directory(desk: Desk) -> None:
    """Root cannot write there either: the directory is a file, or in /proc."""
    prepare(desk)
    desk.write("file", "")
    places = ("/proc/a.toml", "/sys/a.toml", "there.toml/a")
    runs = [[*command, "-o", place] for command in (["resolve"], ["init", "--no-verify"]) for place in places]
    for outcome in run_all([Run(argv, desk.cwd, desk.home, WITH_KEY) for argv in runs]):
        outcome.exits(CANNOT_WRITE)
    state = {"XDG_STATE_HOME": str(desk.home / "file"), "OPENAI_API_KEY": KEY}
    desk.run("trust", "--yes", env=state).exits(CANNOT_WRITE)
    desk.write("work/app/.qwen", "a file")
    refused = desk.run("init", "--no-verify", "--openai-api-key", KEY).exits(CANNOT_WRITE)
    assert "./.qwen/.env: nothing can be saved here: Not a directory" in refused.err


def test_every_command_on_a_full_disk(desk: Desk) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        outcome = desk.run("resolve", env=WITH_KEY, stdout=full).exits(CANNOT_WRITE)
    assert "No space left on device" in outcome.err
