"""Links: nothing is written through a link in a project; links outside of projects are followed."""

from __future__ import annotations

import os
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qwen_schema import unexpected_error

from .process import KEY, Run, env_of, run_all
from .terminal import Typing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.provider import Provider

    from .process import Desk

WITH_KEY = {"OPENAI_API_KEY": KEY}


def clone(desk: Desk) -> None:
    """Make the project a git work tree, like a cloned repository."""
    subprocess.run(["git", "init", "-q", str(desk.cwd)], check=True)


def make_link(desk: Desk, link: str, target: str) -> Path:
    """Make a link in the project."""
    place = desk.cwd / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)
    return place


@pytest.fixture
def untouched(desk: Desk) -> Iterator[Path]:
    """A file and a directory of the user outside of the project; check that they are unchanged after the test."""
    profile = desk.write(".profile", "# mine\n")
    profile.chmod(0o644)
    (desk.home / "public").mkdir()
    yield profile
    assert profile.read_text() == "# mine\n"
    assert profile.stat().st_mode & 0o777 == 0o644
    assert not list((desk.home / "public").iterdir())
    assert not (desk.home / ".bash_aliases").exists()
    assert KEY.encode() not in b"".join(desk.files().values())


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("link", "target"),
    [
        (".qwen/.env", "../../../.bash_aliases"),
        (".qwen/.env", "../../../.profile"),
        (".qwen", "../../public"),
        (".qwen", "../../missing"),
    ],
)
def test_the_first_run_saves_nothing_through_a_link(desk: Desk, server: Provider, link: str, target: str) -> None:
    """A clone's link leads to the shell's startup file, and its model would be run by a shell."""
    clone(desk)
    make_link(desk, link, target)
    desk.write("work/app/.env", "OPENAI_MODEL=gpt-4o'$(touch pwned)'x\n")
    with Typing(desk, "run", height=60, width=200) as person:
        for keys, wanted in (
            ("8\r", "Provider ["),
            ("\x15" + f"{server.url}/v1\r", "Base URL"),
            (f"{KEY}\r", "API key ("),
            ("\r", "Model ["),
            ("\r", "Keep ["),
        ):
            person.until(wanted)
            person.type(keys)
        person.until("not saved", f"{link} is a link to", "In this session")
        person.type("\x04")
        assert person.exit_code() == 0
    assert (desk.cwd / link).is_symlink()


