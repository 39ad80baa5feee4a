"""The search for env files: its places, their order and their outcomes, over states made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_cfg.core.resolution import profile_named
from qwen_cfg.core.search import Search, places, search
from qwen_cfg.core.world import EnvFileChoice, PathState, QwenDirectory
from qwen_schema import EnvFileError

DOCUMENTED, NEWER = profile_named("documented"), profile_named("qwen-code-0.21")
HOME, APP = Path("/home/me"), Path("/home/me/app")
SEEN = {
    "file": PathState("file", ""),
    "fifo": PathState("fifo", ""),
    "unreadable": PathState("unreadable", error=EnvFileError("it cannot be read")),
    "directory": PathState("directory"),
    "dangling link": PathState("dangling link"),
    "link loop": PathState("link loop"),
    "absent": PathState("absent"),
}


@dataclass
class Disk:
    """The kind of file at each path, and the paths that the search looked at."""

    kinds: dict[str, str]
    looked_at: list[str] = field(default_factory=list)

    def look(self, path: Path) -> PathState:
        self.looked_at.append(str(path))
        return SEEN[self.kinds.get(str(path), "absent")]


def search_in(
    kinds: dict[str, str], profile=DOCUMENTED, cwd: Path = APP, home: Path | None = HOME
) -> tuple[Search, Disk]:  # type: ignore[no-untyped-def]
    disk = Disk(kinds)
    return search(places(cwd, home, profile, EnvFileChoice()), profile, disk.look), disk


def outcomes(result: Search) -> dict[str, str]:
    return {str(visit.place.path): visit.outcome for visit in result.visits}


def paths(cwd: Path, home: Path | None, profile=DOCUMENTED) -> list[str]:  # type: ignore[no-untyped-def]
    return [str(place.path) for place in places(cwd, home, profile, EnvFileChoice())]


# The places.


def test_the_documented_search_goes_up_to_the_root_then_to_the_home() -> None:
    assert paths(Path("/srv/app"), HOME) == [
        "/srv/app/.qwen/.env",
        "/srv/app/.env",
        "/srv/.qwen/.env",
        "/srv/.env",
        "/.qwen/.env",
        "/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
    ]


def test_a_home_on_the_way_is_visited_once_and_the_search_goes_on() -> None:
    assert paths(APP, HOME) == [
        "/home/me/app/.qwen/.env",
        "/home/me/app/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
        "/home/.qwen/.env",
        "/home/.env",
        "/.qwen/.env",
        "/.env",
    ]


def test_the_newer_search_ends_at_the_home() -> None:
    assert paths(APP, HOME, NEWER) == [
        "/home/me/app/.qwen/.env",
        "/home/me/app/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
    ]
    assert paths(HOME, HOME, NEWER) == ["/home/me/.qwen/.env", "/home/me/.env"]


def test_the_newer_search_outside_the_home_goes_up_to_the_root() -> None:
    assert paths(Path("/srv"), HOME, NEWER) == paths(Path("/srv"), HOME)


@pytest.mark.parametrize("profile", [DOCUMENTED, NEWER])
def test_without_a_home_only_the_parents_are_searched(profile) -> None:  # type: ignore[no-untyped-def]
    assert paths(Path("/srv"), None, profile) == ["/srv/.qwen/.env", "/srv/.env", "/.qwen/.env", "/.env"]


@pytest.mark.parametrize("profile", [DOCUMENTED, NEWER])
def test_inside_a_qwen_directory_no_place_is_visited_twice(profile) -> None:  # type: ignore[no-untyped-def]
    found = paths(Path("/srv/.qwen"), HOME, profile)
    assert found[:4] == ["/srv/.qwen/.qwen/.env", "/srv/.qwen/.env", "/srv/.env", "/.qwen/.env"]
    assert len(set(found)) == len(found)


def test_only_the_two_files_of_the_home_have_reach_user() -> None:
    reach = {
        str(place.path): (place.reach, place.home_level) for place in places(APP, HOME, DOCUMENTED, EnvFileChoice())
    }
    users = {path for path, granted in reach.items() if granted == ("user", True)}
    assert users == {"/home/me/.qwen/.env", "/home/me/.env"}
    assert {granted for path, granted in reach.items() if path not in users} == {("project", False)}


def test_a_chosen_file_is_the_only_place_and_has_reach_user() -> None:
    (place,) = places(APP, HOME, DOCUMENTED, EnvFileChoice("flag", Path("/run/keys.env")))
    assert (place.path, place.reach) == (Path("/run/keys.env"), "user")


def test_no_env_file_means_no_place() -> None:
    assert places(APP, HOME, DOCUMENTED, EnvFileChoice("none")) == ()


# The outcomes.


def test_the_first_file_found_ends_the_search() -> None:
    result, disk = search_in({"/home/me/app/.env": "file", "/home/me/.env": "file"})
    assert outcomes(result) == {
        "/home/me/app/.qwen/.env": "absent",
        "/home/me/app/.env": "found",
        "/home/me/.qwen/.env": "not-reached",
        "/home/me/.env": "not-reached",
        "/home/.qwen/.env": "not-reached",
        "/home/.env": "not-reached",
        "/.qwen/.env": "not-reached",
        "/.env": "not-reached",
    }
    assert disk.looked_at == ["/home/me/app/.qwen/.env", "/home/me/app/.env"]


def test_the_file_in_the_qwen_directory_comes_before_the_plain_one() -> None:
    result, disk = search_in({"/home/me/app/.qwen/.env": "file", "/home/me/app/.env": "file"})
    assert [place.path for place in result.read] == [APP / ".qwen/.env"]
    assert disk.looked_at == ["/home/me/app/.qwen/.env"]


def test_the_newer_profile_always_reads_the_files_of_the_home() -> None:
    kinds = {"/home/me/app/.env": "file", "/home/me/.qwen/.env": "file", "/home/me/.env": "file"}
    result, disk = search_in(kinds, NEWER)
    assert [str(place.path) for place in result.read] == list(kinds)
    assert [outcomes(result)[path] for path in kinds] == ["found", "filled-in", "filled-in"]
    assert disk.looked_at == ["/home/me/app/.qwen/.env", *kinds]


def test_the_newer_profile_does_not_reach_files_in_between() -> None:
    result, disk = search_in({"/srv/app/.env": "file", "/home/me/.env": "file"}, NEWER, cwd=Path("/srv/app"))
    assert outcomes(result)["/srv/.env"] == "not-reached"
    assert "/srv/.env" not in disk.looked_at
    assert [str(place.path) for place in result.read] == ["/srv/app/.env", "/home/me/.env"]


def test_qwen_home_comes_before_the_home() -> None:
    moved = places(Path("/srv"), HOME, NEWER, EnvFileChoice(), QwenDirectory(Path("/data/qwen")))
    assert [str(place.path) for place in moved[-3:]] == [
        "/data/qwen/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
    ]
    assert [place.reach for place in moved[-4:]] == ["project", "user", "user", "user"]
    only = places(Path("/srv"), None, NEWER, EnvFileChoice(), QwenDirectory(Path("/data/qwen")))
    assert [str(place.path) for place in only if place.home_level] == ["/data/qwen/.env"]
    led_there = places(Path("/srv"), HOME, NEWER, EnvFileChoice(), QwenDirectory(Path("/srv/qwen"), reach="project"))
    assert [place.reach for place in led_there[-3:]] == ["project", "user", "user"]


def test_files_of_the_home_on_the_way_keep_their_order() -> None:
    """In `~/.qwen` its `.env` is on the way; after a project's file, the file in QWEN_HOME still comes first."""
    disk = Disk(
        dict.fromkeys(["/home/me/.qwen/.qwen/.env", "/home/me/.qwen/.env", "/data/.env", "/home/me/.env"], "file")
    )
    ordered = places(HOME / ".qwen", HOME, NEWER, EnvFileChoice(), QwenDirectory(Path("/data")))
    read = search(ordered, NEWER, disk.look).read
    assert [str(place.path) for place in read] == [
        "/home/me/.qwen/.qwen/.env",
        "/data/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
    ]
    del disk.kinds["/home/me/.qwen/.qwen/.env"]
    first_on_the_way = search(ordered, NEWER, disk.look).read
    assert [str(place.path) for place in first_on_the_way] == ["/home/me/.qwen/.env", "/data/.env", "/home/me/.env"]


