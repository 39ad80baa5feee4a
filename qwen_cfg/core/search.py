"""The search for the env file: the ordered places, and the outcome at each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .paths import home_level_files, text_of
from .place import Place, Search, Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qwen_schema import Profile

    from .path_state import PathState
    from .place import Outcome
    from .start import EnvFileChoice, QwenDirectory

    _Pair = tuple[Path, Path]


def places(
    cwd: Path, home: Path | None, profile: Profile, choice: EnvFileChoice, directory: QwenDirectory | None = None
) -> tuple[Place, ...]:
    """Return the places in the order of the search.

    From `cwd` up, `.qwen/.env` and then `.env` in each directory; then the files of the home, and of the directory in
    place of `~/.qwen`. Each place occurs once.
    """
    if choice.chosen_by == "none":
        return ()
    moved = directory.moved_to if directory else None
    if choice.path is not None:
        rank = {path: n for n, path in enumerate(home_level_files(home, moved))}
        return (Place(choice.path, "user", rank.get(choice.path)),)
    is_users = directory is None or directory.reach == "user"
    texts = str(cwd), text_of(home), text_of(moved)
    return _search_places(type(cwd), *texts, is_users=is_users, ends_at=profile.walk_ends_at)


@lru_cache(maxsize=16)
def _search_places(
    kind: type[Path], cwd_text: str, home_text: str | None, moved_text: str | None, *, is_users: bool, ends_at: str
) -> tuple[Place, ...]:
    """Return the places of a search. The result is cached, since every profile and every resolution needs it."""
    home = None if home_text is None else kind(home_text)
    moved = None if moved_text is None else kind(moved_text)
    rank = {path: n for n, path in enumerate(home_level_files(home, moved))}
    users = set(rank) if is_users else set(home_level_files(home))
    on_the_way = [file for _, files in _way_up(kind, cwd_text, home, ends_at) for file in files]
    return tuple(
        Place(path, "user" if path in users else "project", rank.get(path))
        for path in dict.fromkeys([*on_the_way, *rank])
    )


def search(
    ordered: tuple[Place, ...],
    profile: Profile,
    look: Callable[[Path], PathState],
    may_read: Callable[[Place], bool] = lambda place: True,  # noqa: ARG005
) -> Search:
    """Read the places until the search ends; the places after that are `not-reached`.

    The first file found ends the search; under a profile in which the home's files fill in, those are still read.
    `look` is called only for places that are reached. A file that `may_read` does not allow is skipped.
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


def _visit(place: Place, path_state: PathState, if_read: Outcome) -> Visit:
    if path_state.is_env_file:
        return Visit(place, if_read, path_state.kind)
    return Visit(place, "absent" if path_state.kind == "absent" else "skipped", path_state.kind)


def _way_up(kind: type[Path], cwd_text: str, home: Path | None, ends_at: str) -> tuple[tuple[Path, _Pair], ...]:
    """Return the directories of a search with their env files."""
    way = _files_up(kind, cwd_text)
    directories = [directory for directory, _ in way]
    return way[: directories.index(home)] if ends_at == "home" and home in directories else way


@lru_cache(maxsize=16)
def _files_up(kind: type[Path], cwd_text: str) -> tuple[tuple[Path, _Pair], ...]:
    """Return each directory from `cwd` up with its env files. It is cached, so that profiles share the paths."""
    cwd = kind(cwd_text)
    return tuple((one, (one / ".qwen" / ".env", one / ".env")) for one in (cwd, *cwd.parents))
