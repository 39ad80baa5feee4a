"""Finds the program that a launcher starts, in the forms of npm, pnpm, Yarn, Homebrew and Qwen Code's installer."""

from __future__ import annotations

from pathlib import Path

from qwen_schema import patterns as re

# A version manager's launcher names the manager, not the program.
_MANAGER = re.compile(r"\b(volta|asdf|mise|nodenv)(?:\.exe)?[\"']?\s+(?:run|exec|x)\b")

# A word of a line; parts of it may be in quotes of either kind.
_WORD = re.compile(r"(?:'[^']*'|\"[^\"]*\"|[^\s'\"=])+")
_PLAIN = str.maketrans({"'": None, '"': None, "\\": "/"})

# The names of programs that a launcher may start: the program itself, or another launcher.
_PROGRAM = re.compile(r"(?:^|/)(?:qwen(?:\.cmd|\.bat|\.ps1)?|[^/]+\.[cm]?js)$")

# How a launcher writes its own directory (`$basedir`, `%~dp0`), and its parent (`$ROOT`).
_OWN = re.compile(r"^(?:\$\{?(?:basedir(?:_win)?|PSScriptRoot)\}?|%dp0%|%~dp0)/*")
_ABOVE = re.compile(r"^(?:\$\{?ROOT\}?|%ROOT%)/*")
_HOME = re.compile(r"^(?:\$\{?HOME\}?|~)/+")


def manager_in(text: str) -> str | None:
    """Return the version manager that a launcher calls; None if it calls none."""
    match = _MANAGER.search(text)
    return match[1] if match else None


def targets_in(text: str, directory: Path, home: Path | None) -> list[Path]:
    """Return the programs that a launcher in a directory names, in order; they need not exist."""
    own = text.replace('$(dirname "$0")', "$basedir").replace('$(dirname -- "$0")', "$basedir")
    words = (word.translate(_PLAIN).lstrip("@&(") for line in own.splitlines() for word in _WORD.findall(line))
    paths = (_locate(word, directory, home) for word in words if _PROGRAM.search(word))
    return [path for path in paths if path is not None and path.is_absolute()]


def _locate(word: str, directory: Path, home: Path | None) -> Path | None:
    for written, place in ((_OWN, directory), (_ABOVE, directory / ".."), (_HOME, home)):
        match = written.match(word)
        if match is not None:
            return None if place is None else place / word[match.end() :]
    return None if "\0" in word else Path(word)
