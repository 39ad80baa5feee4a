"""What git tracks, asked of git and, where there is none, read from its index."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import qwen_cfg.git
from qwen_cfg.git import is_ignored, may_be_tracked

if TYPE_CHECKING:
    from pathlib import Path

LONG = "/".join(["x" * 200] * 22)


def git(tree: Path, *words: str) -> str:
    asked = subprocess.run(["git", "-C", str(tree), *words], check=True, capture_output=True, text=True)
    return asked.stdout.strip()


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
def test_the_index_says_what_git_says(tree: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "version 3":
        (tree / "later").write_text("x", encoding="utf-8")
        git(tree, "add", "--intent-to-add", "later")
    if kind == "a long name":
        git(tree, "update-index", "--add", "--cacheinfo", f"100644,{git(tree, 'hash-object', '-w', 'f')},{LONG}")
    names = [*git(tree, "ls-files").splitlines(), ".env", "fF", "ff/f", "missing"]
    assert len(names) >= 24
    asked = {name: may_be_tracked(tree / name) for name in names}
    assert [name for name, tracked in asked.items() if not tracked] == [".env", "ff/f", "missing"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert {name: may_be_tracked(tree / name) for name in names} == asked


@pytest.mark.parametrize("kind", ["cut", "longer", "split", "unknown", "version 4", "no index of git's"])
def test_an_index_that_is_not_understood_may_name_every_file(
    tree: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_circle_of_links_ends(tree: Path) -> None:
    (tree / "a").symlink_to("b")
    (tree / "b").symlink_to("a")
    assert not may_be_tracked(tree / "a/.env")


def test_a_repository_that_lets_git_wait_is_asked_once(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / ".git/index").unlink()
    os.mkfifo(tree / ".git/index")
    programs = tmp_path_factory.mktemp("programs")
    (programs / "git").write_text(f'#!/bin/sh\necho x >>"{programs}/asked"\nexec "{shutil.which("git")}" "$@"\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(qwen_cfg.git, "_SECONDS", 1)
    for name in (".env", "f", ".qwen/.env"):
        assert may_be_tracked(tree / name)
        assert not is_ignored(tree / name)
    assert (programs / "asked").read_text() == "x\n"
