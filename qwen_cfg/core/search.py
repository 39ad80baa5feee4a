"""The search for the env file: the ordered places, and the outcome at each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .paths import home_level_files
from .place import Place, Search, Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qwen_schema import Profile

    from .place import Outcome
    from .sighting import Sighting
    from .start import EnvFileChoice, QwenDirectory


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
    on_the_way = [file for directory in _walk(cwd, home, profile) for file in _files_in(directory)]
    return tuple(
        Place(path, "user" if path in users else "project", rank.get(path))
        for path in dict.fromkeys([*on_the_way, *rank])
    )


def search(
    ordered: tuple[Place, ...],
    profile: Profile,
    look: Callable[[Path], Sighting],
    may_read: Callable[[Place], bool] = lambda place: True,  # noqa: ARG005
) -> Search:
    """Look at the places until the search is over; the places after that are `not-reached`.

    The first file found ends it, except that under a profile in which the home's files fill in, these are still
    looked at. `look` is called for no place that is not reached. A file at a place that `may_read` does not let be read
    is passed over.
    """
    visits: list[Visit] = []
    over = False
    for place in ordered:
        if over and not (profile.home_fills_in and place.home_level):
            visits.append(Visit(place, "not-reached"))
            continue
        visit = _visit(place, look(place.path), "filled-in" if over else "found")
        if visit.outcome in ("found", "filled-in") and not may_read(place):
            visit = Visit(place, "ignored", visit.kind)
        over = over or visit.outcome == "found"
        visits.append(visit)
    return Search(tuple(visits))


def _visit(place: Place, sighting: Sighting, if_read: Outcome) -> Visit:
    if sighting.is_env_file:
        return Visit(place, if_read, sighting.kind)
    return Visit(place, "absent" if sighting.kind == "absent" else "skipped", sighting.kind)


@lru_cache(maxsize=256, typed=True)
def _files_in(directory: Path) -> tuple[Path, Path]:
    return directory / ".qwen" / ".env", directory / ".env"


def _walk(cwd: Path, home: Path | None, profile: Profile) -> list[Path]:
    way = [cwd, *cwd.parents]
    if profile.walk_ends_at == "home" and home in way:
        return way[: way.index(home)]
    return way
