"""Asking git about a file, with an environment that holds no key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema.bounded import Unreadable, kind_of, read_file

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from qwen_cfg.core.world import GitStatus

# What `git ls-files --error-unmatch` exits with where it knows that a file is tracked, or is not.
_TRACKED, _NOT_TRACKED = 0, 1

# What `git check-ignore` exits with where a file is ignored, or is not.
_IGNORED, _NOT_IGNORED = 0, 1

# How many seconds an answer of git is waited for. A repository can make git wait for ever: with a FIFO, for example.
_SECONDS = 10

# The environment of git, beside the switches below: where it finds programs and the user's own settings, and which
# repository the user named. Those that are paths are made absolute, since git runs in another directory.
_PASSED_ON = ("PATH", "SYSTEMROOT", "GIT_CONFIG_NOSYSTEM")
_PLACES = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_DIR", "GIT_WORK_TREE")

# A repository's settings can name programs. Reading the index and the ignore rules reaches two of them: the file
# system monitor, and the way to a remote that a missing object is fetched from. GIT_ALLOW_PROTOCOL forbids every way,
# whatever the settings say, in every git since 2.3.10; GIT_NO_LAZY_FETCH forbids the fetch itself, since 2.39.4.
_SWITCHES = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# A setting on git's command line overrides the same setting of a repository, but not a more specific one. The hooks and
# the bundle are what the fetch of git 2.40 to 2.44 uses before it looks at the protocol.
_PROTOCOLS = ("ext", "file", "ftp", "ftps", "git", "http", "https", "ssh")
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "fetch.bundleURI=",
    "protocol.allow=never",
    *(f"protocol.{name}.allow=never" for name in _PROTOCOLS),
)
OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))

# The repositories of which git gave no answer in time. They are not asked about again.
_silent: set[Path] = set()

# What git reads in a repository before it looks at the index, or at the ignore rules.
_READ = ("HEAD", "commondir", "config", "config.worktree", "info/exclude")

# What a directory has that git takes for a repository; the parts of one with `commondir` are elsewhere.
_LAYOUT = ("objects", "refs")

# The settings that let a repository name its work tree, core.worktree and extensions.worktreeConfig, have this in them.
# Git reads neither from an included file.
_NAMING = b"worktree"

# How long the parts of an index are in bytes, and what the flags of an entry say: the length of its name, as far as
# there is room for it, and whether there are more flags.
_HEADER, _CHECKSUM, _FLAGS = 12, 20, 60
_LENGTH, _IS_EXTENDED = 0x0FFF, 0x4000

# In bytes; a million files take some 100 MiB.
_LARGEST_INDEX = 256 * 1024 * 1024

# The most links that are followed on the way to a file, as on Linux.
_MOST_LINKS = 40


def in_work_tree(path: Path) -> bool:
    """Tell whether a file stands in a work tree, or may do so."""
    absolute = path.absolute()
    is_below_a_repository = work_tree_of(path) is not None or any(map(_is_repository, absolute.parents))
    return is_below_a_repository or _may_be_in_named_tree(path)


def may_be_tracked(path: Path) -> bool:
    """Tell whether git tracks a file or a link that leads to it, or may do so."""
    return is_tracked(path) is not False


def is_tracked(path: Path) -> bool | None:
    """Tell whether git tracks a file or a link that leads to it; None where nobody can tell.

    A path through a link is none to git, which tracks the link, and what it leads to, each under its own name.
    """
    answers = [_is_tracked(name) for name in dict.fromkeys((path.absolute(), *_names_of(path)))]
    return True if True in answers else None if None in answers else False


def is_installed() -> bool:
    """Tell whether there is a git to ask."""
    return _program(safe_environment()) is not None


def is_ignored(path: Path) -> bool | None:
    """Tell whether git ignores a file of a work tree, which need not exist; None where git does not answer."""
    if is_led_away(path):
        return None
    # Without the index no object can be missing.
    answer = _answer(path, "check-ignore", "--no-index", "--verbose", "-z", "--stdin")
    ignored = None if answer is None else ignored_in(answer)
    return None if ignored is None else bool(ignored)


def ignored_in(answer: subprocess.CompletedProcess[bytes]) -> set[bytes] | None:
    """Return the names that `check-ignore --verbose -z` calls ignored; None where it failed."""
    if answer.returncode not in (_IGNORED, _NOT_IGNORED):
        return None
    # Each answer is the file with the pattern, its line, the pattern, and the name that was asked about.
    parts = answer.stdout.split(b"\0")
    # Up to 2.25, git names a file too where the last pattern that matches takes it in again.
    return {name for pattern, name in zip(parts[2::4], parts[3::4], strict=False) if not pattern.startswith(b"!")}


def may_be_asked(tree: Path) -> bool:
    """Tell whether git may be asked about a whole work tree: nobody named another repository, and it answers."""
    named = safe_environment()
    if "GIT_DIR" in named or "GIT_WORK_TREE" in named or tree in _silent:
        return False
    return is_installed() and not is_led_away(tree / ".git") and not has_pipe(tree / ".git", tree)


def words_for(tree: Path | None) -> list[str]:
    """Return git's options for a work tree: it is told the repository, and its settings can name no program."""
    where = [] if tree is None else [f"--git-dir={tree / '.git'}", f"--work-tree={tree}"]
    return [*where, *OPTIONS]


def status_of(path: Path) -> GitStatus | None:
    """Return what git does with a file, or with a link that leads to it; None for one in no work tree."""
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
    return run(about, about, safe_environment(), *words_for(tree), *command, input_=input_, seconds=seconds)


