"""The search for the env file: the ordered places, and the outcome at each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .paths import home_level_files, is_in_qwen_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qwen_schema import Profile, Reach

    from .world import EnvFileChoice, QwenDirectory, Sighting, World

Outcome = Literal["absent", "found", "filled-in", "not-reached", "skipped"]


@dataclass(frozen=True)
class Place:
    """A place where an env file is looked for; `home_rank` is its number among the home-level files, if it is one."""

    path: Path
    reach: Reach
    home_rank: int | None = None

    @property
    def home_level(self) -> bool:
        """Whether it is one of the files of the home."""
        return self.home_rank is not None

    @property
    def in_qwen_directory(self) -> bool:
        """Whether it is a `.qwen/.env`."""
        return is_in_qwen_directory(self.path)


@dataclass(frozen=True)
class Visit:
    """The outcome at one place; `kind` is what stands there, as far as it was looked at.

    `found` is the first file, `filled-in` one that is read after it.
    """

    place: Place
    outcome: Outcome
    kind: str = ""


@dataclass(frozen=True)
class Search:
    """The visits, from the working directory up to the home."""

    visits: tuple[Visit, ...]

    @property
    def read(self) -> tuple[Place, ...]:
        """The places whose files are read, in the order in which they count.

        After the first found come the home-level files in an order of their own: one may lie on the way.
        """
        first = [visit.place for visit in self.visits if visit.outcome == "found"]
        filling = [visit.place for visit in self.visits if visit.outcome == "filled-in"]
        return (*first, *sorted(filling, key=lambda place: place.home_rank or 0))

    @property
    def unreached(self) -> tuple[Place, ...]:
        """The places that the search never came to, in order."""
        return tuple(visit.place for visit in self.visits if visit.outcome == "not-reached")


def places(
    cwd: Path, home: Path | None, profile: Profile, choice: EnvFileChoice, directory: QwenDirectory | None = None
) -> tuple[Place, ...]:
    """Return the places in the order in which they are looked at.

    From `cwd` up, in each directory `.qwen/.env` and then `.env`; at last the files of the home, and of the directory
    in place of `~/.qwen`. No place comes twice.
    """
    if choice.chosen_by == "none":
        return ()
    rank = {path: n for n, path in enumerate(home_level_files(home, directory.moved_to if directory else None))}
    users = set(rank) if directory is None or directory.reach == "user" else set(home_level_files(home))
    if choice.path is not None:
        return (Place(choice.path, "user", rank.get(choice.path)),)
    on_the_way = [f for d in _walk(cwd, home, profile) for f in (d / ".qwen" / ".env", d / ".env")]
    return tuple(
        Place(path, "user" if path in users else "project", rank.get(path))
        for path in dict.fromkeys([*on_the_way, *rank])
    )


def places_in(world: World, profile: Profile, choice: EnvFileChoice | None = None) -> tuple[Place, ...]:
    """Return the places of a world's search, or of the one that another choice of the env file would make."""
    return places(world.cwd, world.home, profile, choice or world.choice, world.qwen_directory(profile))


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
        visit = _visit(place, look(place.path), "filled-in" if over else "found")
        over = over or visit.outcome == "found"
        visits.append(visit)
    return Search(tuple(visits))


def _visit(place: Place, sighting: Sighting, if_read: Outcome) -> Visit:
    if sighting.is_env_file:
        return Visit(place, if_read, sighting.kind)
    return Visit(place, "absent" if sighting.kind == "absent" else "skipped", sighting.kind)


def _walk(cwd: Path, home: Path | None, profile: Profile) -> list[Path]:
    way = [cwd, *cwd.parents]
    if profile.walk_ends_at == "home" and home in way:
        return way[: way.index(home)]
    return way
