"""A directory for one example holds nothing of the example before, and a tree is put back as it was."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from support.scratch import put_back, scratch, with_parents

if TYPE_CHECKING:
    from pathlib import Path

LEFT = with_parents("home/work", "home/.qwen")


def below(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def modes(root: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}


def make(root: Path) -> None:
    for directory in ("home/work", "home/.qwen"):
        (root / directory).mkdir(parents=True, exist_ok=True)


def test_examples_share_no_files() -> None:
    with scratch(LEFT) as first:
        make(first)
        new = modes(first)
        (first / "home/work/.env").write_text("A=1\n")
        (first / "home/work/directory/.qwen").mkdir(parents=True)
        (first / "home/work/link").symlink_to("directory")
        os.mkfifo(first / "home/.qwen/.env")
        (first / "home/.qwen").chmod(0o700)
    with scratch(LEFT) as second:
        assert second != first
        assert not first.exists()
        assert below(second) <= LEFT
        make(second)
        assert modes(second) == new


def test_an_example_inside_another_has_a_directory_of_its_own() -> None:
    with scratch(LEFT) as outer:
        (outer / "home").mkdir(exist_ok=True)
        (outer / "home/file").touch()
        with scratch(LEFT) as inner:
            assert inner != outer
            assert below(inner) <= LEFT
        assert (outer / "home/file").exists()


def test_a_tree_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "changed").write_text("old")
    (tmp_path / "removed").write_text("kept")
    (tmp_path / "link").symlink_to("nowhere")
    before = below(tmp_path)
    with put_back(tmp_path):
        (tmp_path / "changed").write_text("new")
        (tmp_path / "removed").unlink()
        (tmp_path / "a/b").mkdir(parents=True)
        (tmp_path / "a/b/c").touch()
    assert below(tmp_path) == before
    assert (tmp_path / "changed").read_text() == "old"
    assert (tmp_path / "removed").read_text() == "kept"
