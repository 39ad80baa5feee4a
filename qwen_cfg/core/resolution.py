"""The resolution: a decision per field, made from a world by pure functions alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from qwen_schema import DEFAULT_PROFILE, Excluded, UsageError, declared_fields, declared_profiles

from .env_file import EnvFile, without_excluded
from .layers import DEFAULT, Sources, read_env_file
from .merge import Decision, decide, settled, without_secrets_elsewhere
from .origin import Candidate
from .paths import OAUTH_CACHE, OAUTH_CACHE_NAME
from .search import places_in, search_in
from .unreached import unread_files, unread_places
from .world import EnvFileChoice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Profile, SecretReference

    from .place import Place, Search
    from .world import QwenDirectory, World


@dataclass(frozen=True)
class Inferred:
    """An authentication method that nobody named, and what it was inferred from."""

    auth_method: str
    place: str


@dataclass(frozen=True)
class Options:
    """How to resolve, beside what the world says.

    `secret_from` is how the artifact is to refer to the key; `assumed` is the method to keep when nothing in this
    world says which one (an artifact was made where there was a key, and this machine has none).
    """

    secret_from: SecretReference | None = None
    assumed: Inferred | None = None


@dataclass(frozen=True)
class Resolution:
    """What was decided, and all that it was decided from."""

    world: World
    profile: Profile
    options: Options
    search: Search
    files: tuple[EnvFile, ...]
    decisions: Mapping[str, Decision]

    @property
    def directory(self) -> QwenDirectory:
        """The user's Qwen directory."""
        return self.world.qwen_directory(self.profile)

    @property
    def login_shown(self) -> str:
        """Where the Qwen OAuth login is kept, as it is shown and written."""
        moved = self.directory.moved_to
        return OAUTH_CACHE if moved is None else self.world.standpoint.show(moved / OAUTH_CACHE_NAME)

    @property
    def settings_files(self) -> tuple[Path, ...]:
        """The settings files of Qwen Code that are there, which have no say."""
        files = dict.fromkeys((self.world.project_settings, self.directory.settings))
        return tuple(file for file in files if file is not None)

    @property
    def auth_method(self) -> str | None:
        """The authentication method, or None while it is undecided."""
        value = self.decisions["auth_method"].value
        return value if isinstance(value, str) else None

    @property
    def needs_api_key(self) -> bool:
        """Whether there has to be an API key, and neither a value nor a reference for it is there."""
        key = self.decisions["api_key"]
        return self.auth_method == "openai" and key.winner is None and self.options.secret_from is None

    @property
    def excluded(self) -> tuple[Excluded, ...]:
        """The variables that the files read set and may not set."""
        return tuple(Excluded(name, f"{f.shown}:{f.lines[name]}") for f in self.files for name in f.excluded)

    @cached_property
    def everywhere(self) -> tuple[Place, ...]:
        """The places of a search that is not replaced by `--env-file` or `--no-env-file`, in its order."""
        if self.world.choice.chosen_by == "search":
            return self.search.places
        return places_in(self.world, self.profile, EnvFileChoice())

    @cached_property
    def unread_places(self) -> tuple[Place, ...]:
        """The places of the walk and the home at which nothing was read, whether or not a file is there."""
        return unread_places(self.search, self.everywhere)

    @cached_property
    def unreached(self) -> tuple[EnvFile, ...]:
        """The env files that are there and were not read; known only where the world was surveyed."""
        excluded = self.decisions["excluded_variables"].items
        return unread_files(self.world, self.profile, self.unread_places, excluded)

    @property
    def is_complete(self) -> bool:
        """Whether an artifact can be made of it."""
        invalid = any(decision.problem for decision in self.decisions.values())
        return self.auth_method is not None and not self.needs_api_key and not invalid


def resolve_world(world: World, profile: Profile, options: Options | None = None) -> Resolution:
    """Resolve every field.

    Raises:
        EnvFileError: if a file that the search reached cannot be read.
    """
    options = options or Options()
    found = search_in(world, profile)
    _require_readable(world, found)
    unfiltered = tuple(read_env_file(world, place) for place in found.read)
    fields = declared_fields()
    exclusion = decide(fields["excluded_variables"], profile, Sources(world, unfiltered))
    sources = Sources(world, tuple(without_excluded(file, exclusion.items, profile) for file in unfiltered))
    early = {"excluded_variables": exclusion}
    early |= {name: decide(fields[name], profile, sources) for name in ("auth_method", "api_key")}
    method = early["auth_method"] = _auth_method(world.qwen_directory(profile).login, early, options)
    if fields["api_key"].depends_on_method:
        del early["api_key"]
    under = replace(sources, auth_method=method.value if isinstance(method.value, str) else None)
    decisions = {name: early.get(name) or decide(field, profile, under) for name, field in fields.items()}
    return Resolution(world, profile, options, found, sources.files, without_secrets_elsewhere(decisions))


def profile_named(name: str = DEFAULT_PROFILE, *, where: str = "") -> Profile:
    """Return a declared profile; `where` is what named it, for messages.

    Raises:
        UsageError: if there is none of that name.
    """
    profile = declared_profiles().get(name)
    if profile is None:
        known = ", ".join(declared_profiles())
        raise UsageError("this names no profile", where=where, hint=f"Right would be one of {known}.")
    return profile


def _require_readable(world: World, found: Search) -> None:
    for place in found.read:
        error = world.look(place.path).error
        if error is not None:
            raise error.copy()


def _auth_method(login: Path | None, decisions: Mapping[str, Decision], options: Options) -> Decision:
    """Return the decision on the method; nobody having named one, it is inferred from what there is."""
    decision = decisions["auth_method"]
    if decision.winner is not None:
        return decision
    inferred = _inferred(login, decisions["api_key"], options)
    if inferred is None:
        return decision
    return settled(decision, Candidate("auth_method", inferred.auth_method, DEFAULT.origin(inferred.place)))


def _inferred(login: Path | None, api_key: Decision, options: Options) -> Inferred | None:
    reference = options.secret_from
    if reference is not None and reference.kind != "oauth-cache":
        return _assumed(options, "openai") or Inferred("openai", "inferred: an API key is referred to")
    if api_key.winner is not None:
        return Inferred("openai", "inferred: an API key is set")
    if options.assumed is not None:
        return options.assumed
    if login is not None or reference is not None:
        return Inferred("qwen-oauth", "inferred: a Qwen OAuth login is cached")
    return None


def _assumed(options: Options, auth_method: str) -> Inferred | None:
    """Return what is assumed, if that is the given method."""
    return options.assumed if options.assumed is not None and options.assumed.auth_method == auth_method else None
