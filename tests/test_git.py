"""Which files git tracks: from git itself or, without it, from the index."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from support.git import git
from support.hostile_git import partial_clone, path_with_old_git

import qwen_cfg.reading.git_command
from qwen_cfg.reading.git import in_work_tree, is_ignored, is_tracked, may_be_tracked, status_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.hostile_git import PartialClone

LONG = "/".join(["x" * 200] * 22)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with names of every length up to 20 that git tracks, and an env file that it does not."""
    git(tmp_path, "init", "-q")
    for length in range(1, 21):
        (tmp_path / ("f" * length)).write_text("x", encoding="utf-8")
    git(tmp_path, "add", ".")
    (tmp_path / ".env").write_text("x", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("kind", ["version 2", "version 3", "a long name"])
def test_the_index_agrees_with_git(tree: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "version 3":
        (tree / "later").write_text("x", encoding="utf-8")
        git(tree, "add", "--intent-to-add", "later")
    if kind == "a long name":
        git(tree, "update-index", "--add", "--cacheinfo", f"100644,{git(tree, 'hash-object', '-w', 'f')},{LONG}")
    names = [*git(tree, "ls-files").splitlines(), ".env", "fF", "ff/f", "missing"]
    assert len(names) >= 24
    answers = {name: may_be_tracked(tree / name) for name in names}
    assert [name for name, tracked in answers.items() if not tracked] == [".env", "ff/f", "missing"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert {name: may_be_tracked(tree / name) for name in names} == answers


@pytest.mark.parametrize("kind", ["cut", "longer", "split", "unknown", "version 4", "no index of git's"])
def test_with_an_unreadable_index_the_status_is_unknown(tree: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tree / ".git/index"
    content = index.read_bytes()
    if kind == "split":
        git(tree, "update-index", "--split-index")
    elif kind == "version 4":
        git(tree, "update-index", "--index-version=4")
    else:
        extension = b"abcd\0\0\0\0"
        changed = {
            "cut": content[:-30],
            "longer": content + b"\0",
            "unknown": content[:-20] + extension + content[-20:],
        }
        index.write_bytes(changed.get(kind, b"x"))
    monkeypatch.setenv("PATH", "/nowhere")
    assert may_be_tracked(tree / ".env")


def test_without_an_index_and_without_git_nothing_is_tracked(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".git/index").unlink()
    monkeypatch.setenv("PATH", "/nowhere")
    assert not may_be_tracked(tree / ".env")


def test_a_loop_of_links_ends(tree: Path) -> None:
    (tree / "a").symlink_to("b")
    (tree / "b").symlink_to("a")
    assert not may_be_tracked(tree / "a/.env")


def test_a_repository_that_blocks_git_is_asked_once(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / ".git/index").unlink()
    os.mkfifo(tree / ".git/index")
    programs = tmp_path_factory.mktemp("programs")
    (programs / "git").write_text(f'#!/bin/sh\necho x >>"{programs}/asked"\nexec "{shutil.which("git")}" "$@"\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(qwen_cfg.reading.git_command, "_SECONDS", 1)
    for name in (".env", "f", ".qwen/.env"):
        assert may_be_tracked(tree / name)
        assert not is_ignored(tree / name)
    assert (programs / "asked").read_text() == "x\n"


# Programs that a repository's settings make git run: when it fetches a missing object, and when it reads the index.
ON_FETCH = {
    "uploadpack": {"remote.origin.url": "{tree}", "remote.origin.uploadpack": "{program}"},
    "a command as the transport": {"remote.origin.url": "ext::{program}", "protocol.ext.allow": "always"},
    "core.sshCommand": {"remote.origin.url": "ssh://h/r", "core.sshCommand": "{program}"},
    "core.gitProxy": {"remote.origin.url": "git://h/r", "core.gitProxy": "{program}"},
    "url.insteadOf": {"remote.origin.url": "https://h/r", "url.ext::{program} .insteadOf": "https://h/"},
    "an included file": {"include.path": "more"},
    "settings of the work tree": {"extensions.worktreeConfig": "true"},
}
AT_ONCE = {"core.fsmonitor": {"core.fsmonitor": "{program}"}, "a monitor that is included": {"include.path": "more"}}


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> PartialClone:
    return partial_clone(tmp_path_factory.mktemp("archive") / "tree")


@pytest.fixture
def old_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", path_with_old_git(tmp_path / "bin"))


@pytest.mark.usefixtures("old_git")
@pytest.mark.parametrize("settings", [*ON_FETCH.values(), *AT_ONCE.values()], ids=[*ON_FETCH, *AT_ONCE])
def test_no_setting_of_a_repository_runs_a_program(partial: PartialClone, settings: dict[str, str]) -> None:
    partial.configure(settings)
    subprocess.run(["git", "ls-files", "--error-unmatch", ".env"], cwd=partial.tree, capture_output=True, check=False)
    assert partial.has_run(), "the attack works where nothing guards against it"
    # A broken pipe may end git: its fetch is refused before it reads the list of objects.
    assert status_of(partial.tree / ".env") in ("tracked", "may be tracked")
    for name in ("in/.env", "out/.env", "in/deep/.env"):
        status_of(partial.tree / name)
        is_ignored(partial.tree / name)
    assert not partial.has_run()


@pytest.mark.parametrize("name", [".git/config", ".git/more", ".git/index"])
def test_a_repository_without_an_answer_is_asked_once(tree: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tree, "config", "include.path", "more")
    (tree / name).unlink(missing_ok=True)
    os.mkfifo(tree / name)
    monkeypatch.setattr("qwen_cfg.reading.git_command._SECONDS", 0.5)
    began = time.monotonic()
    assert all(may_be_tracked(tree / ("f" * length)) for length in range(1, 13))
    assert time.monotonic() - began < 3


def test_an_endless_index_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (tree / ".git/index").unlink()
    (tree / ".git/index").symlink_to("/dev/zero")
    assert may_be_tracked(tree / "f")


@pytest.mark.parametrize("path", [".:{}", ":{}", "node_modules/.bin:{}"])
def test_no_git_program_of_a_project_is_started(tree: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative directory on the PATH is skipped."""
    for directory in (tree, tree / "node_modules/.bin"):
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "git").write_text("#!/bin/sh\ntouch it-ran\n", encoding="utf-8")
        (directory / "git").chmod(0o755)
    monkeypatch.chdir(tree)
    monkeypatch.setenv("PATH", path.format(os.environ["PATH"]))
    assert [status_of(tree / name) for name in ("f", ".env")] == ["tracked", "not ignored"]
    assert not (tree / "it-ran").exists()


@pytest.mark.parametrize("where", ["the repository's", "the user's", "the user's, named by a relative path"])
def test_a_file_that_git_ignores_by_a_setting_is_ignored(
    tree: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status_of(tree / ".env") == "not ignored"
    if where == "the repository's":
        (tree / ".git/info").mkdir()
        (tree / ".git/info/exclude").write_text(".env\n", encoding="utf-8")
    else:
        (tree / "ignored").write_text(".env\n", encoding="utf-8")
        (tree / "settings").write_text(f"[core]\n\texcludesFile = {tree}/ignored\n", encoding="utf-8")
        monkeypatch.chdir(tree)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", "settings" if "relative" in where else str(tree / "settings"))
    assert status_of(tree / ".env") == "ignored"


def make_repository(directory: Path, work_tree: str = ".") -> None:
    """Make a directory a repository with files that any repository can contain."""
    config = f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = {work_tree}\n"
    for name, text in (("HEAD", "ref: refs/heads/main\n"), ("objects/x", ""), ("refs/x", ""), ("config", config)):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")


def other_work_tree(tree: Path) -> None:
    git(tree, "config", "core.worktree", "../sub")


def of_the_work_tree(tree: Path) -> None:
    git(tree, "config", "extensions.worktreeConfig", "true")
    git(tree, "config", "--worktree", "core.worktree", "../sub")


OTHER_WORK_TREES = [
    other_work_tree,
    of_the_work_tree,
    lambda tree: make_repository(tree / "sub"),
    lambda tree: make_repository(tree / "sub", ".."),
    lambda tree: make_repository(tree / "sub/.qwen"),
]


@pytest.mark.parametrize("lead", OTHER_WORK_TREES, ids=lambda lead: lead.__name__)
@pytest.mark.parametrize("is_committed", [True, False])
def test_with_another_work_tree_the_status_is_unknown(
    tree: Path, lead: Callable[[Path], None], *, is_committed: bool
) -> None:
    (tree / ".gitignore").write_text(".env\n", encoding="utf-8")
    (tree / "sub/.qwen").mkdir(parents=True)
    (tree / "sub/.qwen/.env").write_text("x", encoding="utf-8")
    file = tree / "sub/.qwen/.env"
    if is_committed:
        git(tree, "add", "--force", str(file))
    else:
        assert (is_tracked(file), is_ignored(file)) == (False, True)
    lead(tree)
    assert is_tracked(file) is (True if is_committed else None)
    assert is_ignored(file) is None
    assert is_ignored(tree / "sub/.qwen/new") is None


def test_a_work_tree_with_its_repository_elsewhere_is_supported(tree: Path) -> None:
    """A linked work tree, a submodule, and a work tree that its repository names."""
    git(tree, "-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-q", "-m", "x")
    git(tree, "worktree", "add", "-q", "further")
    (tree / ".git/modules").mkdir()
    git(tree, "init", "-q", "--separate-git-dir=.git/modules/part", "part")
    git(tree / "part", "config", "core.worktree", "../../../part")
    git(tree, "config", "core.worktree", "..")
    (tree / "HEAD").write_text("no repository", encoding="utf-8")
    for place in (tree / "further", tree / "part", tree):
        (place / ".gitignore").write_text("ignored\n", encoding="utf-8")
        (place / "tracked").write_text("x", encoding="utf-8")
        git(place, "add", "tracked")
        assert [status_of(place / name) for name in ("tracked", "ignored", "new")] == [
            "tracked",
            "ignored",
            "not ignored",
        ]


def test_a_bare_repository_is_asked(tmp_path: Path) -> None:
    """An unpacked archive that is a bare repository, without `.git` in any parent."""
    make_repository(tmp_path)
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"100644,{'1' * 40},sub/.qwen/.env")
    assert is_tracked(tmp_path / "sub/.qwen/.env") is True
    assert (is_tracked(tmp_path / "sub/.env"), is_ignored(tmp_path / "sub/.env")) == (False, False)
    assert in_work_tree(tmp_path / "sub/.env")
    (tmp_path / "refs/x").unlink()
    (tmp_path / "refs").rmdir()
    assert not in_work_tree(tmp_path / "sub/.env")
