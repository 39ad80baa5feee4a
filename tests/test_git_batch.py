"""Asking git about many files at once gives the same status as asking about each."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support.git import git

from qwen_cfg.reading.git import status_of
from qwen_cfg.reading.git_batch import list_files, statuses_of

NAMES = [
    "tracked/.env",
    "TRACKED/.env",
    "ignored/.env",
    "ignored/but/.env",
    "other/.env",
    "deep/er/.qwen/.env",
    "deep/er/.qwen/settings.json",
    "odd name\n[*]é/.env",
    "-dash/.env",
    ":(top)/.env",
    "nested/.env",
    "nested/out/.env",
    "bare/.env",
    "behind/a/link/.env",
    ".env",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = Path(os.path.realpath(tmp_path))
    for name in NAMES:
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x", encoding="utf-8")
    git(tree, "init", "-q")
    git(tree, "init", "-q", "nested")
    (tree / ".gitignore").write_text("ignored/.env\n/ignored/but/*\n!/ignored/but/.env\n-dash\n", encoding="utf-8")
    (tree / "nested/.gitignore").write_text("out\n", encoding="utf-8")
    git(tree, "add", "tracked", "deep/er/.qwen/settings.json")
    # A directory that looks like a repository.
    git(tree, "init", "-q", "--bare", "bare")
    (tree / "link").symlink_to("behind")
    (tree / "other/.qwen").mkdir()
    (tree / "other/.qwen/.env").symlink_to("../.env")
    return tree


def files(tree: Path) -> list[Path]:
    return [
        *(tree / name for name in NAMES),
        tree / "link/a/link/.env",
        tree / "other/.qwen/.env",
        tree / "missing/.env",
    ]


def test_many_files_have_the_status_of_each(tree: Path) -> None:
    together = statuses_of(files(tree))
    assert together == {file: status_of(file) for file in together}
    assert set(together.values()) == {"tracked", "ignored", "not ignored"}
    assert len(together) == len(NAMES)
    assert not {tree / "bare/.env", tree / "link/a/link/.env", tree / "other/.qwen/.env"} & set(together)


def test_a_hook_gets_the_same_status_as_its_user(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git sets variables for a hook; the status is that of the hook's repository all the same."""
    before, listing = statuses_of([tree / name for name in NAMES]), list_files(tree, ".env")
    monkeypatch.setenv("GIT_DIR", str(tree / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tree))
    statuses = statuses_of([tree / name for name in NAMES])
    # The repository in it is a different one.
    assert statuses == {file: status for file, status in before.items() if not file.is_relative_to(tree / "nested")}
    assert list_files(tree, ".env") == listing


@pytest.mark.parametrize(
    "odd", ["a named repository", "another work tree", "a linked work tree", "no git", "a broken repository", "a pipe"]
)
def test_an_odd_repository_does_not_change_the_status(
    tree: Path, odd: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    match odd:
        case "a named repository":
            monkeypatch.setenv("GIT_DIR", str(tree / "nested/.git"))
        case "another work tree":
            git(tree, "config", "core.worktree", str(tree / "deep"))
        case "a linked work tree":
            linked = tmp_path_factory.mktemp("linked") / "tree"
            git(tree, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x")
            git(tree, "worktree", "add", "-q", str(linked))
            (linked / ".env").write_text("x", encoding="utf-8")
            tree = Path(os.path.realpath(linked))
        case "no git":
            monkeypatch.setenv("PATH", "/nowhere")
        case "a broken repository":
            (tree / ".git/HEAD").write_text("?", encoding="utf-8")
        case "a pipe":
            (tree / ".gitignore").unlink()
            os.mkfifo(tree / ".gitignore")
    together = statuses_of(file for file in files(tree) if file.exists())
    assert together == {file: status_of(file) for file in together}
    # Only the repository in it is as usual; it is a linked work tree.
    usual = [tree / ".env", tree / "tracked/.env"] if odd == "a linked work tree" else []
    assert all(file in together for file in usual)


def test_a_time_out_ends_the_batch(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    (tree / ".git/index").unlink()
    os.mkfifo(tree / ".git/index")
    monkeypatch.setattr("qwen_cfg.reading.git_batch._LISTING_SECONDS", 0.5)
    monkeypatch.setattr("qwen_cfg.reading.git_command._SECONDS", 0.5)
    began = time.monotonic()
    assert list_files(tree, ".env") is None
    assert statuses_of([tree / ".env", tree / "other/.env"]) == {}
    assert time.monotonic() - began < 30


def test_a_listing_has_tracked_and_addable_files(tree: Path) -> None:
    listing = list_files(tree, ".env")
    assert listing is not None
    names = {"tracked/.env", "TRACKED/.env", "ignored/but/.env", "other/.env", "deep/er/.qwen/.env", ".env"}
    assert names <= set(listing.names)
    assert not {"ignored/.env", "-dash/.env", "nested/.env", "link/a/link/.env"} & set(listing.names)
    below = list_files(tree / "odd name\n[*]é", ".env")
    assert below is not None
    assert below.names == (".env",)
