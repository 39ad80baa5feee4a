"""The installed Qwen Code: where its version is found, what makes it unknown, and which programs are skipped."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.installations import (
    JAVASCRIPT,
    LAYOUTS,
    ON_WINDOWS,
    PACKAGE,
    VERSION,
    asdf,
    link,
    mise,
    npm_global,
    npm_local,
    write_program,
)
from support.no_qwen import path_without_qwen

from qwen_cfg.core.chosen_profile import ChosenProfile, InstalledProgram, profile_of, release_of
from qwen_cfg.core.resolution import profile_named
from qwen_cfg.reading.installed_program import find_program
from qwen_cfg.reading.launcher import targets_in
from qwen_schema import declared_profiles

DOCUMENTED, NEWER = declared_profiles()["documented"], declared_profiles()["qwen-code-0.21"]
WINDOWS_NAMES = ("qwen.exe", "qwen.bat", "qwen.cmd", "qwen.ps1", "qwen")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A home with a project in it, `work/app`."""
    home = Path(os.path.realpath(tmp_path)) / "home"
    (home / "work/app/src").mkdir(parents=True)
    (home / "work/app/.git").mkdir()
    (home / "work/other").mkdir()
    return home


def find(root: Path, *path: str | Path, cwd: str = "work/app", names: tuple[str, ...] = ("qwen",)) -> InstalledProgram:
    return find_program({"PATH": os.pathsep.join(map(str, path))}, root / cwd, root, names)


# How the program and its version are found.


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_version_is_found(layout: str, root: Path) -> None:
    directory = LAYOUTS[layout](root)
    assert find(root, "/nowhere", directory) == InstalledProgram((VERSION,))
    # The user may have made another link.
    link(root / "own/qwen", directory / "qwen")
    assert find(root, root / "own") == InstalledProgram((VERSION,))


@pytest.mark.parametrize("layout", ON_WINDOWS)
def test_a_windows_launcher_is_read(layout: str, root: Path) -> None:
    directory = ON_WINDOWS[layout](root)
    assert find(root, directory, names=WINDOWS_NAMES) == InstalledProgram((VERSION,))
    assert find(root, directory) == InstalledProgram()


def test_the_first_program_on_the_path_counts(root: Path) -> None:
    first, second = npm_global(root / "a", "0.20.0"), npm_global(root / "b", "0.24.4")
    assert find(root, first, second).versions == ("0.20.0",)
    assert find(root, second, first).versions == ("0.24.4",)
    # Files that a shell would not start are skipped.
    (root / "c/qwen").mkdir(parents=True)
    write_program(root / "d/qwen").chmod(0o644)
    link(root / "e/qwen", "nowhere")
    assert find(root, root / "c", root / "d", root / "e", first).versions == ("0.20.0",)


def test_without_a_path_no_program_is_found(root: Path) -> None:
    for environ in ({}, {"PATH": ""}, {"PATH": ":"}, {"PATH": "/nowhere\0:/dev/null:/x" + "y" * 5000}):
        assert find_program(environ, root, None) == InstalledProgram()


def test_several_versions_of_a_version_manager_are_reported(root: Path) -> None:
    both = find(root, mise(root, "0.9.0", "0.24.4"))
    assert both == InstalledProgram(("0.9.0", "0.24.4"))
    assert (both.profile, str(both)) == (None, "qwen 0.9.0 or 0.24.4 on PATH")
    newer = find(root, asdf(root, "0.22.0", "0.24.4", "0.24.4"))
    assert newer == InstalledProgram(("0.22.0", "0.24.4"))
    assert newer.profile == NEWER


# What makes the version unknown.


