"""A process that is killed while it writes leaves no key where git sees it; the next process removes what it left."""

from __future__ import annotations

import importlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.kills import kill_at_each_step, run_to_end

from qwen_cfg.cli.main import main
from qwen_schema import declared_fields
from qwen_schema.folders import any_link
from qwen_schema.save import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
URL = "http://localhost:1/v1"
INIT = ["init", "--no-verify", "--openai-api-key", KEY, "--openai-base-url", URL, "--model", "m"]

# Loaded here, so that each forked process need not load what `init` loads late.
for module in (
    "qwen_cfg.cli.commands.init",
    "qwen_cfg.cli.terminal.login",
    "qwen_cfg.rules.trust",
    "qwen_schema.validate",
    "jsonschema",
):
    importlib.import_module(module)
for module in ("qwen_runtime.oauth", "qwen_runtime.wire.client", "qwen_schema.envfile.dotenv_python"):
    importlib.import_module(module)
for module in ("tomli_w", "uuid"):
    importlib.import_module(module)


@pytest.fixture(autouse=True)
def clean_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for field in declared_fields().values():
        for variable in field.variables:
            monkeypatch.delenv(variable.name, raising=False)


def git(tree: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True, text=True).stdout


def files_for_git(tree: Path) -> dict[str, bytes]:
    """Return the files that the next `git add .` would add, with their contents."""
    names = git(tree, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return {name: (tree / name).read_bytes() for name in names if name}


def temporary_files(tree: Path) -> list[str]:
    """Return the temporary files that a write left."""
    return [str(path.relative_to(tree)) for path in tree.rglob(".qwen-cfg.*")]


def work_trees(tmp_path: Path, files: dict[str, str]) -> Callable[[int], Path]:
    def make(step: int) -> Path:
        tree = tmp_path / f"tree-{step}"
        tree.mkdir()
        git(tree, "init", "-q")
        for name, text in files.items():
            (tree / name).write_text(text)
        return tree

    return make


@pytest.mark.parametrize("files", [{".gitignore": "*.log"}, {".gitignore": ".env\n"}], ids=["appended", "there"])
def test_init(tmp_path: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    make, steps = work_trees(tmp_path, files), 0
    # Run here once, so that no forked process has to compile what is compiled once.
    monkeypatch.chdir(make(0))
    assert main(INIT) == 0
    for tree in kill_at_each_step(make, lambda: main(INIT)):
        steps += 1
        in_git = files_for_git(tree)
        assert not [name for name, content in in_git.items() if KEY.encode() in content]
        assert set(in_git) <= {".gitignore", "qwen.toml"} | {name for name in in_git if in_git[name] == b""}
        # The next process succeeds, or says that a file exists already; in both cases the leftovers are gone.
        assert run_to_end(lambda: main(INIT), tree) in (0, 2)
        assert temporary_files(tree) == []
        assert set(files_for_git(tree)) <= {".gitignore", "qwen.toml"}
        for name, text in files.items():
            assert (tree / name).read_text().startswith(text)
    assert steps > 15


def write(text: str = KEY, *, private: bool = True) -> None:
    save(Path("kept"), text, may_follow=any_link, private=private)


@pytest.mark.parametrize("private", [True, False])
def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, *, private: bool) -> None:
    old = "old\n"
    states = set()
    make = work_trees(tmp_path, {"kept": old})
    for tree in kill_at_each_step(make, lambda: write("new\n" * 50_000, private=private)):
        content = (tree / "kept").read_text()
        states.add(content)
        assert content in (old, "new\n" * 50_000)
        assert {name for name, text in files_for_git(tree).items() if text} == {"kept"}
        assert run_to_end(write, tree) == 0
        assert temporary_files(tree) == []
        assert (tree / "kept").read_text() == KEY
    assert len(states) == 2


# In a directory and files that others may read, as git makes them, and in private ones.
FOREIGN_FILES = (
    {".gitignore": "*\n", "new": "mine"},
    {".gitignore": "*\n", "new": "mine"},
    {"new": "mine"},
    {".gitignore": "*.log\n", "new": "mine"},
    {".gitignore": "", "new": "mine"},
    {".gitignore": "*\n", "new": "mine", "more": "mine"},
    # With another hard link to a file in it.
    {".gitignore": "*\n"},
)


@pytest.fixture
def foreign_files(tmp_path: Path) -> Iterator[Path]:
    """A directory with files that look like the leftovers of a killed process, but are not."""
    name = ".qwen-cfg.0123456789abcdef"
    (tmp_path / ".qwen-cfg.notes").write_text("mine")
    (tmp_path / f"{name}0").mkdir()
    (tmp_path / name.replace("0", "1", 1)).write_text("a file")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "new").write_text("mine")
    (tmp_path / name.replace("0", "2", 1)).symlink_to("elsewhere")
    (tmp_path / name.replace("0", "3", 1)).mkdir()
    (tmp_path / name.replace("0", "3", 1) / "other").write_text("mine")
    for number, files in enumerate(FOREIGN_FILES):
        directory = tmp_path / f".qwen-cfg.{number:016x}"
        directory.mkdir(0o755 if number == 0 else 0o700)
        for inner, text in files.items():
            (directory / inner).write_text(text)
            (directory / inner).chmod(0o644 if number == 1 else 0o600)
    directory = tmp_path / ".qwen-cfg.fedcba9876543210"
    (directory / "new").mkdir(0o700, parents=True)
    directory.chmod(0o700)
    (directory / ".gitignore").write_text("*\n")
    (directory / ".gitignore").chmod(0o600)
    os.link(tmp_path / "elsewhere/new", tmp_path / f".qwen-cfg.{len(FOREIGN_FILES) - 1:016x}/new")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    yield tmp_path
    (tmp_path / "kept").unlink()
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_files_of_other_programs_are_unchanged(foreign_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(foreign_files)
    write()


def test_leftovers_of_killed_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(60):
        directory = tmp_path / f".qwen-cfg.{number:016x}"
        # Leftovers of another user may be in the way.
        directory.mkdir(0o755 if number < 20 else 0o700)
        if number % 2 and number >= 20:
            (directory / ".gitignore").write_text("*\n")
            (directory / ".gitignore").chmod(0o600)
            (directory / "new").write_text(KEY)
    write()
    assert sorted(temporary_files(tmp_path)) == [f".qwen-cfg.{number:016x}" for number in range(20)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_leftovers_of_another_user_are_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    theirs = tmp_path / ".qwen-cfg.0123456789abcdef"
    theirs.mkdir()
    (theirs / "new").write_text("theirs")
    os.chown(theirs, 12345, 12345)
    write()
    assert (theirs / "new").read_text() == "theirs"


def test_files_of_a_running_process_are_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many processes write to one directory at once, and all of them succeed."""
    monkeypatch.chdir(tmp_path)
    children, (gate, handle) = [], os.pipe()
    for number in range(8):
        child = os.fork()
        if child == 0:
            try:
                os.read(gate, 1)
                for _ in range(60):
                    save(Path(f"file-{number}"), "x" * number, may_follow=any_link, private=True)
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(child)
    # All of them start now.
    os.write(handle, bytes(8))
    os.close(gate)
    os.close(handle)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8
    assert temporary_files(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"file-{number}" for number in range(8)]


def test_a_killed_process_leaves_no_token_in_a_home_in_git(tmp_path: Path) -> None:
    """The login is in the home, which may be a repository that ignores nothing."""
    for tree in kill_at_each_step(work_trees(tmp_path, {}), write):
        assert {name for name, text in files_for_git(tree).items() if text} <= {"kept"}