def _names_of(path: Path) -> tuple[Path, ...]:
    """Return every link on the way to a file, by a path with no other link in it, and at last the file's real path."""
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
    """Return where a link leads; None for what is no link, and where one may not look."""
    try:
        return path.readlink()
    except OSError:
        return None


def _is_tracked(path: Path) -> bool | None:
    """Tell so of one name, in whatever letters: a file system may not tell small ones from large ones."""
    if not in_work_tree(path):
        return False
    if is_led_away(path):
        return _is_in_index(path) or None
    answer = _asked(path, "--icase-pathspecs", "ls-files", "--error-unmatch")
    return _is_in_index(path) if answer not in (_TRACKED, _NOT_TRACKED) else answer == _TRACKED


def work_tree_of(path: Path) -> Path | None:
    """Return the nearest directory above a file that has a `.git`; what only looks like a repository is none."""
    return next((parent for parent in path.absolute().parents if os.path.lexists(parent / ".git")), None)


def _may_be_in_named_tree(path: Path) -> bool:
    """Tell whether the environment names a repository, and no work tree for it that the file is outside of."""
    named = safe_environment()
    tree = named.get("GIT_WORK_TREE")
    return "GIT_DIR" in named and (not tree or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(tree)))


def safe_environment() -> dict[str, str]:
    """Return the environment of git. A relative directory on the PATH can be one of a project, and is left out."""
    passed = {name: os.environ[name] for name in (*_PASSED_ON, *_PLACES) if name in os.environ}
    places = {name: os.path.abspath(passed[name]) for name in _PLACES if passed.get(name)}  # noqa: PTH100 - links stay
    path = os.pathsep.join(filter(os.path.isabs, passed.get("PATH", os.defpath).split(os.pathsep)))
    return {**passed, **places, "PATH": path, **_SWITCHES}


def _asked(path: Path, *command: str) -> int | None:
    """Return git's exit code when it is asked about a file; None if it does not answer."""
    answer = _answer(path, *command)
    return None if answer is None else answer.returncode


def _answer(path: Path, *command: str) -> subprocess.CompletedProcess[bytes] | None:
    """Return how git ended that was asked about a file, which need not exist; None if it does not answer.

    A repository that came from somebody else must not run anything here: git is told which repository is meant, and
    cannot be led to a program by its settings.
    """
    absolute, tree = path.absolute(), work_tree_of(path)
    directory = tree or _nearest(absolute)
    if directory in _silent or has_pipe(absolute, tree):
        return None
    where = words_for(tree)
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
    """Return how git ended that was asked about a tree; None if it did not in time, or could not be started."""
    import subprocess  # noqa: PLC0415 - most files are in no work tree

    git = _program(environment)
    if git is None:
        return None
    try:
        return subprocess.run(  # noqa: S603 - git, by its full path
            [git, *words],
            cwd=directory,
            env=environment,
            input=input_,
            capture_output=True,
            timeout=seconds or _SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _silent.add(about)
        return None
    except OSError:
        return None


def _nearest(path: Path) -> Path:
    """Return the nearest directory above a file that is there."""
    return next(parent for parent in path.parents if parent.is_dir())


def is_led_away(path: Path) -> bool:
    """Tell whether git, run beside a file, uses another repository or work tree than those that `_asked` names.

    Whatever it is asked about the file then says nothing about what it does when the user adds the file. Git finds a
    repository by what is in a directory, too, and one names its work tree in its settings. For the usual repository, a
    look at the files is enough.
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
    """Tell whether a `.git` may lead to another work tree than its directory, by a look at its files."""
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
    """Return the real path of the repository that the `.git` of a work tree is, or names (gitrepository-layout(5))."""
    git = tree / ".git"
    try:
        named = "" if git.is_dir() else os.fsdecode(read_file(git)).removeprefix("gitdir:").strip()
    except (OSError, Unreadable):
        named = ""
    return os.path.realpath(tree / named if named else git)


def _is_repository(directory: Path) -> bool:
    """Tell whether a directory looks like a repository itself, as a bare one does."""
    has_layout = os.path.lexists(directory / "commondir") or all((directory / name).is_dir() for name in _LAYOUT)
    return os.path.lexists(directory / "HEAD") and has_layout


def _program(environment: Mapping[str, str]) -> str | None:
    import shutil  # noqa: PLC0415 - most files are in no work tree

    git = shutil.which("git", path=environment["PATH"])
    return git if git is not None and Path(git).is_absolute() else None


def has_pipe(path: Path, tree: Path | None) -> bool:
    """Tell whether git would wait for what is no file: a FIFO or a device among what it reads for a file."""
    if tree is None:
        return False
    levels = [parent for parent in path.parents if parent.is_relative_to(tree)]
    read = [*(tree / ".git" / name for name in _READ), *(level / ".gitignore" for level in levels)]
    return not all(is_harmless(file) for file in read)


def is_harmless(file: Path) -> bool:
    """Tell so of what git takes for a file or a directory, and of what it cannot look at."""
    try:
        return kind_of(file.stat().st_mode) in ("file", "directory")
    except OSError:
        return True


def _is_in_index(path: Path) -> bool | None:
    """Tell whether a file is in the index of its work tree; None where that cannot be read to its end."""
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
    """Return the names in an index, in small letters (git's index-format, versions 2 and 3, with SHA-1).

    None stands for one that cannot be read to its end, or of which only a part is in this file: a split index and a
    sparse one have an extension that has to be understood, which begins with a small letter.
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
        # One to eight NULs follow, so that each entry is a multiple of eight long.
        at += (stop - at) // 8 * 8 + 8
    while at < end and not index[at : at + 1].islower():
        at += 8 + _number(index[at + 4 : at + 8])
    return names if at == end else None


def _number(digits: bytes) -> int:
    return int.from_bytes(digits, "big")
