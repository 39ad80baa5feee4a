"""Asks git whether it tracks or ignores a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .git_command import OPTIONS, is_installed, is_silent, options_for, run, safe_environment
from .git_index import is_in_index
from .git_tree import (
    git_directory,
    has_pipe,
    is_repository,
    links_and_file,
    may_name_a_tree,
    nearest_directory,
    work_tree,
    work_tree_of,
)

if TYPE_CHECKING:
    from qwen_cfg.core.world import GitStatus

    from .git_command import GitAnswer

# The exit codes of `git ls-files --error-unmatch` for a tracked file and for another file.
_TRACKED, _NOT_TRACKED = 0, 1

# The exit codes of `git check-ignore` for an ignored file and for another file.
_IGNORED, _NOT_IGNORED = 0, 1


def in_work_tree(path: Path) -> bool:
    """Return whether a file is in a work tree, or may be in one."""
    absolute = path.absolute()
    is_below_a_repository = work_tree_of(path) is not None or any(map(is_repository, absolute.parents))
    return is_below_a_repository or _may_be_in_named_tree(path)


def may_be_tracked(path: Path) -> bool:
    """Return whether git tracks, or may track, a file or a link in its path."""
    return is_tracked(path) is not False


def is_tracked(path: Path) -> bool | None:
    """Return whether git tracks a file or a link in its path; None if that is unknown.

    Git does not accept a path through a link: it tracks the link and its target, each by its own path.
    """
    answers = [_is_tracked(name) for name in dict.fromkeys((path.absolute(), *links_and_file(path)))]
    return True if True in answers else None if None in answers else False


def is_ignored(path: Path) -> bool | None:
    """Return whether git ignores a file of a work tree, which need not exist; None if git does not answer."""
    if uses_other_repository(path):
        return None
    # With --no-index, git reads no object that could be missing.
    answer = _answer(path, "check-ignore", "--no-index", "--verbose", "-z", "--stdin")
    ignored = None if answer is None else ignored_names(answer)
    return None if ignored is None else bool(ignored)


def ignored_names(answer: GitAnswer) -> set[bytes] | None:
    """Return the ignored names in the output of `check-ignore --verbose -z`; None if the command failed."""
    if answer.returncode not in (_IGNORED, _NOT_IGNORED):
        return None
    # Each answer has four parts: the file with the pattern, its line, the pattern, and the name.
    parts = answer.stdout.split(b"\0")
    # Git 2.25 and earlier also name a file whose last matching pattern begins with "!", which includes it again.
    return {name for pattern, name in zip(parts[2::4], parts[3::4], strict=False) if not pattern.startswith(b"!")}


def may_ask_git(tree: Path) -> bool:
    """Return whether git may be asked about a whole work tree: no other repository is named, and git answers."""
    named = safe_environment()
    # Git names its own repository to its hooks.
    means_another = named.get("GIT_DIR") and os.path.realpath(named["GIT_DIR"]) != git_directory(tree)
    means_another = means_another or named.get("GIT_WORK_TREE", str(tree)) != str(tree)
    if means_another or is_silent(tree):
        return False
    return is_installed() and not uses_other_repository(tree / ".git") and not has_pipe(tree / ".git", tree)


def status_of(path: Path) -> GitStatus | None:
    """Return git's status of a file, or of a link in its path; None if the file is in no work tree."""
    tracked = is_tracked(path)
    if tracked is not False:
        return "tracked" if tracked else "may be tracked"
    real = Path(os.path.realpath(path))
    if not in_work_tree(real):
        return None
    return "ignored" if is_ignored(real) else "not ignored"


def ask_repository(
    directory: Path, *command: str, input_: bytes = b"", seconds: float | None = None
) -> GitAnswer | None:
    """Return the result of a git command about the objects of the repository around a directory.

    None if git does not answer in time. No program that the repository's settings name is started. Words from the user
    must not begin with a dash.
    """
    tree = work_tree(directory)
    about = tree or directory
    if is_silent(about) or has_pipe(about / "_", tree):
        return None
    return run(about, about, safe_environment(), *options_for(tree), *command, input_=input_, seconds=seconds)


def _is_tracked(path: Path) -> bool | None:
    """Return whether git tracks one path, ignoring case, as some file systems do; None if that is unknown."""
    if not in_work_tree(path):
        return False
    if uses_other_repository(path):
        return is_in_index(path) or None
    answer = _exit_code(path, "--icase-pathspecs", "ls-files", "--error-unmatch")
    return is_in_index(path) if answer not in (_TRACKED, _NOT_TRACKED) else answer == _TRACKED


def _may_be_in_named_tree(path: Path) -> bool:
    """Return whether the environment names a repository, and does not name a work tree that the file is outside of."""
    named = safe_environment()
    tree = named.get("GIT_WORK_TREE")
    return "GIT_DIR" in named and (not tree or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(tree)))


def _exit_code(path: Path, *command: str) -> int | None:
    """Return the exit code of a git command about a file; None if git does not answer."""
    answer = _answer(path, *command)
    return None if answer is None else answer.returncode


def _answer(path: Path, *command: str) -> GitAnswer | None:
    """Return the result of a git command about a file, which need not exist; None if git does not answer.

    A repository from somebody else must not run anything here: the command names the repository, and its settings
    cannot make git start a program.
    """
    absolute, tree = path.absolute(), work_tree_of(path)
    directory = tree or nearest_directory(absolute)
    if is_silent(directory) or has_pipe(absolute, tree):
        return None
    where = options_for(tree)
    # A path that begins with ./ has no magic in it.
    name = f"./{absolute.relative_to(directory).as_posix()}"
    if "--stdin" in command:
        return run(directory, directory, safe_environment(), *where, *command, input_=os.fsencode(name))
    return run(directory, directory, safe_environment(), *where, *command, "--", name)


def uses_other_repository(path: Path) -> bool:
    """Return whether git, run beside a file, would use another repository or work tree than `options_for` names.

    Git's answer would then not show what happens when the user adds the file. A directory can itself be a repository,
    and a repository can name its work tree in its settings. For a usual repository, this function only reads files.
    """
    absolute, tree = path.absolute(), work_tree_of(path)
    if tree is None:
        return False
    between = [parent for parent in absolute.parents if parent != tree and parent.is_relative_to(tree)]
    if not may_name_a_tree(tree / ".git") and not any(os.path.lexists(parent / "HEAD") for parent in between):
        return False
    if is_silent(tree) or has_pipe(absolute, tree):
        return True
    environment = {
        name: value for name, value in safe_environment().items() if name not in ("GIT_DIR", "GIT_WORK_TREE")
    }
    words = ("rev-parse", "--show-toplevel", "--absolute-git-dir")
    answer = run(tree, nearest_directory(absolute), environment, *OPTIONS, *words)
    if answer is None:
        return True
    used = [os.path.realpath(os.fsdecode(line)) for line in answer.stdout.splitlines()]
    return used != [os.path.realpath(tree), git_directory(tree)]