def test_a_bad_package_makes_the_version_unknown(root: Path) -> None:
    directory = npm_global(root)
    package = root / f"lib/node_modules/{PACKAGE}/package.json"
    shown = f"~/lib/node_modules/{PACKAGE}/package.json"
    contents: dict[str, bytes] = {
        "is not valid JSON": b"{",
        "is not valid JSON ": b"",
        "is not valid JSON  ": b'{"name": "\xff"}',
        "is not valid JSON   ": b"[" * 100_000,
        "is not valid JSON    ": b'{"version": ' + b"9" * 10_000 + b"}",
        "is not a JSON object": b"[]",
        "is over 1 MiB": b" " * (1024 * 1024 + 1),
        f"is not that of {PACKAGE}": b'{"name": "qwen", "version": "0.24.4"}',
        f"is not that of {PACKAGE} ": b'{"name": ["@qwen-code/qwen-code"], "version": "0.24.4"}',
        "has no valid version": b'{"name": "@qwen-code/qwen-code"}',
        "has no valid version ": b'{"name": "@qwen-code/qwen-code", "version": 21}',
        "has no valid version  ": b'{"name": "@qwen-code/qwen-code", "version": "latest"}',
        "has no valid version   ": b'{"name": "@qwen-code/qwen-code", "version": "0.24.4\\u001b[31m"}',
    }
    for problem, content in contents.items():
        package.write_bytes(content)
        assert find(root, directory) == InstalledProgram(problem=f"{shown} {problem.rstrip()}")
    package.unlink()
    assert "has no package.json beside it" in find(root, directory).problem
    package.symlink_to("package.json")
    assert find(root, directory).problem == f"{shown} cannot be read: Too many levels of symbolic links"
    package.unlink()
    package.symlink_to("/dev/zero")
    assert find(root, directory).problem == f"{shown} is a character device"
    package.unlink()
    os.mkfifo(package)
    assert find(root, directory).problem == f"{shown} is a fifo"
    package.unlink()
    package.mkdir()
    assert find(root, directory).problem == f"{shown} is a directory"


def test_a_byte_order_mark_and_a_nameless_package_are_skipped(root: Path) -> None:
    directory = npm_global(root)
    module = root / f"lib/node_modules/{PACKAGE}"
    (module / "package.json").write_text(f'\ufeff{{"name": "{PACKAGE}", "version": "0.5.0"}}', encoding="utf-8")
    write_program(module / "dist/index.js")
    (module / "dist/package.json").write_text('{"type": "module"}', encoding="utf-8")
    (directory / "qwen").unlink()
    link(directory / "qwen", f"../lib/node_modules/{PACKAGE}/dist/index.js")
    assert find(root, directory).versions == ("0.5.0",)


@pytest.mark.parametrize(
    "text",
    [
        '#!/bin/sh\nexec npx @qwen-code/qwen-code "$@"\n',
        '#!/bin/sh\nexec /nowhere/qwen "$@"\n',
        '#!/bin/sh\nexec "$0" qwen ./qwen "$(dirname "$0")/qwen"\n',
        "",
        "''" * 10_000,
        "'" * 30_001,
        "$basedir/" + "a/" * 20_000 + "x.js",
    ],
)
def test_a_script_that_names_no_program_is_unknown(text: str, root: Path) -> None:
    write_program(root / "bin/qwen", text)
    assert find(root, root / "bin") == InstalledProgram(problem=f"~/bin/qwen does not name a program of {PACKAGE}")


def test_a_loop_of_launchers_ends(root: Path) -> None:
    for one, other in ("ab", "bc", "ca"):
        write_program(root / one / "qwen", f'#!/bin/sh\nexec "{root}/{other}/qwen"\n')
    assert "does not name a program" in find(root, root / "a").problem
    for number in range(30):
        write_program(root / f"{number}/qwen", f'#!/bin/sh\nexec "{root}/{number + 1}/qwen"\n')
    assert "does not name a program" in find(root, root / "0").problem


def test_a_path_that_is_no_file_does_not_block(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "bin").mkdir()
    os.mkfifo(root / "bin/qwen", 0o755)
    assert find(root, root / "bin").problem == f"{root}/bin/qwen is a fifo"
    with socket.socket(socket.AF_UNIX) as served:
        monkeypatch.chdir(root)
        (root / "s").mkdir()
        served.bind("s/qwen")
        assert find(root, root / "s").problem == f"{root}/s/qwen is a socket"


def test_an_unknown_kind_of_program_is_unknown(root: Path) -> None:
    write_program(root / "bin/qwen", "\0ELF" + "x" * 100_000)
    assert find(root, root / "bin").problem == "~/bin/qwen has no package.json beside it"
    (root / "package.json").write_text('{"name": "mine", "version": "0.24.4"}', encoding="utf-8")
    assert find(root, root / "bin").problem == f"~/package.json is not that of {PACKAGE}"
    link(root / "m/shims/qwen", write_program(root / "x/mise", "\0"))
    assert find(root, root / "m/shims").problem == f"mise has no {PACKAGE} in ~/m"


