"""Asks git whether it tracks or ignores a file, with an environment that contains no key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema.bounded import Unreadable, kind_of, read_file

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from qwen_cfg.core.world import GitStatus

# The exit codes of `git ls-files --error-unmatch` for a tracked file and for another file.
_TRACKED, _NOT_TRACKED = 0, 1

# The exit codes of `git check-ignore` for an ignored file and for another file.
_IGNORED, _NOT_IGNORED = 0, 1

# The time limit for git's answer, in seconds. A repository can make git wait forever, with a FIFO for example.
_SECONDS = 10

# The environment of git, in addition to the switches below: the places of programs and of the user's own settings, and
# the repository that the user named. Paths are made absolute, since git runs in another directory.
_PASSED_ON = ("PATH", "SYSTEMROOT", "GIT_CONFIG_NOSYSTEM")
_PLACES = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_DIR", "GIT_WORK_TREE")

# A repository's settings can name programs. When git reads the index and the ignore rules, it may run two of them: the
# file system monitor, and the transport of a remote from which it fetches a missing object. GIT_ALLOW_PROTOCOL forbids
# every transport, whatever the settings say, since git 2.3.10; GIT_NO_LAZY_FETCH forbids the fetch itself, since
# 2.39.4.
_SWITCHES = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# A setting on git's command line overrides the same setting of a repository, but not a more specific one. The fetch of
# git 2.40 to 2.44 uses the hooks and the bundle before it checks the protocol.
_PROTOCOLS = ("ext", "file", "ftp", "ftps", "git", "http", "https", "ssh")
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "fetch.bundleURI=",
    "protocol.allow=never",
    *(f"protocol.{name}.allow=never" for name in _PROTOCOLS),
)
OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))

# The repositories for which git did not answer in time. Git is not asked about them again.
_silent: set[Path] = set()

# The files of a repository that git reads before the index or the ignore rules.
_READ = ("HEAD", "commondir", "config", "config.worktree", "info/exclude")

# The entries of a directory that git accepts as a repository; if it has `commondir`, they are elsewhere.
_LAYOUT = ("objects", "refs")

# A part of the names of the settings that let a repository name its work tree: core.worktree and
# extensions.worktreeConfig. Git reads neither from an included file.
_NAMING = b"worktree"

# The lengths of the parts of an index in bytes, and the flags of an entry: the length of its name, up to a limit, and
# whether there are more flags.
_HEADER, _CHECKSUM, _FLAGS = 12, 20, 60
_LENGTH, _IS_EXTENDED = 0x0FFF, 0x4000

# In bytes; the index of a million files has about 100 MiB.
_LARGEST_INDEX = 256 * 1024 * 1024

# How many links are followed in one path at most, as on Linux.
_MOST_LINKS = 40


def in_work_tree(path: Path) -> bool:
    """Return whether a file is in a work tree, or may be in one."""
    absolute = path.absolute()
    is_below_a_repository = work_tree_of(path) is not None or any(map(_is_repository, absolute.parents))
    return is_below_a_repository or _may_be_in_named_tree(path)


def may_be_tracked(path: Path) -> bool:
    """Return whether git tracks, or may track, a file or a link in its path."""
    return is_tracked(path) is not False


def is_tracked(path: Path) -> bool | None:
    """Return whether git tracks a file or a link in its path; None if that is unknown.

    Git does not accept a path through a link: it tracks the link and its target, each by its own path.
    """
    answers = [_is_tracked(name) for name in dict.fromkeys((path.absolute(), *_names_of(path)))]
    return True if True in answers else None if None in answers else False


def is_installed() -> bool:
    """Return whether git is installed."""
    return _program(safe_environment()) is not None


def is_ignored(path: Path) -> bool | None:
    """Return whether git ignores a file of a work tree, which need not exist; None if git does not answer."""
    if uses_other_repository(path):
        return None
    # With --no-index, git reads no object that could be missing.
    answer = _answer(path, "check-ignore", "--no-index", "--verbose", "-z", "--stdin")
    ignored = None if answer is None else ignored_names(answer)
    return None if ignored is None else bool(ignored)


def ignored_names(answer: subprocess.CompletedProcess[bytes]) -> set[bytes] | None:
    """Return the names that `check-ignore --verbose -z` calls ignored; None where it failed."""
    if answer.returncode not in (_IGNORED, _NOT_IGNORED):
        return None
    # Each answer is the file with the pattern, its line, the pattern, and the name that was asked about.
    parts = answer.stdout.split(b"\0")
    # Up to 2.25, git names a file too where the last pattern that matches takes it in again.
    return {name for pattern, name in zip(parts[2::4], parts[3::4], strict=False) if not pattern.startswith(b"!")}


def may_ask_git(tree: Path) -> bool:
    """Tell whether git may be asked about a whole work tree: nobody named another repository, and it answers."""
    named = safe_environment()
    # Git names its own repository to its hooks.
    means_another = named.get("GIT_DIR") and os.path.realpath(named["GIT_DIR"]) != _git_directory(tree)
    means_another = means_another or named.get("GIT_WORK_TREE", str(tree)) != str(tree)
    if means_another or tree in _silent:
        return False
    return is_installed() and not uses_other_repository(tree / ".git") and not has_pipe(tree / ".git", tree)


def options_for(tree: Path | None) -> list[str]:
    """Return git's options for a work tree: it is told the repository, and its settings can name no program."""
    where = [] if tree is None else [f"--git-dir={tree / '.git'}", f"--work-tree={tree}"]
    return [*where, *OPTIONS]


