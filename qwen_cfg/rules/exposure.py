"""Rules about env files with a key that other users of the machine or readers of a git repository can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.shell import quote

from .diagnostic import Finding
from .keys import key_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution


def readable_by_others(resolution: Resolution) -> Iterator[Finding]:
    """Other users of the machine can read the file and its key."""
    for file, key in _with_key(resolution):
        sighting = resolution.world.look(file.place.path)
        if sighting.kind == "file" and sighting.is_shared:
            yield Finding(
                f"{file.shown} contains an API key, and other users of this machine can read it "
                f"(mode {sighting.mode:04o}).",
                f"Restrict the file: chmod 600 {_shell_word(file.shown)}",
                "api_key",
                file.shown,
                key.origin.line,
            )


def unprotected_from_git(resolution: Resolution) -> Iterator[Finding]:
    """Git tracks the file, or the next `git add` adds it: a push then publishes the key."""
    for file, key in _with_key(resolution):
        status, word = resolution.world.in_git.get(file.place.path), _shell_word(file.shown)
        where = ("api_key", file.shown, key.origin.line)
        if status in ("tracked", "may be tracked"):
            message = f"{file.shown} contains an API key, and git tracks it or may track it."
            hint = f"Run git rm --cached {word}, and add it to .gitignore. If it was ever pushed, revoke the key."
            yield Finding(message, hint, *where)
        elif status == "not ignored":
            message = f"{file.shown} contains an API key, and git does not ignore it: git add would add it."
            yield Finding(message, f"Add {file.place.path.name} to .gitignore.", *where)


def _with_key(resolution: Resolution) -> Iterator[tuple[EnvFile, Candidate]]:
    for file in resolution.files:
        key = key_in(file)
        if key is not None:
            yield file, key


def _shell_word(shown: str) -> str:
    """Return a path as a word of a command line; the `~` of a home is not quoted."""
    return f"~/{quote(shown[2:])}" if shown.startswith("~/") else quote(shown)
