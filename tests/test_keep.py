"""Writing settings to `.qwen/.env`: both dialects read them back exactly, and nothing else is lost or exposed."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.git import git

from qwen_cfg.writing.assignment import CannotAssignError, assign
from qwen_cfg.writing.save_env_file import save_settings
from qwen_schema import BadValue, ConfigurationError, OutputError, Secret, declared_fields, parse_value
from qwen_schema.envfile import DIALECTS, last_of_each, reader_of
from qwen_schema.folders import no_link
from qwen_schema.save import save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
URL = "https://models.example/v1"
VALUES = {"auth_method": "openai", "api_key": Secret(KEY), "base_url": URL, "model": "m-1"}
LINES = f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={URL}\nOPENAI_MODEL=m-1\n"
VARIABLES = {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL", "model": "OPENAI_MODEL"}

SHARDS = ["A", "OPENAI_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "export ", "=", " = ", ": ", "'", '"', "`", "\\"]
SHARDS += ["\\n", "#", "\n", "\n", "\n", "\r\n", "\r", " ", "\ufeff", "\u2028", "x y", "日本", "${HOME}"]
TEXTS = st.one_of(st.lists(st.sampled_from(SHARDS), max_size=30).map("".join), st.text())
PIECES = ["a", "Z9", "-", "/", " ", "'", '"', "`", "\\", "\\n", "#", "$", "${A}", "=", "&", "\n", "日", "\u2028"]
MODELS = st.one_of(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join), st.text(min_size=1))
KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)


def read(text: str, dialect: str) -> dict[str, str]:
    return {name: a.value for name, a in last_of_each(reader_of(dialect)(text)).items()}  # type: ignore[arg-type]


def is_valid(name: str, text: str) -> bool:
    try:
        parse_value(declared_fields()[name], text)
    except BadValue:
        return False
    return True


@given(TEXTS, KEYS.filter(lambda t: is_valid("api_key", t)), MODELS.filter(lambda t: is_valid("model", t)))
@example("OPENAI_MODEL='two\nlines'\nB=2", "k", "m")
@example("OPENAI_MODEL=\n'below'\nB=2", "k", "m")
@example('A="never closed', "it's", "m")
@example("export OPENAI_API_KEY=old # mine\r\nA=1", "k", "a b")
@example("OPENAI_MODEL='a'\u2028A=1", "k", "m")
def test_both_dialects_read_the_new_values_and_all_others_as_before(text: str, key: str, model: str) -> None:
    new_values = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": URL, "OPENAI_MODEL": model}
    try:
        new = assign(text, new_values)
    except CannotAssignError as error:
        assert error.name in new_values
        return
    for dialect in DIALECTS:
        assert read(new, dialect) == {**read(text, dialect), **new_values}
    assert assign(new, new_values) == new


@given(KEYS.filter(lambda t: is_valid("api_key", t) and not {"'", '"', "\\"} & set(t) and "${" not in t))
def test_a_usual_key_can_always_be_written(key: str) -> None:
    for text in ("", "# mine\nOPENAI_API_KEY='old'\n", "A=1"):
        assert read(assign(text, {"OPENAI_API_KEY": key}), "python")["OPENAI_API_KEY"] == key


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "OPENAI_MODEL=m\n"),
        ("A=1", "A=1\nOPENAI_MODEL=m\n"),
        ("A=1\r\n", "A=1\r\nOPENAI_MODEL=m\n"),
        ("A=1\r", "A=1\r\nOPENAI_MODEL=m\n"),
        ("A=1\rOPENAI_MODEL=m\r", "A=1\rOPENAI_MODEL=m\r\nOPENAI_MODEL=m\n"),
        ("OPENAI_MODEL=m\r\nB=2\r\n", "OPENAI_MODEL=m\nB=2\r\n"),
        ("# a\nOPENAI_MODEL = old # b\n\nB=2\n", "# a\nOPENAI_MODEL=m\n\nB=2\n"),
        ("  export OPENAI_MODEL='old'\r\nB=2", "  export OPENAI_MODEL=m\nB=2"),
        ("OPENAI_MODEL=1\nOPENAI_MODEL=2\n", "OPENAI_MODEL=1\nOPENAI_MODEL=m\n"),
        ('OPENAI_MODEL="a\nb"\nB=2\n', "OPENAI_MODEL=m\nB=2\n"),
        ("OPENAI_MODEL='m' # kept\n", "OPENAI_MODEL='m' # kept\n"),
        ("\ufeffOPENAI_MODEL=old\nB=2\n", "\ufeffOPENAI_MODEL=m\nB=2\n"),
    ],
)
def test_every_other_line_stays_as_it_is(before: str, after: str) -> None:
    assert assign(before, {"OPENAI_MODEL": "m"}) == after


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (URL, URL),
        ("a b", "'a b'"),
        ("a#b", "'a#b'"),
        ("=ls", "'=ls'"),
        ("a:=ls", "'a:=ls'"),
        ("~", "'~'"),
        ("a:~/b", "'a:~/b'"),
        ("a^b", "'a^b'"),
        ("a=b:c", "a=b:c"),
        ("it's", '"it\'s"'),
        ("https://x.example/v1?a=1&b=2", "'https://x.example/v1?a=1&b=2'"),
        ("日本", "'日本'"),
        ("two\nlines", "'two\nlines'"),
    ],
)
def test_values_are_quoted_if_needed(value: str, form: str) -> None:
    assert assign("", {"OPENAI_MODEL": value}) == f"OPENAI_MODEL={form}\n"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("gpt-4o'$(touch pwned)'", "a single quote together with $"),
        ("it's `x`", "a single quote together with `"),
        ("both ' and \"", 'a single quote together with "'),
        ("${HOME}", "python-dotenv replaces"),
        ("a\rb", "a carriage return"),
        ("a\\\\b", "a backslash"),
    ],
)
def test_a_value_that_cannot_be_written_is_named(tmp_path: Path, value: str, why: str) -> None:
    assert why in assert_refused(tmp_path, values={"model": value})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private_and_so_is_its_directory(tmp_path: Path) -> None:
    kept = save_settings(VALUES, tmp_path)
    assert kept.path == tmp_path / ".qwen" / ".env"
    assert kept.path.read_text() == LINES
    assert (mode(kept.path), mode(kept.path.parent)) == (0o600, 0o700)
    assert kept.done == ("saved in ./.qwen/.env (mode 0600)", "added .qwen/.env to ./.gitignore")
    assert (tmp_path / ".gitignore").read_text() == ".qwen/.env\n"


def test_an_existing_file_becomes_private(tmp_path: Path) -> None:
    file = tmp_path / ".qwen" / ".env"
    file.parent.mkdir(mode=0o755)
    file.write_bytes(b"# mine\r\nDEBUG=1\r\n" + LINES.encode())
    file.chmod(0o644)
    save_settings(VALUES, tmp_path)
    assert file.read_bytes() == b"# mine\r\nDEBUG=1\r\n" + LINES.encode()
    assert (mode(file), mode(file.parent)) == (0o600, 0o755)


def test_links_of_the_home_are_followed_and_kept(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (home / ".qwen").symlink_to(elsewhere)
    (elsewhere / ".env").symlink_to(tmp_path / "real.env")
    (tmp_path / "real.env").write_text("A=1\n")
    assert save_settings(VALUES, home, home).done == ("saved in ~/.qwen/.env (mode 0600)",)
    assert (home / ".qwen").is_symlink()
    assert (elsewhere / ".env").is_symlink()
    assert (tmp_path / "real.env").read_text() == f"A=1\n{LINES}"
    assert mode(tmp_path / "real.env") == 0o600
    assert not (home / ".gitignore").exists()


@pytest.mark.parametrize("place", [".qwen", ".qwen/.env"])
@pytest.mark.parametrize("leads", ["there", "nowhere"])
def test_links_of_a_project_are_refused(tmp_path: Path, place: str, leads: str) -> None:
    project, elsewhere = tmp_path / "home" / "project", tmp_path / "elsewhere"
    project.mkdir(parents=True)
    (project / place).parent.mkdir(exist_ok=True)
    if leads == "there":
        elsewhere.mkdir() if place == ".qwen" else elsewhere.write_text("A=1\n")
    (project / place).symlink_to(elsewhere)
    message = assert_refused(project, home=tmp_path / "home")
    assert f"{place} is a link to {elsewhere}" in message
    assert not elsewhere.is_dir() or not list(elsewhere.iterdir())
    assert not elsewhere.is_file() or elsewhere.read_text() == "A=1\n"


def assert_refused(cwd: Path, *, values: dict[str, str | Secret] | None = None, home: Path | None = None) -> str:
    """Check that writing is refused and changes nothing; return the message with its hint."""
    before = {p: p.read_bytes() if p.is_file() else b"" for p in cwd.rglob("*") if ".git/" not in str(p)}
    with pytest.raises((ConfigurationError, OutputError)) as caught:
        save_settings(values or VALUES, cwd, home)
    assert {p: p.read_bytes() if p.is_file() else b"" for p in cwd.rglob("*") if ".git/" not in str(p)} == before
    assert caught.value.where
    assert caught.value.hint
    message = f"{caught.value} {caught.value.hint}"
    assert KEY not in message
    return message


def test_a_path_that_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / ".qwen" / ".env"
    file.mkdir(parents=True)
    assert "it is a directory" in assert_refused(tmp_path)
    file.rmdir()
    os.mkfifo(file)
    assert "it is a fifo" in assert_refused(tmp_path)
    file.rename(tmp_path / "fifo")
    file.symlink_to(tmp_path / "fifo")
    assert "it is a fifo" in assert_refused(tmp_path, home=tmp_path)
    file.unlink()
    file.symlink_to(file)
    assert "nothing can be saved here" in assert_refused(tmp_path, home=tmp_path)


@pytest.mark.parametrize("content", [b"A=\xff\n", b"A=\x00\n", b"#" * 1024 * 1024])
def test_a_file_that_is_no_env_file_is_unchanged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".qwen").mkdir()
    (tmp_path / ".qwen" / ".env").write_bytes(content)
    assert "./.qwen/.env" in assert_refused(tmp_path)


def test_a_directory_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".qwen").write_text("a file")
    assert "nothing can be saved here" in assert_refused(tmp_path)
    (tmp_path / ".qwen").unlink()
    (tmp_path / ".qwen").symlink_to("/proc/missing")
    assert "its directory cannot be created" in assert_refused(tmp_path, home=tmp_path)


@pytest.mark.parametrize("model", ["a\x00b", "'\"`#", "a\rb", "\udcff"])
def test_a_value_that_no_env_file_can_hold_is_reported(tmp_path: Path, model: str) -> None:
    assert_refused(tmp_path, values={"model": model})
    assert not (tmp_path / ".qwen").exists()


@pytest.fixture
def work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    tree = tmp_path / "tree"
    tree.mkdir()
    git(tree, "init", "-q")
    return tree


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b".qwen/.env\n"),
        (b"*.log\n", b"*.log\n.qwen/.env\n"),
        (b"*.log", b"*.log\n.qwen/.env\n"),
        (b"\xff\r\n", b"\xff\r\n.qwen/.env\n"),
        (b".qwen/\n!.qwen\n", b".qwen/\n!.qwen\n.qwen/.env\n"),
        (b".env\n", b".env\n"),
        (b"/.qwen", b"/.qwen"),
    ],
)
def test_git_ignores_the_file(work_tree: Path, before: bytes | None, after: bytes) -> None:
    gitignore = work_tree / ".gitignore"
    if before is not None:
        gitignore.write_bytes(before)
    done = save_settings(VALUES, work_tree).done
    assert gitignore.read_bytes() == after
    assert ("added .qwen/.env to ./.gitignore" in done) == (before != after)
    assert ".env" not in git(work_tree, "status", "--porcelain", "--untracked-files=all").replace(".gitignore", "")
    save_settings(VALUES, work_tree)
    assert gitignore.read_bytes() == after


def test_a_subdirectory_gets_its_own_gitignore(work_tree: Path) -> None:
    (work_tree / "sub").mkdir()
    assert save_settings(VALUES, work_tree / "sub").done[1] == "added .qwen/.env to ./.gitignore"
    (work_tree / ".gitignore").write_text(".qwen\n")
    (work_tree / "other").mkdir()
    assert save_settings(VALUES, work_tree / "other").done == ("saved in ./.qwen/.env (mode 0600)",)
    assert not (work_tree / "other" / ".gitignore").exists()


def test_a_file_that_git_tracks_is_refused(work_tree: Path) -> None:
    (work_tree / ".qwen").mkdir()
    (work_tree / ".qwen" / ".env").write_text("A=1\n")
    git(work_tree, "add", ".qwen/.env")
    assert "git tracks this file" in assert_refused(work_tree)
    (work_tree / ".qwen" / ".env").unlink()
    (work_tree / ".qwen").rmdir()
    assert "git tracks this file" in assert_refused(work_tree)


@pytest.mark.parametrize("names_another_tree", [True, False])
def test_no_key_is_written_if_git_would_use_another_repository(work_tree: Path, *, names_another_tree: bool) -> None:
    """A repository that names another work tree, or a subdirectory that is itself a repository."""
    (work_tree / ".gitignore").write_text(".env\n")
    sub = work_tree / "sub"
    sub.mkdir()
    if names_another_tree:
        git(work_tree, "config", "core.worktree", "../sub")
    else:
        git(work_tree, "init", "-q", "--bare", "sub")
        git(work_tree, "config", "--file", "sub/config", "core.bare", "false")
        git(work_tree, "config", "--file", "sub/config", "core.worktree", ".")
    assert git(sub, "rev-parse", "--show-toplevel").strip() == str(sub)
    assert_refused(sub, home=work_tree.parent)
    git(sub, "add", "-A")
    assert ".env" not in git(sub, "ls-files")


def test_a_link_to_a_file_in_the_work_tree_is_reported(work_tree: Path) -> None:
    (work_tree / "settings").mkdir()
    (work_tree / ".qwen").symlink_to("settings")
    assert save_settings(VALUES, work_tree, work_tree).done[1:] == (
        "make sure that git ignores ~/settings/.env: the file contains the key and is not ignored yet",
    )
    assert not (work_tree / ".gitignore").exists()


def yes(reason: str) -> bool:
    assert "git does not" in reason
    assert KEY not in reason
    return True


def no_gitignore(tree: Path) -> None:
    (tree / ".gitignore").mkdir()


def gitignore_is_a_link(tree: Path) -> None:
    (tree / ".gitignore").symlink_to("other")
    (tree / "other").write_text("*.log\n")


def gitignore_is_a_dangling_link(tree: Path) -> None:
    (tree / ".gitignore").symlink_to("nowhere")


def gitignore_is_a_fifo(tree: Path) -> None:
    os.mkfifo(tree / ".gitignore")


def gitignore_is_large(tree: Path) -> None:
    (tree / ".gitignore").write_text("#" * (1 << 20) + "\n")
    (tree / ".gitignore").write_text("#" * ((1 << 20) + 1))


def later_rule(tree: Path) -> None:
    (tree / ".qwen").mkdir()
    (tree / ".qwen" / ".gitignore").write_text("!.env\n")


def later_rule_is_a_fifo(tree: Path) -> None:
    (tree / ".qwen").mkdir()
    os.mkfifo(tree / ".qwen" / ".gitignore")


def own_repository(tree: Path) -> None:
    (tree / ".qwen").mkdir()
    git(tree / ".qwen", "init", "-q")


def empty_repository(tree: Path) -> None:
    (tree / ".qwen" / ".git").mkdir(parents=True)


def own_repository_elsewhere(tree: Path) -> None:
    (tree / ".qwen").mkdir()
    (tree / ".qwen" / ".git").write_text("gitdir: ../.git\n")


def excluded_and_gitignore_is_a_link(tree: Path) -> None:
    (tree / ".git/info").mkdir()
    (tree / ".git/info/exclude").write_text(".env\n!.env\n")
    gitignore_is_a_dangling_link(tree)


def global_rule_and_gitignore_is_a_link(tree: Path) -> None:
    (tree.parent / ".gitconfig").write_text(f"[core]\nexcludesFile = {tree.parent}/ignore\n")
    (tree.parent / "ignore").write_text("!.qwen/.env\n")
    gitignore_is_a_dangling_link(tree)


def git_does_not_answer(tree: Path) -> None:
    (tree / ".git/config").write_text("[broken\n")


def config_is_a_fifo(tree: Path) -> None:
    (tree / ".git/config").unlink()
    os.mkfifo(tree / ".git/config")


UNIGNORED = [
    *(no_gitignore, gitignore_is_a_link, gitignore_is_a_dangling_link, gitignore_is_a_fifo, gitignore_is_large),
    *(later_rule, later_rule_is_a_fifo, own_repository, empty_repository, own_repository_elsewhere),
    *(excluded_and_gitignore_is_a_link, global_rule_and_gitignore_is_a_link, git_does_not_answer, config_is_a_fifo),
]


@pytest.mark.parametrize("undo", UNIGNORED)
def test_nothing_is_written_if_git_would_add_the_key(work_tree: Path, undo: Callable[[Path], None]) -> None:
    undo(work_tree)
    began = time.monotonic()
    message = assert_refused(work_tree)
    assert "git does not ignore this file" in message or "git does not report" in message or "git tracks" in message
    asked: list[str] = []
    with pytest.raises(OutputError):
        save_settings(VALUES, work_tree, None, lambda reason: bool(asked.append(reason)))
    if "git tracks" not in message:
        assert "./.qwen/.env: git does not" in asked[0]
        assert "is not ignored yet" in save_settings(VALUES, work_tree, None, yes).done[-1]
        assert (work_tree / ".qwen/.env").read_text() == LINES
    assert len(asked) == ("git tracks" not in message)
    assert time.monotonic() - began < 5


def test_an_ignore_rule_without_effect_is_removed(work_tree: Path) -> None:
    later_rule(work_tree)
    for before in (None, b"*.log", b"*.log\n", b"\xff\r\n"):
        gitignore = work_tree / ".gitignore"
        gitignore.unlink(missing_ok=True)
        if before is not None:
            gitignore.write_bytes(before)
        assert_refused(work_tree)
        assert (gitignore.read_bytes() if gitignore.exists() else None) == before


def test_earlier_ignore_rules_do_not_undo_ours(work_tree: Path) -> None:
    (work_tree.parent / ".gitconfig").write_text(f"[core]\nexcludesFile = {work_tree.parent}/ignore\n")
    (work_tree.parent / "ignore").write_text("!.env\n")
    (work_tree / ".git/info").mkdir()
    (work_tree / ".git/info/exclude").write_text("!.env\n!.qwen\n")
    (work_tree / ".gitignore").write_text(".qwen/.env\n!.env\n")
    assert save_settings(VALUES, work_tree).done[1:] == ("added .qwen/.env to ./.gitignore",)


def test_without_git_the_settings_are_written(work_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later_rule(work_tree)
    monkeypatch.setenv("PATH", str(work_tree))
    assert save_settings(VALUES, work_tree).done[1:] == ("added .qwen/.env to ./.gitignore",)


def test_git_ignores_the_new_file_before_the_key_is_written(work_tree: Path) -> None:
    """Even if the file has a new name."""
    asked: list[bool] = []

    def require(path: Path) -> None:
        assert not path.exists()
        asked.append(
            subprocess.run(["git", "check-ignore", "-q", str(path)], cwd=work_tree, check=False).returncode == 0
        )

    save(work_tree / "kept", KEY, may_follow=no_link, private=True, require=require)
    assert asked == [True]


def test_a_home_needs_no_gitignore(tmp_path: Path) -> None:
    assert save_settings(VALUES, tmp_path, tmp_path).done == ("saved in ~/.qwen/.env (mode 0600)",)
    assert not (tmp_path / ".gitignore").exists()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".gitignore").write_text("/.qwen/\n")
    assert save_settings(VALUES, tmp_path / "project", tmp_path).done == ("saved in ./.qwen/.env (mode 0600)",)


def test_an_unwritable_directory_is_reported(open_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    open_path.chmod(0o555)
    assert_refused(open_path)