def status_of(path: Path) -> GitStatus | None:
    """Return git's status of a file, or of a link in its path; None if the file is in no work tree."""
    tracked = is_tracked(path)
    if tracked is not False:
        return "tracked" if tracked else "may be tracked"
    real = Path(os.path.realpath(path))
    if not in_work_tree(real):
        return None
    return "ignored" if is_ignored(real) else "not ignored"


def work_tree(directory: Path) -> Path | None:
    """Return the work tree that a directory stands in: the nearest one at it or above that has a `.git`."""
    return work_tree_of(directory / "_")


def ask_repository(
    directory: Path, *command: str, input_: bytes = b"", seconds: float | None = None
) -> subprocess.CompletedProcess[bytes] | None:
    """Return how git ended that was asked about the objects of the repository around a directory.

    None where it does not answer in time. Nothing that the repository's settings name is run. Words that come from a
    person must not begin with a dash.
    """
    tree = work_tree(directory)
    about = tree or directory
    if about in _silent or has_pipe(about / "_", tree):
        return None
    return run(about, about, safe_environment(), *options_for(tree), *command, input_=input_, seconds=seconds)


def _names_of(path: Path) -> tuple[Path, ...]:
    """Return each link in the path of a file, by a path without other links, and then the real path of the file."""
    links: list[Path] = []
    absolute = path.absolute()
    at, parts = Path(absolute.anchor), list(absolute.parts[1:])
    while parts:
        part = parts.pop(0)
        at = at.parent if part == ".." else at / part
        target = _target(at) if len(links) < _MOST_LINKS else None
        if target is not None:
            links.append(at)
            at = Path(target.anchor) if target.is_absolute() else at.parent
            parts = [*(part for part in target.parts if part != target.anchor), *parts]
    return (*links, at)


def _target(path: Path) -> Path | None:
    """Return the target of a link; None if the path is no link, or cannot be read."""
    try:
        return path.readlink()
    except OSError:
        return None


def _is_tracked(path: Path) -> bool | None:
    """Return whether git tracks one path, ignoring case, as some file systems do; None if that is unknown."""
    if not in_work_tree(path):
        return False
    if uses_other_repository(path):
        return _is_in_index(path) or None
    answer = _exit_code(path, "--icase-pathspecs", "ls-files", "--error-unmatch")
    return _is_in_index(path) if answer not in (_TRACKED, _NOT_TRACKED) else answer == _TRACKED


