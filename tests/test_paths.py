"""How paths are shown: relative or with `~/` if that is shorter, and always leading back to the file."""

from __future__ import annotations

import os.path
from pathlib import Path
from pathlib import PurePosixPath as P
from pathlib import PureWindowsPath as W
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_cfg.application.telemetry import HOME_LEVEL
from qwen_cfg.core.paths import Standpoint, home_level_files, is_in_qwen_directory, without_dots
from qwen_schema import locate_path

if TYPE_CHECKING:
    from pathlib import PurePath

HOME = P("/home/me")
APP = P("/home/me/work/app")


@pytest.mark.parametrize(
    ("cwd", "home", "path", "shown"),
    [
        pytest.param(APP, HOME, "/home/me/work/app/.env", "./.env", id="here"),
        pytest.param(APP, HOME, "/home/me/work/app/.qwen/.env", "./.qwen/.env", id="here, in .qwen"),
        pytest.param(APP, HOME, "/home/me/work/app/keys/prod.env", "./keys/prod.env", id="below"),
        pytest.param(APP, HOME, "/home/me/work/.env", "../.env", id="one up"),
        pytest.param(APP, HOME, "/home/me/work/other/.env", "../other/.env", id="beside"),
        pytest.param(APP, HOME, "/home/me/.env", "~/.env", id="at home"),
        pytest.param(APP, HOME, "/home/me/.qwen/.env", "~/.qwen/.env", id="at home, in .qwen"),
        pytest.param(APP, HOME, "/home/me/keys/.env", "~/keys/.env", id="in another part of the home"),
        pytest.param(APP, HOME, "/run/secrets/qwen/.env", "/run/secrets/qwen/.env", id="far away"),
        pytest.param(APP, HOME, "/.env", "../../../../.env", id="at the root"),
        pytest.param(APP, HOME, "/.qwen/.env", "../../../../.qwen/.env", id="at the root, in .qwen"),
        pytest.param(APP, None, "/home/me/.env", "../../.env", id="without a home"),
        pytest.param(HOME, HOME, "/home/me/.env", "~/.env", id="at home, and here"),
        pytest.param(HOME, HOME, "/home/me/work/.env", "~/work/.env", id="below the home, and here"),
        pytest.param(P("/home"), HOME, "/home/me/.env", "~/.env", id="a home below"),
        pytest.param(P("/home"), HOME, "/home/.env", "./.env", id="above the home"),
        pytest.param(APP, APP, "/home/me/work/.env", "../.env", id="above a home that is here"),
        pytest.param(P("/srv/app"), HOME, "/home/me/.qwen/.env", "~/.qwen/.env", id="a home elsewhere"),
        pytest.param(P("/srv/app"), HOME, "/home/me/keys/.env", "~/keys/.env", id="in a home elsewhere"),
        pytest.param(P("/srv/app"), HOME, "/srv/.env", "../.env", id="one up, home elsewhere"),
        pytest.param(P("/"), P("/root"), "/.env", "./.env", id="here, at the root"),
        pytest.param(P("/"), P("/root"), "/root/.env", "~/.env", id="at home, from the root"),
        pytest.param(P("/srv"), P("/"), "/.env", "~/.env", id="a home at the root"),
        pytest.param(W("C:/Users/me/app"), W("C:/Users/me"), "C:/Users/me/app/.env", "./.env", id="Windows: here"),
        pytest.param(W("C:/Users/me/app"), W("C:/Users/me"), "C:/Users/me/.env", "~/.env", id="Windows: at home"),
        pytest.param(W("C:/Users/me/a/b"), W("C:/Users/me"), "C:/Users/me/a/.env", "../.env", id="Windows: one up"),
        pytest.param(W("C:/work/app"), W("C:/Users/me"), "C:/.env", "../../.env", id="Windows: at the root"),
        pytest.param(
            W("D:/work"), W("C:/Users/me"), "C:/Users/me/.env", "~/.env", id="Windows: a home on another drive"
        ),
        pytest.param(W("D:/work"), W("C:/Users/me"), "C:/Users/me/k/.env", "~/k/.env", id="Windows: in that home"),
        pytest.param(W("C:/work"), W("C:/Users/me"), "D:/keys/.env", "D:/keys/.env", id="Windows: another drive"),
        pytest.param(W("C:/work"), None, "//server/share/k.env", "//server/share/k.env", id="Windows: a share"),
    ],
)
def test_how_a_file_is_shown(cwd: PurePath, home: PurePath | None, path: str, shown: str) -> None:
    assert Standpoint(cwd, home).show(type(cwd)(path)) == shown