@pytest.mark.parametrize("kind", ["file", "fifo", "unreadable"])
def test_which_kinds_end_the_search(kind: str) -> None:
    """A file ends the search even if it cannot be read: going on would change which file counts."""
    result, _ = search_in({"/home/me/app/.env": kind, "/home/me/.env": "file"})
    assert [place.path for place in result.read] == [APP / ".env"]


@pytest.mark.parametrize("kind", ["directory", "dangling link", "link loop"])
def test_which_kinds_are_skipped(kind: str) -> None:
    result, _ = search_in({"/home/me/app/.env": kind, "/home/me/.env": "file"})
    skipped = [visit for visit in result.visits if visit.outcome == "skipped"]
    assert [(visit.place.path, visit.kind) for visit in skipped] == [(APP / ".env", kind)]
    assert [place.path for place in result.read] == [HOME / ".env"]


def test_without_a_file_every_place_is_visited() -> None:
    result, disk = search_in({})
    assert result.read == result.unreached == ()
    assert disk.looked_at == paths(APP, HOME)


_directories = st.sampled_from([Path("/"), Path("/home"), HOME, APP, APP / "src", APP / ".qwen", Path("/srv")])


@given(
    cwd=_directories,
    home=st.one_of(st.none(), _directories),
    profile=st.sampled_from([DOCUMENTED, NEWER]),
    data=st.data(),
)
def test_a_place_that_is_not_reached_is_not_looked_at(
    cwd: Path, home: Path | None, profile, data: st.DataObject
) -> None:  # type: ignore[no-untyped-def]
    ordered = paths(cwd, home, profile)
    kinds = data.draw(st.dictionaries(st.sampled_from(ordered), st.sampled_from(list(SEEN))))
    result, disk = search_in(kinds, profile, cwd, home)
    assert list(outcomes(result)) == ordered
    assert disk.looked_at == [path for path, outcome in outcomes(result).items() if outcome != "not-reached"]
    assert result.unreached == tuple(visit.place for visit in result.visits if visit.outcome == "not-reached")
    in_project = [place for place in result.read if not place.home_level]
    assert len(in_project) <= 1
    assert profile.home_fills_in or len(result.read) <= 1
    assert result.read == () or result.read[0].path == next(
        Path(p) for p in ordered if kinds.get(p) in ("file", "fifo", "unreadable")
    )