def work_tree_of(path: Path) -> Path | None:
    """Return the nearest directory above a file that has a `.git`; a bare repository does not count."""
    return next((parent for parent in path.absolute().parents if os.path.lexists(parent / ".git")), None)


def _may_be_in_named_tree(path: Path) -> bool:
    """Return whether the environment names a repository, and does not name a work tree that the file is outside of."""
    named = safe_environment()
    tree = named.get("GIT_WORK_TREE")
    return "GIT_DIR" in named and (not tree or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(tree)))


def safe_environment() -> dict[str, str]:
    """Return the environment of git, without relative directories on the PATH, which may belong to a project."""
    passed = {name: os.environ[name] for name in (*_PASSED_ON, *_PLACES) if name in os.environ}
    places = {name: os.path.abspath(passed[name]) for name in _PLACES if passed.get(name)}  # noqa: PTH100 - links stay
    path = os.pathsep.join(filter(os.path.isabs, passed.get("PATH", os.defpath).split(os.pathsep)))
    return {**passed, **places, "PATH": path, **_SWITCHES}


def _exit_code(path: Path, *command: str) -> int | None:
    """Return the exit code of a git command about a file; None if git does not answer."""
    answer = _answer(path, *command)
    return None if answer is None else answer.returncode


def _answer(path: Path, *command: str) -> subprocess.CompletedProcess[bytes] | None:
    """Return the result of a git command about a file, which need not exist; None if git does not answer.

    A repository from somebody else must not run anything here: the command names the repository, and its settings
    cannot make git start a program.
    """
    absolute, tree = path.absolute(), work_tree_of(path)
    directory = tree or _nearest(absolute)
    if directory in _silent or has_pipe(absolute, tree):
        return None
    where = options_for(tree)
    # A path that begins with ./ has no magic in it.
    name = f"./{absolute.relative_to(directory).as_posix()}"
    if "--stdin" in command:
        return run(directory, directory, safe_environment(), *where, *command, input_=os.fsencode(name))
    return run(directory, directory, safe_environment(), *where, *command, "--", name)


