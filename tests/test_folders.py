"""Paths of written files: no link of a project is followed, even if it appears during the write."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qwen_schema import OutputError, folders
from qwen_schema.folders import LinkInProjectError, any_link, no_link, open_directory, outside_projects
from qwen_schema.save import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def repeat(work: Callable[[], object]) -> Iterator[None]:
    """Repeat something in another process."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            while True:
                work()
        os._exit(1)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.parametrize("swapped", [".qwen", ".qwen/.env"])
def test_a_link_that_appears_during_a_write_is_not_followed(tmp_path: Path, swapped: str) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / ".qwen").mkdir(parents=True)
    elsewhere.mkdir()
    kept = elsewhere / "kept"
    kept.write_text("as it was")
    place, aside, link = project / swapped, project / "aside", project / "link"

    def swap() -> None:
        link.symlink_to(elsewhere if swapped == ".qwen" else kept)
        if swapped == ".qwen":
            place.rename(aside)
        link.replace(place)
        place.unlink()
        if swapped == ".qwen":
            aside.rename(place)

    outcomes: set[str] = set()
    with repeat(swap):
        began, wanted = time.monotonic(), {"written", "refused"}
        # On a busy machine it may take a while until both happened.
        while time.monotonic() - began < (1 if wanted <= outcomes else 20):
            try:
                save(project / ".qwen" / ".env", "secret", may_follow=no_link, private=True)
                outcomes.add("written")
            except LinkInProjectError:
                outcomes.add("refused")
            except OutputError:
                outcomes.add("gone")
    assert wanted <= outcomes
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]
    assert kept.read_text() == "as it was"


@pytest.mark.parametrize("has_descriptors", [True, False])
def test_links_are_refused_with_and_without_directory_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_descriptors: bool
) -> None:
    """Windows has no directory descriptors."""
    monkeypatch.setattr(folders, "_HAS_DESCRIPTORS", has_descriptors)
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    (tmp_path / "there/chain").symlink_to(tmp_path / "link")
    save(tmp_path / "there/a", "text", may_follow=no_link)
    save(tmp_path / "link/chain/../there/b", "text", may_follow=any_link, private=True)
    save(tmp_path / "there/c/d/e", "text", may_follow=no_link, make=True)
    for name in ("link/x", "there/chain/x", "link"):
        with pytest.raises(LinkInProjectError):
            save(tmp_path / name, "text", may_follow=no_link)
    (tmp_path / "there/loop").symlink_to("loop")
    for name in ("there/loop", "missing/x", "there", "there/.."):
        with pytest.raises(OutputError) as refused:
            save(tmp_path / name, "text", may_follow=any_link)
        assert not isinstance(refused.value, LinkInProjectError)
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["a", "b", "c", "chain", "loop"]
    assert (tmp_path / "there/c/d/e").read_text() == "text"
    assert (tmp_path / "there/c").stat().st_mode & 0o777 == 0o700


def test_which_directories_are_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    plain, clone, nested = home / "work/plain", home / "clone", home / "work/plain/vendor/clone"
    for directory in (plain / "sub", clone / ".git", clone / "sub", nested / ".git", home / ".config/deep"):
        directory.mkdir(parents=True)
    (home / "link").symlink_to("clone")

    def may_follow_each(cwd: Path, *directories: Path) -> list[bool]:
        may_follow = outside_projects(home)
        monkeypatch.chdir(cwd)
        return [may_follow(directory) for directory in directories]

    outside = (tmp_path, home, home / ".config/deep")
    for cwd in (plain, plain / "sub", clone / "sub", nested, home):
        below = (home / "work", plain, plain / "sub", clone, clone / "sub", nested)
        assert may_follow_each(cwd, *outside, *below) == [True] * 3 + [False] * 6
    assert may_follow_each(home / ".config/deep", *outside, home / ".config", home / ".qwen") == [True] * 2 + [
        False
    ] * 2 + [True]
    # From a parent of the home, and from elsewhere.
    assert may_follow_each(tmp_path, *outside, plain, clone) == [True] * 3 + [False] * 2
    assert may_follow_each(Path("/"), *outside, Path("/"), Path("/usr"), plain) == [True] * 5 + [False]
    tmp_path.chmod(0o1777)
    assert may_follow_each(plain, tmp_path, home) == [False, True]
    tmp_path.chmod(0o755)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as shared:
        archive = Path(shared)
        (archive / "src").mkdir()
        around = (archive, archive / "src", archive / "lib/x", Path("/dev/shm"), Path("/dev"))
        for cwd in (archive, archive / "src", plain):
            assert may_follow_each(cwd, home, home / ".qwen", Path("/"), *around) == [True] * 3 + [False] * 4 + [
                cwd == plain
            ]
        assert outside_projects(Path("/"))(Path("/proc/self")) is True
    # A home that git tracks does not make a project of the directories below it.
    (home / ".git").mkdir()
    assert may_follow_each(plain / "sub", *outside, plain, plain / "sub") == [True] * 3 + [False] * 2
    monkeypatch.chdir(home / "link")
    assert outside_projects(None)(home) is False


def test_directories_on_the_path_need_not_be_readable(open_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Search permission on a directory is enough, as for every other program."""
    if os.geteuid() != 0:
        pytest.skip("only root becomes somebody else")
    (open_path / "closed" / "mine").mkdir(parents=True)
    os.chown(open_path / "closed" / "mine", 65534, 65534)
    (open_path / "closed").chmod(0o711)
    monkeypatch.chdir(open_path)
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            save(open_path / "closed/mine/a", "text", may_follow=no_link)
            with open_directory(open_path / "closed/mine/b", no_link) as (folder, name):
                os.close(folder.open(name, os.O_WRONLY | os.O_CREAT))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert sorted(path.name for path in (open_path / "closed/mine").iterdir()) == ["a", "b"]
