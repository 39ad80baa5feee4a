"""The resolution: a decision per field, computed from a world by pure functions."""

from __future__ import annotations

from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

# What is not needed for every resolution is loaded with its first use.
import qwen_schema
from qwen_schema import (
    DEFAULT_PROFILE,
    Excluded,
    QwenCfgError,
    Secret,
    UsageError,
    declared_fields,
    declared_profiles,
)
from qwen_schema.proxy import split_login
from qwen_schema.records import field, record, replace

from .entry import with_entry
from .layers import DEFAULT, Sources
from .load import load
from .merge import Decision, decide, with_winner, without_secrets_elsewhere, without_unused_proxy
from .origin import Candidate
from .paths import OAUTH_CACHE, OAUTH_CACHE_NAME
from .search import places
from .start import EnvFileChoice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Field, Profile, SecretReference

    from .env_file import EnvFile
    from .load import Load
    from .origin import VariableValue
    from .place import Place, Search
    from .settings import EntryChoice, SettingsLoad
    from .start import QwenDirectory
    from .stops import Stop
    from .variables import Variables
    from .world import World


@record
class InferredMethod:
    """An inferred authentication method, and its source."""

    auth_method: str
    place: str


@record
class Options:
    """The options of a resolution, in addition to the world.

    `secret_from` is the artifact's reference to the key. `assumed` is the method to use if nothing in this world sets
    one (an artifact was made with a key that this machine does not have). `in_place` replaces the defaults of fields
    (the artifact has their values from a file that does not exist here).
    """

    secret_from: SecretReference | None = None
    assumed: InferredMethod | None = None
    in_place: Mapping[str, str] = field(default_factory=dict)


@record
class Resolution:
    """The decisions and their inputs.

    `entry` is the provider entry in use, if there is one.
    """

    world: World
    profile: Profile
    options: Options
    loaded: Load
    decisions: Mapping[str, Decision]
    entry: EntryChoice | None = None

    @property
    def search(self) -> Search:
        """The search for the env files."""
        return self.loaded.search

    @property
    def files(self) -> tuple[EnvFile, ...]:
        """The env files that were read, in order of precedence."""
        return self.loaded.files

    @property
    def settings(self) -> SettingsLoad | None:
        """The settings, if the profile reads them."""
        return self.loaded.settings

    @property
    def variables(self) -> Variables:
        """The values of each variable in the environment, the env files and the settings."""
        return self.loaded.variables

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        """The reasons why Qwen Code would not start, except missing or invalid values."""
        if self.settings is None:
            return ()
        from .stops import stops_of  # noqa: PLC0415 - for the profiles that read settings

        return stops_of(self.decisions, self.settings, self.entry, self.variables)

    @property
    def directory(self) -> QwenDirectory:
        """The user's Qwen directory."""
        return self.world.qwen_directory(self.profile)

    @property
    def login_path(self) -> str:
        """The path of the Qwen OAuth login, as displayed and written."""
        moved = self.directory.moved_to
        return OAUTH_CACHE if moved is None else self.world.standpoint.show(moved / OAUTH_CACHE_NAME)

    @property
    def settings_files(self) -> tuple[Path, ...]:
        """The settings files of Qwen Code that exist but are not read."""
        if self.profile.reads_settings:
            return ()
        files = dict.fromkeys((self.world.project_settings, self.directory.settings))
        return tuple(file for file in files if file is not None)

    @property
    def auth_method(self) -> str | None:
        """The authentication method, or None if it is not set."""
        value = self.decisions["auth_method"].value
        return value if isinstance(value, str) else None

    @property
    def needs_api_key(self) -> bool:
        """Whether an API key is needed, but neither a value nor a reference for it exists."""
        key = self.decisions["api_key"]
        needs = self.auth_method not in (None, "qwen-oauth") and self.google_project is None
        return needs and key.winner is None and self.options.secret_from is None

    @cached_property
    def google_project(self) -> VariableValue | None:
        """The variable that names the Google Cloud project whose login replaces a key; None if a key is used."""
        return _google_project(self.auth_method, self.decisions["api_key"], self.entry, self.variables)

    @property
    def proxy_login(self) -> Secret | None:
        """The login in the URL of the proxy in use; None for no login."""
        proxy = self.decisions["proxy"]
        login = split_login(proxy.winner.revealed)[1] if proxy.winner is not None and proxy.value else ""
        return Secret(login) if login else None

    @property
    def excluded(self) -> tuple[Excluded, ...]:
        """The variables that env files set but may not set."""
        return tuple(Excluded(name, f"{f.shown}:{f.lines[name]}") for f in self.files for name in f.excluded)

    @cached_property
    def search_places(self) -> tuple[Place, ...]:
        """The places of the search in order, even if `--env-file` or `--no-env-file` replaces the search."""
        if self.world.choice.chosen_by == "search":
            return self.search.places
        world = self.world
        return places(world.cwd, world.home, self.profile, EnvFileChoice(), self.directory)

    @cached_property
    def unread_places(self) -> tuple[Place, ...]:
        """The places of the search that were not read, whether or not a file exists there."""
        from .unread_files import unread_places  # noqa: PLC0415 - for an explanation

        return unread_places(self.search, self.search_places)

    @cached_property
    def unreached(self) -> tuple[EnvFile, ...]:
        """The env files that exist but were not read; known only after a survey."""
        from .unread_files import unread_files  # noqa: PLC0415 - for an explanation

        excluded = self.decisions["excluded_variables"].items
        return unread_files(self.world, self.profile, self.unread_places, excluded)

    @property
    def is_complete(self) -> bool:
        """Whether an artifact can be made of the resolution."""
        invalid = any(decision.problem for decision in self.decisions.values())
        return self.auth_method is not None and not self.needs_api_key and not invalid and not self.stops


