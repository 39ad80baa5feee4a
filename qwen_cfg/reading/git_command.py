"""Runs git with an environment that contains no key, and with settings that start no program."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    GitAnswer = subprocess.CompletedProcess[bytes]

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


def is_silent(about: Path) -> bool:
    """Return whether git was asked about a repository before, and did not answer in time."""
    return about in _silent


def is_installed() -> bool:
    """Return whether git is installed."""
    return _program(safe_environment()) is not None


def safe_environment() -> dict[str, str]:
    """Return the environment of git, without relative directories on the PATH, which may belong to a project."""
    passed = {name: os.environ[name] for name in (*_PASSED_ON, *_PLACES) if name in os.environ}
    places = {name: os.path.abspath(passed[name]) for name in _PLACES if passed.get(name)}  # noqa: PTH100 - links stay
    path = os.pathsep.join(filter(os.path.isabs, passed.get("PATH", os.defpath).split(os.pathsep)))
    return {**passed, **places, "PATH": path, **_SWITCHES}


def options_for(tree: Path | None) -> list[str]:
    """Return git's options for a work tree: they name the repository, and its settings cannot start a program."""
    where = [] if tree is None else [f"--git-dir={tree / '.git'}", f"--work-tree={tree}"]
    return [*where, *OPTIONS]


def run(
    about: Path,
    directory: Path,
    environment: Mapping[str, str],
    *words: str,
    input_: bytes = b"",
    seconds: float | None = None,
) -> GitAnswer | None:
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


def _program(environment: Mapping[str, str]) -> str | None:
    import shutil  # noqa: PLC0415 - most files are in no work tree

    git = shutil.which("git", path=environment["PATH"])
    return git if git is not None and Path(git).is_absolute() else None