def run(
    about: Path,
    directory: Path,
    environment: Mapping[str, str],
    *words: str,
    input_: bytes = b"",
    seconds: float | None = None,
) -> subprocess.CompletedProcess[bytes] | None:
    """Return the result of a git command about a tree.

    None if git did not end in time, wrote too much, or could not be started.
    """
    import subprocess  # noqa: PLC0415 - most files are in no work tree

    from .program_answer import answer_of  # noqa: PLC0415

    git = _program(environment)
    if git is None:
        return None
    try:
        process = subprocess.Popen(  # noqa: S603 - git, by its full path
            [git, *words],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError:
        return None
    answer = answer_of(process, input_, seconds or _SECONDS)
    if answer is None:
        _silent.add(about)
        return None
    return subprocess.CompletedProcess(process.args, *answer)


def _nearest(path: Path) -> Path:
    """Return the nearest existing directory above a file."""
    return next(parent for parent in path.parents if parent.is_dir())


def uses_other_repository(path: Path) -> bool:
    """Tell whether git, run beside a file, uses another repository or work tree than those that `_asked` names.

    Git's answer would then not show what happens when the user adds the file. A directory can itself be a repository,
    and a repository can name its work tree in its settings. For a usual repository, this function only reads files.
    """
    absolute, tree = path.absolute(), work_tree_of(path)
    if tree is None:
        return False
    between = [parent for parent in absolute.parents if parent != tree and parent.is_relative_to(tree)]
    if not _may_name_a_tree(tree / ".git") and not any(os.path.lexists(parent / "HEAD") for parent in between):
        return False
    if tree in _silent or has_pipe(absolute, tree):
        return True
    environment = {
        name: value for name, value in safe_environment().items() if name not in ("GIT_DIR", "GIT_WORK_TREE")
    }
    words = ("rev-parse", "--show-toplevel", "--absolute-git-dir")
    asked = run(tree, _nearest(absolute), environment, *OPTIONS, *words)
    if asked is None:
        return True
    used = [os.path.realpath(os.fsdecode(line)) for line in asked.stdout.splitlines()]
    return used != [os.path.realpath(tree), _git_directory(tree)]


def _may_name_a_tree(git: Path) -> bool:
    """Return whether a `.git` may name another work tree than its directory; reads only its files."""
    if not git.is_dir() or os.path.lexists(git / "commondir"):
        return True
    try:
        settings = read_file(git / "config").lower()
    except FileNotFoundError:
        return False
    except (OSError, Unreadable):
        return True
    return _NAMING in settings


def _git_directory(tree: Path) -> str:
    """Return the real path of a work tree's repository: its `.git`, or the one that names (gitrepository-layout(5))."""
    git = tree / ".git"
    try:
        named = "" if git.is_dir() else os.fsdecode(read_file(git)).removeprefix("gitdir:").strip()
    except (OSError, Unreadable):
        named = ""
    return os.path.realpath(tree / named if named else git)


def _is_repository(directory: Path) -> bool:
    """Return whether a directory itself looks like a repository, such as a bare one."""
    has_layout = os.path.lexists(directory / "commondir") or all((directory / name).is_dir() for name in _LAYOUT)
    return os.path.lexists(directory / "HEAD") and has_layout


def _program(environment: Mapping[str, str]) -> str | None:
    import shutil  # noqa: PLC0415 - most files are in no work tree

    git = shutil.which("git", path=environment["PATH"])
    return git if git is not None and Path(git).is_absolute() else None


def has_pipe(path: Path, tree: Path | None) -> bool:
    """Return whether a file that git would read is a FIFO or a device, for which git might wait."""
    if tree is None:
        return False
    levels = [parent for parent in path.parents if parent.is_relative_to(tree)]
    read = [*(tree / ".git" / name for name in _READ), *(level / ".gitignore" for level in levels)]
    return not all(is_harmless(file) for file in read)


def is_harmless(file: Path) -> bool:
    """Return whether a path is a file or a directory, or is not shown by the system."""
    try:
        return kind_of(file.stat().st_mode) in ("file", "directory")
    except OSError:
        return True


def _is_in_index(path: Path) -> bool | None:
    """Return whether a file is in the index of its work tree; None if the index cannot be read completely."""
    tree = work_tree_of(path)
    if tree is None or not (tree / ".git").is_dir():
        return None
    try:
        index = read_file(tree / ".git" / "index", most=_LARGEST_INDEX)
    except FileNotFoundError:
        return False
    except (OSError, Unreadable):
        return None
    names = _names_in(index)
    return None if names is None else os.fsencode(path.absolute().relative_to(tree).as_posix()).lower() in names


def _names_in(index: bytes) -> set[bytes] | None:
    """Return the names in an index, in lower case (git's index-format, versions 2 and 3, with SHA-1).

    None if the index cannot be read completely, or if this file has only a part of it: a split index and a sparse index
    have an extension that is required, whose name begins with a lower-case letter.
    """
    if index[:4] != b"DIRC" or index[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        return None
    names, at, end = set(), _HEADER, len(index) - _CHECKSUM
    for _ in range(_number(index[8:12])):
        flags = _number(index[at + _FLAGS : at + _FLAGS + 2])
        begin = at + _FLAGS + (4 if flags & _IS_EXTENDED else 2)
        stop = index.find(b"\0", begin)
        if stop < 0 or min(stop - begin, _LENGTH) != flags & _LENGTH:
            return None
        names.add(index[begin:stop].lower())
        # One to eight NULs follow, so that the length of each entry is a multiple of eight.
        at += (stop - at) // 8 * 8 + 8
    while at < end and not index[at : at + 1].islower():
        at += 8 + _number(index[at + 4 : at + 8])
    return names if at == end else None


def _number(digits: bytes) -> int:
    return int.from_bytes(digits, "big")
