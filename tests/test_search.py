"""The search by itself: which places, in which order, with which outcomes, over things seen that are made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_cfg.core.resolution import profile_named
from qwen_cfg.core.search import Search, places, search
from qwen_cfg.core.world import EnvFileChoice, QwenDirectory, Sighting
from qwen_schema import EnvFileError

DOCUMENTED, NEWER = profile_named("documented"), profile_named("qwen-code-0.21")
HOME, APP = Path("/home/me"), Path("/home/me/app")
SEEN = {
    "file": Sighting("file", ""),
    "fifo": Sighting("fifo", ""),
    "unreadable": Sighting("unreadable", error=EnvFileError("it cannot be read")),
    "directory": Sighting("directory"),
    "dangling link": Sighting("dangling link"),
    "link loop": Sighting("link loop"),
    "absent": Sighting("absent"),
}


@dataclass
class Seen:
    """What stands where, and which places were asked for."""

    kinds: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def look(self, path: Path) -> Sighting:
        self.asked.append(str(path))
        return SEEN[self.kinds.get(str(path), "absent")]


def searched(
    kinds: dict[str, str], profile=DOCUMENTED, cwd: Path = APP, home: Path | None = HOME
) -> tuple[Search, Seen]:  # type: ignore[no-untyped-def]
    seen = Seen(kinds)
    return search(places(cwd, home, profile, EnvFileChoice()), profile, seen.look), seen


def outcomes(result: Search) -> dict[str, str]:
    return {str(visit.place.path): visit.outcome for visit in result.visits}


def paths(cwd: Path, home: Path | None, profile=DOCUMENTED) -> list[str]:  # type: ignore[no-untyped-def]
    return [str(place.path) for place in places(cwd, home, profile, EnvFileChoice())]


# The places.


def test_the_documented_walk_goes_up_to_the_root_and_ends_at_home() -> None:
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


def test_a_home_on_the_way_is_looked_at_where_it_lies_and_the_walk_goes_on_above_it() -> None:
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


def test_the_newer_walk_ends_at_the_home() -> None:
    assert paths(APP, HOME, NEWER) == [
        "/home/me/app/.qwen/.env",
        "/home/me/app/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
    ]
    assert paths(HOME, HOME, NEWER) == ["/home/me/.qwen/.env", "/home/me/.env"]


def test_the_newer_walk_goes_up_to_the_root_from_outside_the_home() -> None:
    assert paths(Path("/srv"), HOME, NEWER) == paths(Path("/srv"), HOME)


@pytest.mark.parametrize("profile", [DOCUMENTED, NEWER])
def test_without_a_home_there_is_only_the_walk(profile) -> None:  # type: ignore[no-untyped-def]
    assert paths(Path("/srv"), None, profile) == ["/srv/.qwen/.env", "/srv/.env", "/.qwen/.env", "/.env"]


@pytest.mark.parametrize("profile", [DOCUMENTED, NEWER])
def test_inside_a_qwen_directory_no_place_comes_twice(profile) -> None:  # type: ignore[no-untyped-def]
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


def test_there_is_no_place_when_no_env_file_is_wanted() -> None:
    assert places(APP, HOME, DOCUMENTED, EnvFileChoice("none")) == ()


# The outcomes.


def test_the_first_file_found_ends_the_search() -> None:
    result, seen = searched({"/home/me/app/.env": "file", "/home/me/.env": "file"})
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
    assert seen.asked == ["/home/me/app/.qwen/.env", "/home/me/app/.env"]


def test_the_file_in_the_qwen_directory_comes_before_the_one_beside_it() -> None:
    result, seen = searched({"/home/me/app/.qwen/.env": "file", "/home/me/app/.env": "file"})
    assert [place.path for place in result.read] == [APP / ".qwen/.env"]
    assert seen.asked == ["/home/me/app/.qwen/.env"]


def test_under_the_newer_profile_the_files_of_the_home_are_looked_at_all_the_same() -> None:
    kinds = {"/home/me/app/.env": "file", "/home/me/.qwen/.env": "file", "/home/me/.env": "file"}
    result, seen = searched(kinds, NEWER)
    assert [str(place.path) for place in result.read] == list(kinds)
    assert [outcomes(result)[path] for path in kinds] == ["found", "filled-in", "filled-in"]
    assert seen.asked == ["/home/me/app/.qwen/.env", *kinds]


def test_under_the_newer_profile_what_lies_between_is_still_not_reached() -> None:
    result, seen = searched({"/srv/app/.env": "file", "/home/me/.env": "file"}, NEWER, cwd=Path("/srv/app"))
    assert outcomes(result)["/srv/.env"] == "not-reached"
    assert "/srv/.env" not in seen.asked
    assert [str(place.path) for place in result.read] == ["/srv/app/.env", "/home/me/.env"]


def test_a_directory_in_place_of_the_homes_comes_before_it() -> None:
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


def test_home_level_files_that_lie_on_the_way_count_in_the_order_of_the_home() -> None:
    """In `~/.qwen` its `.env` is on the way; once a project's file was found, the moved one's still comes first."""
    seen = Seen(
        dict.fromkeys(["/home/me/.qwen/.qwen/.env", "/home/me/.qwen/.env", "/data/.env", "/home/me/.env"], "file")
    )
    ordered = places(HOME / ".qwen", HOME, NEWER, EnvFileChoice(), QwenDirectory(Path("/data")))
    read = search(ordered, NEWER, seen.look).read
    assert [str(place.path) for place in read] == [
        "/home/me/.qwen/.qwen/.env",
        "/data/.env",
        "/home/me/.qwen/.env",
        "/home/me/.env",
    ]
    del seen.kinds["/home/me/.qwen/.qwen/.env"]
    first_on_the_way = search(ordered, NEWER, seen.look).read
    assert [str(place.path) for place in first_on_the_way] == ["/home/me/.qwen/.env", "/data/.env", "/home/me/.env"]


@pytest.mark.parametrize("kind", ["file", "fifo", "unreadable"])
def test_what_ends_a_search(kind: str) -> None:
    """One that cannot be read too: going on without it would change which file counts."""
    result, _ = searched({"/home/me/app/.env": kind, "/home/me/.env": "file"})
    assert [place.path for place in result.read] == [APP / ".env"]


@pytest.mark.parametrize("kind", ["directory", "dangling link", "link loop"])
def test_what_is_skipped(kind: str) -> None:
    result, _ = searched({"/home/me/app/.env": kind, "/home/me/.env": "file"})
    skipped = [visit for visit in result.visits if visit.outcome == "skipped"]
    assert [(visit.place.path, visit.kind) for visit in skipped] == [(APP / ".env", kind)]
    assert [place.path for place in result.read] == [HOME / ".env"]


def test_with_nothing_found_every_place_has_been_looked_at() -> None:
    result, seen = searched({})
    assert result.read == result.unreached == ()
    assert seen.asked == paths(APP, HOME)


_directories = st.sampled_from([Path("/"), Path("/home"), HOME, APP, APP / "src", APP / ".qwen", Path("/srv")])


@given(
    cwd=_directories,
    home=st.one_of(st.none(), _directories),
    profile=st.sampled_from([DOCUMENTED, NEWER]),
    data=st.data(),
)
def test_nobody_looks_at_a_place_that_is_not_reached(
    cwd: Path, home: Path | None, profile, data: st.DataObject
) -> None:  # type: ignore[no-untyped-def]
    ordered = paths(cwd, home, profile)
    kinds = data.draw(st.dictionaries(st.sampled_from(ordered), st.sampled_from(list(SEEN))))
    result, seen = searched(kinds, profile, cwd, home)
    assert list(outcomes(result)) == ordered
    assert seen.asked == [path for path, outcome in outcomes(result).items() if outcome != "not-reached"]
    assert result.unreached == tuple(visit.place for visit in result.visits if visit.outcome == "not-reached")
    in_project = [place for place in result.read if not place.home_level]
    assert len(in_project) <= 1
    assert profile.home_fills_in or len(result.read) <= 1
    assert result.read == () or result.read[0].path == next(
        Path(p) for p in ordered if kinds.get(p) in ("file", "fifo", "unreadable")
    )