@pytest.mark.usefixtures("untouched")
def test_values_that_a_shell_would_run_are_not_saved(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_MODEL=gpt-4o'$(touch pwned)'x\n")
    flags = ["--openai-api-key", "x", "--openai-base-url", "http://localhost:1/v1"]
    refused = desk.run("init", "--no-verify", *flags, "--model", "gpt-4o'$(touch pwned)'x").exits(3)
    assert "OPENAI_MODEL cannot be written in this file" in refused.err
    assert "a single quote together with $" in refused.err
    assert not (desk.cwd / ".qwen").exists()
    assert not (desk.cwd / ".gitignore").exists()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("is_cloned", [True, False])
def test_no_artifact_is_written_through_a_link_of_a_project(desk: Desk, *, is_cloned: bool) -> None:
    if is_cloned:
        clone(desk)
    make_link(desk, "qwen.toml", "../../.profile")
    make_link(desk, "sub/qwen.toml", "../../../.bash_aliases")
    make_link(desk, "dir", "../../public")
    names = (
        "qwen.toml",
        "./sub/qwen.toml",
        "sub/../qwen.toml",
        str(desk.cwd / "qwen.toml"),
        "dir/a.toml",
        "dir/../a.toml",
    )
    commands = [["resolve", "-o", name] for name in names]
    commands += [
        ["resolve", "--inline-secrets", "-o", names[1]],
        ["init", "--no-verify"],
        ["init", "--no-verify", "-o", names[-1]],
    ]
    env = {**WITH_KEY, "OPENAI_MODEL": "gpt$(touch pwned)"}
    for outcome in run_all([Run(argv, desk.cwd, desk.home, env) for argv in commands]):
        assert "is a link to" in outcome.exits(2).err
        assert "Remove the link" in outcome.err


@pytest.mark.usefixtures("untouched")
def test_the_whole_work_tree_is_the_project(desk: Desk) -> None:
    """From a directory in the project, from the home, and from elsewhere."""
    clone(desk)
    (desk.cwd / "deep" / "er").mkdir(parents=True)
    make_link(desk, "qwen.toml", "../../.profile")
    runs = [
        Run(["resolve", "-o", "../../qwen.toml"], desk.cwd / "deep/er", desk.home, WITH_KEY),
        Run(["resolve", "-o", "work/app/qwen.toml"], desk.home, desk.home, WITH_KEY),
        Run(["resolve", "-o", str(desk.cwd / "qwen.toml")], desk.home / "work", desk.home, WITH_KEY),
    ]
    (desk.home / "shortcut").symlink_to("work/app/deep")
    make_link(desk, "deep/a.toml", "../../../.profile")
    runs.append(Run(["resolve", "-o", "shortcut/a.toml"], desk.home, desk.home, WITH_KEY))
    for outcome in run_all(runs):
        assert "is a link to" in outcome.exits(2).err
    # A file outside of the project is written from every directory.
    fine = [["resolve", "-o", name] for name in ("shortcut/b.toml", "work/app/b.toml", "work/app/deep/../c.toml")]
    for outcome in run_all([Run(argv, desk.home, desk.home, WITH_KEY) for argv in fine]):
        outcome.exits(0)
    assert (desk.cwd / "deep/b.toml").is_file()
    assert sorted(path.name for path in desk.cwd.iterdir()) == [".git", "b.toml", "c.toml", "deep", "qwen.toml"]


@pytest.mark.usefixtures("untouched")
def test_an_unpacked_archive_is_a_project(desk: Desk) -> None:
    """In parents of the working directory, in siblings, and from the home."""
    (desk.cwd / "src").mkdir()
    make_link(desk, "qwen.toml", "../../.profile")
    make_link(desk, "lib/qwen.toml", "../../../.profile")
    make_link(desk, "dir", "../../public")
    src = desk.cwd / "src"
    runs = [Run(["resolve", "-o", f"../{name}"], src, desk.home, WITH_KEY) for name in ("lib/qwen.toml", "dir/a.toml")]
    runs += [
        Run([*argv, "../qwen.toml"], src, desk.home, WITH_KEY)
        for argv in (["resolve", "-o"], ["init", "--no-verify", "-o"])
    ]
    runs.append(Run(["resolve", "-o", "work/app/qwen.toml"], desk.home, desk.home, WITH_KEY))
    for outcome in run_all(runs):
        assert "is a link to" in outcome.exits(2).err
    desk.run("resolve", "-o", desk.home / "a.toml", env=WITH_KEY).exits(0)
    before = (desk.home / "a.toml").read_bytes()
    (desk.cwd / "qwen.toml").unlink()
    make_link(desk, "qwen.toml", "../../a.toml")
    changed = {**WITH_KEY, "OPENAI_MODEL": "other"}
    assert "is a link to" in desk.run("check", "--update", "../qwen.toml", env=changed, cwd=src).exits(2).err
    assert (desk.home / "a.toml").read_bytes() == before


def test_an_update_does_not_write_through_a_link(desk: Desk) -> None:
    other = desk.write("work/other/a.toml", "")
    desk.run("resolve", "-o", "../other/a.toml", env=WITH_KEY).exits(0)
    before = other.read_text()
    make_link(desk, "qwen.toml", "../other/a.toml")
    refused = desk.run("check", "qwen.toml", "--update", env={**WITH_KEY, "OPENAI_MODEL": "other"}).exits(2)
    assert "./qwen.toml is a link to ../other/a.toml" in refused.err
    assert other.read_text() == before


@pytest.mark.usefixtures("untouched")
def test_gitignore_is_not_written_through_a_link(desk: Desk) -> None:
    clone(desk)
    make_link(desk, ".gitignore", "../../.profile")
    refused = desk.run(
        "init", "--no-verify", "--openai-api-key", "x", "--openai-base-url", "http://localhost:1/v1"
    ).exits(2)
    assert "git does not ignore this file" in refused.err
    assert "./.gitignore is a link to ../../.profile" in refused.err
    assert (desk.cwd / ".gitignore").is_symlink()
    assert not (desk.cwd / ".qwen").exists()


@pytest.mark.usefixtures("untouched")
def test_a_conversation_is_not_saved_through_a_link(desk: Desk, server: Provider) -> None:
    make_link(desk, "notes", "../../public")
    make_link(desk, "a.md", "../../.bash_aliases")
    with Typing(desk, "run", env={**env_of(server), "OPENAI_API_KEY": "short"}, height=60, width=160) as chat:
        for keys, wanted in (
            ("hello\r", "· 0 tokens"),
            ("/save notes/a.md\r", "pong from"),
            ("/save a.md\r", "notes is a link to ../../public"),
            ("/save b.md\r", "already"),
            ("\x04", "saved in b.md"),
        ):
            chat.until(wanted)
            chat.type(keys)
        assert chat.exit_code() == 0
    assert "hello" in (desk.cwd / "b.md").read_text()


def test_links_in_the_home_are_followed(desk: Desk, server: Provider) -> None:
    """A home whose files are links to a repository of dotfiles works without questions and warnings."""
    dotfiles = desk.home / "dotfiles"
    for path in ("qwen", "state", "config"):
        (dotfiles / path).mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(dotfiles)], check=True)
    subprocess.run(["git", "init", "-q", str(desk.home)], check=True)
    (desk.home / ".qwen").symlink_to("dotfiles/qwen")
    (desk.home / ".local").mkdir()
    (desk.home / ".local/state").symlink_to(dotfiles / "state")
    (desk.home / "out.toml").symlink_to("dotfiles/out.toml")
    desk.write("dotfiles/out.toml", "old\n")
    desk.run("resolve", "-o", desk.home / "out.toml", env=WITH_KEY).exits(0)
    assert tomllib.loads((dotfiles / "out.toml").read_text())["config"]["auth_method"] == "openai"
    desk.run("init", "--no-verify", "--openai-api-key", KEY, "-o", "x.toml", cwd=desk.home).exits(0)
    assert KEY in (dotfiles / "qwen/.env").read_text()
    desk.write("work/app/.env", f"OPENAI_BASE_URL={server.url.replace('127.0.0.1', 'models.example')}/v1\n")
    desk.run("trust", "--yes", env=WITH_KEY).exits(0)
    assert (dotfiles / "state/qwen-cfg/trust.json").is_file()
    for link in (".qwen", ".local/state", "out.toml"):
        assert (desk.home / link).is_symlink()


