"""The search for the env file: the ordered places, and the outcome at each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .paths import home_level_files, is_in_qwen_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qwen_schema import Profile, Reach

    from .world import EnvFileChoice, Sighting

Outcome = Literal["absent", "found", "not-reached", "skipped"]


@dataclass(frozen=True)
class Place:
    """A place where an env file is looked for."""

    path: Path
    reach: Reach
    home_level: bool

    @property
    def in_qwen_directory(self) -> bool:
        """Whether it is a `.qwen/.env`."""
        return is_in_qwen_directory(self.path)


@dataclass(frozen=True)
class Visit:
    """The outcome at one place; `kind` is what stands there, as far as it was looked at."""

    place: Place
    outcome: Outcome
    kind: str = ""


@dataclass(frozen=True)
class Search:
    """The visits in order, and among them the files that are read, the first found first."""

    visits: tuple[Visit, ...]

    @property
    def found(self) -> tuple[Place, ...]:
        """The places whose files are read, in order."""
        return tuple(visit.place for visit in self.visits if visit.outcome == "found")

    @property
    def unreached(self) -> tuple[Place, ...]:
        """The places that the search never came to, in order."""
        return tuple(visit.place for visit in self.visits if visit.outcome == "not-reached")


def places(cwd: Path, home: Path | None, profile: Profile, choice: EnvFileChoice) -> tuple[Place, ...]:
    """Return the places in the order in which they are looked at.

    From `cwd` up, in each directory `.qwen/.env` and then `.env`; at last the two files of the home. No place comes
    twice.
    """
    if choice.chosen_by == "none":
        return ()
    at_home = home_level_files(home) if home is not None else ()
    if choice.path is not None:
        return (Place(choice.path, "user", home_level=choice.path in at_home),)
    on_the_way = [f for d in _walk(cwd, home, profile) for f in (d / ".qwen" / ".env", d / ".env")]
    return tuple(
        Place(path, "user" if path in at_home else "project", home_level=path in at_home)
        for path in dict.fromkeys([*on_the_way, *at_home])
    )


def search(ordered: tuple[Place, ...], profile: Profile, look: Callable[[Path], Sighting]) -> Search:
    """Look at the places until the search is over; the places after that are `not-reached`.

    The first file found ends it, except that under a profile in which the home's files fill in, these are still
    looked at. `look` is called for no place that is not reached.
    """
    visits: list[Visit] = []
    over = False
    for place in ordered:
        if over and not (profile.home_fills_in and place.home_level):
            visits.append(Visit(place, "not-reached"))
            continue
        visit = _visit(place, look(place.path))
        over = over or visit.outcome == "found"
        visits.append(visit)
    return Search(tuple(visits))


def _visit(place: Place, sighting: Sighting) -> Visit:
    if sighting.is_env_file:
        return Visit(place, "found", sighting.kind)
    return Visit(place, "absent" if sighting.kind == "absent" else "skipped", sighting.kind)


def _walk(cwd: Path, home: Path | None, profile: Profile) -> list[Path]:
    way = [cwd, *cwd.parents]
    if profile.walk_ends_at == "home" and home in way:
        return way[: way.index(home)]
    return way
