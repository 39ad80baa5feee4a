"""Finds the installed Qwen Code: the `qwen` on the PATH, and its version in its package.json."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.chosen_profile import InstalledProgram, release_of
from qwen_cfg.core.paths import Standpoint
from qwen_schema.bounded import TooLarge, Unreadable, read_file
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The package's name in the npm registry, in the installer's archives and in the repository, since the first release.
PACKAGE = "@qwen-code/qwen-code"

NAMES = ("qwen.exe", "qwen.bat", "qwen.cmd", "qwen.ps1", "qwen") if os.name == "nt" else ("qwen",)

# Entries of a directory that mark a project.
_PROJECT_SIGNS = (".git", "package.json", "node_modules")

# The paths of the packages of a version manager, relative to the parent of the directory with its `qwen`.
_PACKAGES = {
    "volta": (
        f"tools/image/packages/{PACKAGE}/*/node_modules/{PACKAGE}/package.json",
        f"tools/image/packages/{PACKAGE}/node_modules/{PACKAGE}/package.json",
    ),
    "mise": ("installs/*/*/bin/qwen",),
    "asdf": ("installs/*/*/bin/qwen", "installs/*/*/.npm/bin/qwen"),
    "nodenv": ("versions/*/bin/qwen",),
}
# Programs of version managers that are started under another program's name.
_MANAGERS = {"volta-shim": "volta", "mise": "mise"}

# Limits: links to a program, as on Linux; launchers that start each other; directories between a program and its
# package; packages of a version manager.
_MOST_LINKS = 40
_MOST_LAUNCHERS = 4
_MOST_DIRECTORIES = 5
_MOST_PACKAGES = 64

_LARGEST_LAUNCHER = 64 * 1024


class _UnknownError(Exception):
    """The version is unknown; the message has the reason."""


def find_program(
    environ: Mapping[str, str], cwd: Path, home: Path | None, names: tuple[str, ...] = NAMES
) -> InstalledProgram:
    """Return the `qwen` that a shell would start with the PATH of an environment. No program is started.

    Relative directories on the PATH, and directories of the project in `cwd`, are skipped: otherwise the author of the
    project would choose the profile.
    """
    for directory in filter(os.path.isabs, environ.get("PATH", "").split(os.pathsep)):
        # The path is a text at first, since most directories have no such program.
        found = next((path for name in names if _is_program(path := os.path.join(directory, name))), None)  # noqa: PTH118
        if found is not None and not _is_of_project(Path(found).parent, cwd, home):
            return program_at(Path(found), home)
    return InstalledProgram()


def program_at(program: Path, home: Path | None) -> InstalledProgram:
    """Return the Qwen Code that a program belongs to; with a problem if the program is not Qwen Code."""
    try:
        return InstalledProgram(_Finder(home).versions(program, _MOST_LAUNCHERS))
    except _UnknownError as unknown:
        return InstalledProgram(problem=str(unknown))
    except OSError as error:
        return InstalledProgram(problem=f"{program.as_posix()} cannot be followed: {error.strerror}")


def _is_program(path: str) -> bool:
    # The first call finds out that there is no such program. It also refuses a path with a NUL.
    return os.path.exists(path) and not os.path.isdir(path) and os.access(path, os.X_OK)  # noqa: PTH110, PTH112


def _is_of_project(directory: Path, cwd: Path, home: Path | None) -> bool:
    """Return whether a directory, or a link in its path, is in the project of the working directory."""
    project = _project(Path(os.path.realpath(cwd)), None if home is None else Path(os.path.realpath(home)))
    if project is None:
        return False
    # If no link is in the path, the directories above are in the project only if the directory itself is.
    has_link = os.path.realpath(directory) != str(directory)
    names = (directory, *directory.parents) if has_link else (directory,)
    return any(Path(os.path.realpath(name)).is_relative_to(project) for name in names)


def _project(cwd: Path, home: Path | None) -> Path | None:
    """Return the outermost directory of the project, or the working directory; never the home or a parent of it."""
    above = [d for d in (cwd, *cwd.parents) if d != d.parent and (home is None or not home.is_relative_to(d))]
    signed = [d for d in above if any(os.path.lexists(os.path.join(d, sign)) for sign in _PROJECT_SIGNS)]  # noqa: PTH118
    return next(iter((*reversed(signed), *above)), None)


@record
class _Finder:
    """Finds the package of a program."""

    home: Path | None

    def versions(self, program: Path, launchers: int) -> tuple[str, ...]:
        """Return the possible versions of a program.

        Raises:
            _UnknownError: if the version is unknown.
        """
        names = _names_of(program)
        real = names[-1]
        manager = next((_MANAGERS[name.stem] for name in names[1:] if name.stem in _MANAGERS), None)
        if manager is not None:
            launcher = next(name for name in reversed(names) if name.stem == program.stem)
            return self._versions_of_manager(manager, launcher, launchers)
        text = _text_of(real)
        if text is None:
            return (self._version_above(real),)
        from .launcher import manager_in, targets_in  # noqa: PLC0415 - if a program was found

        manager = manager_in(text)
        if manager is not None:
            return self._versions_of_manager(manager, real, launchers)
        for directory in dict.fromkeys((program.parent, real.parent)):
            for target in targets_in(text, directory, self.home):
                if launchers and os.path.isfile(target) and Path(os.path.realpath(target)) != real:  # noqa: PTH113
                    return self.versions(target, launchers - 1)
        raise _UnknownError(f"{self._display_path(real)} does not name a program of {PACKAGE}")

    def _versions_of_manager(self, manager: str, launcher: Path, launchers: int) -> tuple[str, ...]:
        """Return the versions of all packages of a version manager: its settings decide which one it starts."""
        versions: set[str] = set()
        for found in _packages(launcher.parent.parent, _PACKAGES[manager]):
            if found.name == "package.json":
                versions.add(self._version_in(found))
            elif launchers:
                versions.update(self.versions(found, launchers - 1))
        if not versions:
            raise _UnknownError(f"{manager} has no {PACKAGE} in {self._display_path(launcher.parent.parent)}")
        return tuple(sorted(versions, key=lambda version: (release_of(version), version)))

    def _version_above(self, program: Path) -> str:
        for directory in program.parents[:_MOST_DIRECTORIES]:
            package = directory / "package.json"
            # A directory of modules can have a package.json without a name, which is not a package's.
            if os.path.lexists(package) and "name" in self._read(package):
                return self._version_in(package)
        raise _UnknownError(f"{self._display_path(program)} has no package.json beside it")

    def _version_in(self, package: Path) -> str:
        data = self._read(package)
        name, version = data.get("name"), data.get("version")
        if name != PACKAGE:
            raise _UnknownError(f"{self._display_path(package)} is not that of {PACKAGE}")
        if not isinstance(version, str) or release_of(version) is None:
            raise _UnknownError(f"{self._display_path(package)} has no valid version")
        return version

    def _read(self, package: Path) -> dict[str, object]:
        import json  # noqa: PLC0415 - most places have no Qwen Code

        shown = self._display_path(package)
        try:
            data = json.loads(read_file(package).decode("utf-8-sig"))
        except Unreadable as problem:
            raise _UnknownError(f"{shown} {problem}") from None
        except OSError as error:
            raise _UnknownError(f"{shown} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise _UnknownError(f"{shown} is not valid JSON") from None
        if not isinstance(data, dict):
            raise _UnknownError(f"{shown} is not a JSON object")
        return data

    def _display_path(self, path: Path) -> str:
        return Standpoint(path, self.home).show_directory(path)


def _names_of(program: Path) -> tuple[Path, ...]:
    """Return a program's path, the further links to the program, and then its real path."""
    names = [program]
    while os.path.islink(names[-1]) and len(names) <= _MOST_LINKS:  # noqa: PTH114 - never raises
        names.append(Path(os.path.realpath(names[-1].parent)) / names[-1].readlink())
    return (*names[:-1], Path(os.path.realpath(program)))


def _packages(base: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """Yield the paths below a directory that match the patterns; a version with two names (`latest`) only once."""
    found = (path for pattern in patterns for path in sorted(islice(base.glob(pattern), _MOST_PACKAGES)))
    real = {os.path.realpath(path): path for path in found if os.path.exists(path)}  # noqa: PTH110
    yield from real.values()


def _text_of(program: Path) -> str | None:
    """Return the text of a launcher; None for a JavaScript program and for a binary file.

    Raises:
        _UnknownError: if the file cannot be read.
    """
    if program.suffix in (".js", ".mjs", ".cjs"):
        return None
    try:
        content = read_file(program, most=_LARGEST_LAUNCHER)
    except OSError as error:
        raise _UnknownError(f"{program.as_posix()} cannot be read: {error.strerror}") from None
    except TooLarge:
        return None
    except Unreadable as problem:
        raise _UnknownError(f"{program.as_posix()} {problem}") from None
    is_javascript = re.match(rb"#!.*\b(?:node|bun|deno)\b", content) is not None
    return None if is_javascript or b"\0" in content else content.decode("utf-8", "replace")
