"""Undoing a failed step: all files of the project are as before, and unreadable ones are untouched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from qwen_cfg.writing.rollback import whole_or_nothing
from qwen_schema import QwenCfgError

if TYPE_CHECKING:
    from pathlib import Path


def fail_after(env_file: Path, *, writes: bool = True) -> None:
    with pytest.raises(QwenCfgError, match="no artifact") as raised, whole_or_nothing(env_file):
        if writes:
            env_file.parent.mkdir(exist_ok=True)
            env_file.write_text("OPENAI_MODEL=new\n")
        raise QwenCfgError("no artifact", hint="Do this.")
    assert raised.value.hint == "Do this. Nothing was written."


def test_new_files_are_removed(tmp_path: Path) -> None:
    fail_after(tmp_path / ".qwen/.env")
    assert list(tmp_path.iterdir()) == []


def test_changed_files_are_restored(tmp_path: Path) -> None:
    env_file, ignored = tmp_path / ".qwen/.env", tmp_path / ".gitignore"
    env_file.parent.mkdir()
    env_file.write_text("OPENAI_MODEL=old\n")
    env_file.chmod(0o600)
    ignored.write_text("build\n")
    with pytest.raises(QwenCfgError), whole_or_nothing(env_file):
        env_file.write_text("OPENAI_MODEL=new\n")
        ignored.write_text("build\n.qwen/.env\n")
        raise QwenCfgError("no artifact")
    assert env_file.read_text() == "OPENAI_MODEL=old\n"
    assert env_file.stat().st_mode & 0o777 == 0o600
    assert ignored.read_text() == "build\n"


@pytest.mark.parametrize("kind", ["fifo", "directory", "dangling link", "large file"])
def test_an_unreadable_file_is_untouched(tmp_path: Path, kind: str) -> None:
    ignored = tmp_path / ".gitignore"
    match kind:
        case "fifo":
            os.mkfifo(ignored)
        case "directory":
            ignored.mkdir()
        case "dangling link":
            ignored.symlink_to("nowhere")
        case _:
            ignored.write_bytes(b"x" * (2 << 20))
    before = ignored.lstat()
    fail_after(tmp_path / ".qwen/.env")
    assert (ignored.lstat().st_mode, ignored.lstat().st_ino) == (before.st_mode, before.st_ino)


def test_an_error_before_the_first_write_changes_nothing(tmp_path: Path) -> None:
    fail_after(tmp_path / ".qwen/.env", writes=False)
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_appears_during_the_step_is_not_followed(tmp_path: Path) -> None:
    env_file, other = tmp_path / ".qwen/.env", tmp_path / "other"
    other.mkdir()
    (other / ".env").write_text("OPENAI_MODEL=theirs\n")
    with pytest.raises(QwenCfgError), whole_or_nothing(env_file):
        env_file.parent.symlink_to(other)
        raise QwenCfgError("no artifact")
    assert (other / ".env").read_text() == "OPENAI_MODEL=theirs\n"