# Programs that are skipped.


@pytest.mark.parametrize("cwd", ["work/app", "work/app/src"])
@pytest.mark.parametrize("directory", ["node_modules/.bin", "bin", "."])
def test_a_program_of_the_project_is_skipped(cwd: str, directory: str, root: Path) -> None:
    project = root / "work/app"
    npm_local(project)
    link(project / "bin/qwen", "../node_modules/.bin/qwen")
    link(project / "qwen", "node_modules/.bin/qwen")
    link(root / "link", project)
    link(root / "link-to-bin", project / directory)
    own = npm_global(root / ".nvm", "0.10.0")
    for entry in (
        project / directory,
        f"{root}/work/../work/app/{directory}",
        root / "link" / directory,
        root / "link-to-bin",
        f"{project}/src/../{directory}",
    ):
        assert find(root, entry, cwd=cwd) == InstalledProgram()
        assert find(root, entry, own, cwd=cwd).versions == ("0.10.0",)
    # The same directory counts for a user elsewhere.
    assert find(root, project / directory, cwd="work/other").versions == (VERSION,)


def test_a_link_of_the_project_to_another_directory_is_skipped(root: Path) -> None:
    link(root / "work/app/tools", npm_global(root / "old", "0.10.0"))
    assert find(root, root / "work/app/tools") == InstalledProgram()
    assert find(root, root / "old/bin").versions == ("0.10.0",)