@pytest.mark.parametrize(
    ("home", "path", "shown"),
    [
        (HOME, "/home/me", "~"),
        (HOME, "/home/me/work", "~/work"),
        (HOME, "/home", "/home"),
        (HOME, "/home/men", "/home/men"),
        (None, "/home/me", "/home/me"),
    ],
)
def test_how_a_directory_is_shown(home: P | None, path: str, shown: str) -> None:
    assert Standpoint(APP, home).show_directory(P(path)) == shown


# Names with a special meaning elsewhere, such as `~`.
_directories = st.lists(st.sampled_from(["a", "b", "c d", "~", ".qwen", "..."]), max_size=4).map(
    lambda names: P("/", *names)
)
_files = st.tuples(_directories, st.sampled_from([".env", "prod.env", ".qwen/.env"])).map(
    lambda pair: pair[0] / pair[1]
)


@given(cwd=_directories, home=st.one_of(st.none(), _directories), path=_files)
def test_a_shown_path_leads_back_to_the_file(cwd: P, home: P | None, path: P) -> None:
    shown = Standpoint(cwd, home).show(path)
    back = locate_path(shown, base=Path(cwd), home=None if home is None else Path(home))
    assert os.path.normpath(back) == str(path)


@given(cwd=_directories, home=st.one_of(st.none(), _directories))
def test_a_place_of_the_search_is_shown_relative_to_the_tree(cwd: P, home: P | None) -> None:
    standpoint = Standpoint(cwd, home)
    on_the_way = [f for d in (cwd, *cwd.parents) for f in (d / ".qwen/.env", d / ".env")]
    at_home = list(home_level_files(home)) if home else []
    assert all(standpoint.show(path).startswith(("./", "../", "~/")) for path in [*on_the_way, *at_home])
    assert all(standpoint.show(path).startswith("~/") for path in at_home)
    shown = [standpoint.show(path) for path in {*on_the_way, *at_home}]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/a/.qwen/.env", True),
        ("/a/.env", False),
        ("/a/.qwen/b/.env", False),
        ("/a/.Qwen/.env", False),
        ("/.qwen/.env", True),
    ],
)
def test_which_paths_are_qwen_env_files(path: str, *, inside: bool) -> None:
    assert is_in_qwen_directory(P(path)) is inside


def test_a_home_has_two_env_files_in_order() -> None:
    assert home_level_files(HOME) == (HOME / ".qwen/.env", HOME / ".env")
    assert home_level_files(HOME) == tuple(HOME / name for name in HOME_LEVEL)


def test_windows_paths_are_shown_with_their_own_case() -> None:
    """Windows paths that differ only in case are equal, and shown paths are cached."""
    standpoint = Standpoint(W("C:/Work/App"), W("C:/Users/Ann"))
    files = [W(name) for name in ("C:/Work/App/Prod.env", "C:/Work/App/prod.env", "D:/X.env", "D:/x.env")]
    shown = ["./Prod.env", "./prod.env", "D:/X.env", "D:/x.env"]
    assert [standpoint.show(file) for file in (*files, *files)] == [*shown, *shown]
    for name in ("C:/Users/Ann", "C:/Users/ann"):
        assert [str(file) for file in home_level_files(W(name))] == [
            str(W(name, ".qwen", ".env")),
            str(W(name, ".env")),
        ]


@pytest.mark.parametrize("kind", [P, Path, P])
def test_the_files_of_a_home_are_paths_of_its_kind(kind: type[PurePath]) -> None:
    """Paths of two kinds can be equal, and the files are cached."""
    home = kind("/home/of-a-kind")
    assert {type(file) for file in home_level_files(home)} == {type(home)}


@given(st.lists(st.sampled_from(["a", "b", "..", ".", "..."]), max_size=8))
def test_dots_in_a_path_are_resolved_like_the_system(parts: list[str]) -> None:
    path = P("/", *parts)
    assert str(without_dots(path)) == os.path.normpath(path)