def test_links_above_the_project_are_followed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "private").symlink_to(desk.home / "work")
    clone(desk)
    by_link = tmp_path / "private" / "app"

    def run_by_link(*argv: str) -> None:
        desk.run(*argv, env=WITH_KEY, cwd=by_link).exits(0)

    commands: Sequence[Sequence[str]] = (
        ("resolve", "-o", "a.toml"),
        ("resolve", "-o", str(by_link / "b.toml")),
        ("init", "--no-verify"),
    )
    for argv in commands:
        run_by_link(*argv)
    assert {"a.toml", "b.toml", "qwen.toml"} <= {path.name for path in desk.cwd.iterdir()}


def test_a_path_through_proc_is_written(desk: Desk, untouched: Path) -> None:
    clone(desk)
    make_link(desk, "a.toml", "../../.profile")
    outcome = desk.run("resolve", "-o", "/proc/self/cwd/a.toml", env=WITH_KEY).exits(2)
    assert "link" in outcome.err
    assert untouched.read_text() == "# mine\n"


def test_a_project_in_shared_memory_is_written(desk: Desk) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        here = Path(directory)
        for _ in range(2):
            desk.run("resolve", "-o", here / "a.toml", env=WITH_KEY, cwd=here).exits(0)
        assert tomllib.loads((here / "a.toml").read_text())["config"]["auth_method"] == "openai"
        desk.run("init", "--no-verify", "--openai-api-key", KEY, cwd=here).exits(0)
        (here / "link.toml").symlink_to(desk.home / "elsewhere.toml")
        desk.run("resolve", "-o", here / "link.toml", env=WITH_KEY, cwd=here).exits(2)
    assert not (desk.home / "elsewhere.toml").exists()


def test_a_pipe_without_a_reader_does_not_block(desk: Desk) -> None:
    os.mkfifo(desk.cwd / "qwen.toml")
    outcome = desk.run("resolve", "-o", "qwen.toml", env=WITH_KEY).exits(2)
    assert "a pipe that no program reads" in outcome.err


def test_a_directory_that_becomes_a_link_is_an_error(desk: Desk, tmp_path: Path) -> None:
    """Python checks for a link before it reads it, and raises if it has changed in between."""
    with pytest.raises(OSError, match="missing") as caught:
        (tmp_path / "missing").readlink()
    error = unexpected_error(caught.value)
    assert (error.exit_code, error.where) == (2, str(tmp_path / "missing"))
    assert "No such file or directory" in error.what
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        os.close(-1)
    assert unexpected_error(caught.value).exit_code == 70
    swapping = subprocess.Popen(["/bin/sh", "-c", "while :; do ln -s . .qwen; rm .qwen; done"], cwd=desk.cwd)
    try:
        init = ["init", "--no-verify", "--openai-api-key", KEY]
        for outcome in run_all([Run(init, desk.cwd, desk.home, {}) for _ in range(10)]):
            assert outcome.code in (0, 2)
            assert "Traceback" not in outcome.output
            assert KEY not in outcome.output
    finally:
        swapping.kill()
        swapping.wait()
    assert not list(desk.home.glob("**/.env")) or (desk.cwd / ".qwen/.env").is_file()