@pytest.mark.parametrize(
    "entry", ["", ".", "node_modules/.bin", "./node_modules/.bin", "~/bin", "../app/node_modules/.bin"]
)
def test_a_relative_directory_is_skipped(entry: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = root / "work/app"
    npm_local(project)
    link(project / "qwen", "node_modules/.bin/qwen")
    link(project / "~/bin/qwen", "../../node_modules/.bin/qwen")
    monkeypatch.chdir(project)
    # The process is in the project, and the command resolves another directory.
    assert find(root, entry, "/nowhere", cwd="work/other") == InstalledProgram()


@pytest.mark.parametrize(
    ("signs", "cwd", "counts"),
    [
        ((), "plain/sub", False),
        ((), "plain", False),
        (("plain/package.json",), "plain/sub/deep", False),
        (("plain/node_modules",), "plain/sub/deep", False),
        (("plain/.git", "plain/sub/.git"), "plain/sub/deep", False),
        ((), "elsewhere", True),
        ((".git", "package.json"), "elsewhere", True),
        ((".git",), ".", True),
        ((), ".", True),
        ((), "..", True),
        ((), "/", True),
    ],
)
def test_which_directories_are_projects(signs: tuple[str, ...], cwd: str, counts: bool, root: Path) -> None:
    """A work tree, a package, or the working directory; not a home, even if git tracks it."""
    for directory in ("plain/sub/deep", "elsewhere"):
        (root / directory).mkdir(parents=True)
    _ = npm_global(root / ("plain/sub" if cwd == "plain/sub" and not signs else "plain"))
    directory = next(root.glob("plain/**/bin"))
    for sign in signs:
        (root / sign).touch()
    assert (find(root, directory, cwd=cwd) == InstalledProgram((VERSION,))) == counts


# The profile of a version.


@pytest.mark.parametrize(
    ("version", "profile"),
    [
        ("0.0.1", DOCUMENTED),
        ("0.15.6", DOCUMENTED),
        ("0.20.9", DOCUMENTED),
        ("0.20.9-nightly.20260701.abc", DOCUMENTED),
        ("0.9.0", DOCUMENTED),
        ("0.21.0", NEWER),
        ("0.21.0-nightly.20260701.0f2e1d", NEWER),
        ("0.21.0-preview.1", NEWER),
        ("0.21.0+build.5", NEWER),
        ("0.24.4", NEWER),
        ("0.100.0", NEWER),
        ("1.0.0-alpha", NEWER),
        ("0.21", None),
        ("v0.21.0", None),
        ("", None),
        ("0.21.0\n", None),
        ("0.٢1.0", None),
        ("0.21.9999999999999999999", None),
    ],
)
def test_the_profile_of_a_version(version: str, profile: object) -> None:
    assert profile_of(version) == profile


@given(
    one=st.tuples(*[st.integers(0, 999_999)] * 3),
    other=st.tuples(*[st.integers(0, 999_999)] * 3),
    tail=st.sampled_from(["", "-preview.0", "-nightly.1.x", "+b"]),
)
def test_a_later_version_never_has_an_earlier_profile(one: tuple[int, ...], other: tuple[int, ...], tail: str) -> None:
    first, last = sorted([one, other])
    begun = [release_of(profile_of(".".join(map(str, v)) + tail).from_version) for v in (first, last)]  # type: ignore[union-attr]
    assert begun == sorted(begun)  # type: ignore[type-var]


def test_the_reason_for_the_profile_is_named() -> None:
    newer, none = InstalledProgram(("0.24.4",)), InstalledProgram()
    assert ChosenProfile(NEWER, newer).rules == "rules of Qwen Code 0.21 and later (qwen 0.24.4 on PATH)"
    assert ChosenProfile(profile_named(), none).rules == "rules of Qwen Code's documentation (no qwen on PATH)"
    assert ChosenProfile(DOCUMENTED, newer, "--profile").rules == "rules of Qwen Code's documentation (--profile)"
    unknown = ChosenProfile(DOCUMENTED, InstalledProgram(problem="~/p is a fifo"))
    assert unknown.rules == "rules of Qwen Code's documentation (qwen on PATH, version unknown: ~/p is a fifo)"
    assert ChosenProfile(DOCUMENTED, newer, "--profile").ignored == NEWER
    for agreed in (
        ChosenProfile(NEWER, newer, "--profile"),
        ChosenProfile(NEWER, newer),
        ChosenProfile(NEWER, none, "--profile"),
    ):
        assert agreed.ignored is None


# How the texts of launchers are read.


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ('exec node "$basedir/../x/cli.js" "$@"', ["/d/../x/cli.js"]),
        ('exec node "${basedir}"/x/cli.mjs', ["/d/x/cli.mjs"]),
        ("exec '/opt/a b/qwen' \"$@\"", ["/opt/a b/qwen"]),
        ('exec "$(dirname "$0")/../lib/cli.js"', ["/d/../lib/cli.js"]),
        ('exec "$HOME/.local/lib/qwen-code/bin/qwen"', ["/h/.local/lib/qwen-code/bin/qwen"]),
        ("exec ~/q/qwen", ["/h/q/qwen"]),
        ("PROGRAM=/opt/q/qwen\nexec $PROGRAM", ["/opt/q/qwen"]),
        ('@"%~dp0\\..\\.bin\\qwen.cmd"   %*', ["/d/../.bin/qwen.cmd"]),
        ('& "$PSScriptRoot/cli.cjs" $args', ["/d/cli.cjs"]),
        ("exec qwen ./qwen cli.js qwen.sh /usr/bin/qwen-old", []),
        ("exec /a\0/qwen", []),
    ],
)
def test_the_program_in_a_launcher_is_found(text: str, targets: list[str]) -> None:
    assert targets_in(text, Path("/d"), Path("/h")) == [Path(target) for target in targets]


@given(text=st.text(alphabet=st.sampled_from("'\"$ \\/=@%()\n\0\r.~qwen js{}basedirHOME"), max_size=200))
def test_any_launcher_text_is_read_without_an_error(text: str) -> None:
    for target in targets_in(text, Path("/d"), None):
        assert target.is_absolute()


# The setup of the tests.


def test_the_tests_find_no_installed_qwen(tmp_path: Path) -> None:
    assert find_program(os.environ, tmp_path, tmp_path) == InstalledProgram()
    directory = npm_global(tmp_path / "own")
    write_program(directory / "git", JAVASCRIPT)
    path = path_without_qwen(f"{directory}:/usr/bin")
    assert find_program({"PATH": path}, Path("/"), None) == InstalledProgram()
    assert (Path(path.split(":")[0]) / "git").resolve() == directory / "git"
    assert path.endswith(":/usr/bin")