def resolve_world(world: World, profile: Profile, options: Options | None = None) -> Resolution:
    """Resolve every field.

    Raises:
        EnvFileError: if a file that the search reached cannot be read.
    """
    options = options or Options()
    loaded = load_of(world, profile)
    fields = fields_under(profile)
    sources = Sources(
        world.flags,
        profile,
        loaded.variables,
        loaded.settings,
        in_place=options.in_place,
        in_files=loaded.in_files,
    )
    early = {"excluded_variables": loaded.exclusion, "auth_method": decide(fields["auth_method"], profile, sources)}
    if profile.credential_decides_method:
        early["api_key"] = decide(fields["api_key"], profile, sources)
    method = early["auth_method"] = _auth_method(world.qwen_directory(profile).login, early, options, sources)
    variables_of_key = filter(profile.reads, fields["api_key"].variables)
    if "api_key" in early and not all(variable.is_read_under(str(method.value)) for variable in variables_of_key):
        del early["api_key"]
    under = replace(sources, auth_method=method.value if isinstance(method.value, str) else None)
    decisions = {name: early.get(name) or decide(declared, profile, under) for name, declared in fields.items()}
    with_it, entry = with_entry(decisions, under)
    project = _google_project(with_it["auth_method"].value, with_it["api_key"], entry, loaded.variables)
    if project is not None:
        from .google_login import with_endpoint  # noqa: PLC0415

        with_it = with_endpoint(with_it, project, loaded.variables)
    decided = without_unused_proxy(without_secrets_elsewhere(with_it))
    return Resolution(world, profile, options, loaded, decided, entry)


def load_of(world: World, profile: Profile) -> Load:
    """Return the files of a profile, which were loaded when the world was read for it.

    Raises:
        EnvFileError: if an env file cannot be read.
        SettingsError: if Qwen Code stops at a settings file.
    """
    loaded = world.loads.get(profile)
    if loaded is None:
        return load(world, profile, world.qwen_directory(profile), world)
    if isinstance(loaded, QwenCfgError):
        raise loaded.copy()
    return loaded


@cache
def fields_under(profile: Profile) -> Mapping[str, Field]:
    """Return the fields under a profile, with only the profile's authentication methods."""
    fields = declared_fields()
    method = fields["auth_method"]
    known = replace(method, schema={**method.schema, "enum": list(profile.methods)})
    return MappingProxyType({**fields, "auth_method": known})


def profile_named(name: str = DEFAULT_PROFILE, *, where: str = "") -> Profile:
    """Return a declared profile; `where` is the source of the name, for messages.

    Raises:
        UsageError: if there is no profile of that name.
    """
    profile = declared_profiles().get(name)
    if profile is None:
        known = list(declared_profiles())
        hint = f"{qwen_schema.did_you_mean(name, known)}Expected one of {', '.join(known)}."
        raise UsageError(f"unknown profile {qwen_schema.show_word(name)}", where=where, hint=hint)
    return profile


def _google_project(
    method: object, api_key: Decision, entry: EntryChoice | None, variables: Variables
) -> VariableValue | None:
    if method != "vertex-ai":
        return None
    from .google_login import google_project  # noqa: PLC0415 - for this method alone

    return google_project(api_key, entry, variables)


def _auth_method(login: Path | None, decisions: Mapping[str, Decision], options: Options, sources: Sources) -> Decision:
    """Return the decision on the method, which is inferred if no layer sets it."""
    decision = decisions["auth_method"]
    if decision.winner is not None:
        return decision
    if sources.profile.credential_decides_method:
        inferred = _method_from_credential(login, decisions["api_key"], options)
    else:
        inferred = _method_from_variables(options, sources)
    if inferred is None:
        return decision
    return with_winner(decision, Candidate("auth_method", inferred.auth_method, DEFAULT.origin(inferred.place)))


def _method_from_variables(options: Options, sources: Sources) -> InferredMethod | None:
    """Return the first method with one set variable of each group, or the assumed method."""
    for method, groups in sources.profile.infers.items():
        found = [_first_set(group, sources.variables) for group in groups]
        if method == "openai" and options.secret_from is not None and found[0] is None:
            found[0] = "the key that is referred to"
        if all(found):
            return InferredMethod(method, f"inferred: {', '.join(map(str, found))} are set")
    return options.assumed


def _first_set(names: tuple[str, ...], variables: Variables) -> str | None:
    """Return the first of some variables that is set; None if none is."""
    return next(filter(variables.value, names), None) if variables.has_any(names) else None


def _method_from_credential(login: Path | None, api_key: Decision, options: Options) -> InferredMethod | None:
    reference = options.secret_from
    if reference is not None and reference.kind != "oauth-cache":
        return _assumed_method(options, "openai") or InferredMethod("openai", "inferred: an API key is referred to")
    if api_key.winner is not None:
        return InferredMethod("openai", "inferred: an API key is set")
    if options.assumed is not None:
        return options.assumed
    if login is not None or reference is not None:
        return InferredMethod("qwen-oauth", "inferred: a Qwen OAuth login is cached")
    return None


def _assumed_method(options: Options, auth_method: str) -> InferredMethod | None:
    """Return the assumed method if it is `auth_method`; else None."""
    return options.assumed if options.assumed is not None and options.assumed.auth_method == auth_method else None
