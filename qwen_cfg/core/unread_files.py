"""The env files that exist but were not read, and the values that they would set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import declared_fields

from .env_file import without_excluded
from .layers import read_env_file

if TYPE_CHECKING:
    from qwen_schema import Profile

    from .env_file import EnvFile
    from .origin import Candidate
    from .place import Place, Search
    from .world import World


def unread_places(search: Search, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the places that a search did not reach, whether or not a file exists there."""
    visited = {visit.place.path for visit in search.visits if visit.outcome != "not-reached"}
    return tuple(place for place in places if place.path not in visited)


def unread_files(
    world: World, profile: Profile, unread: tuple[Place, ...], excluded: tuple[str, ...]
) -> tuple[EnvFile, ...]:
    """Return the env files that a survey found at unread places, in the order of the search.

    They are without the variables that they may not set.
    """
    return tuple(
        without_excluded(
            read_env_file(world.look(place.path), place, world.standpoint.show(place.path), world.dialect),
            excluded,
            profile,
        )
        for place in unread
        if world.look(place.path).is_env_file
    )


def unread_candidate(file: EnvFile, field: str, auth_method: str | None) -> Candidate | None:
    """Return the candidate of an unread file for a field under an authentication method; None if it has none."""
    needed, variables = declared_fields()[field].reach, declared_fields()[field].variables
    offers = (file.offers.get(variable.name) for variable in variables if variable.is_read_under(auth_method))
    values = (c for c in offers if c is not None and not c.is_empty)
    return next((c for c in values if needed == "project" or c.origin.reach == "user"), None)
