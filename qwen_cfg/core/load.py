"""What a profile loads from a world: the env files that count, the settings, and the variables that result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields, is_secret_name

from .env_file import without_excluded
from .layers import ENVIRONMENT, SETTINGS_ENV, Sources, read_env_file, setting_origin
from .merge import decide
from .origin import Said
from .scopes import SYSTEM, SYSTEM_DEFAULTS, folder_trust, load_settings
from .search import places, search
from .variables import Pass, Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from qwen_schema import Profile

    from .env_file import EnvFile
    from .looks import Looks
    from .merge import Decision
    from .place import Place, Search
    from .settings import Setting, SettingsLoad
    from .start import QwenDirectory, Start


@dataclass(frozen=True)
class Load:
    """What a profile loads.

    The search for the env files, those that were read, the excluded variables, all variables, and the settings where
    the profile reads them. `secrets` are what these hold, or name, that is a secret: it is known as long as it is held.
    """

    search: Search
    files: tuple[EnvFile, ...]
    exclusion: Decision
    variables: Variables = field(repr=False)
    settings: SettingsLoad | None = None
    secrets: tuple[Secret, ...] = field(repr=False, default=())


def load(start: Start, profile: Profile, directory: QwenDirectory, looks: Looks) -> Load:
    """Load what a profile reads.

    Qwen Code 0.21 and later load everything twice: they start themselves again with the environment that the first pass
    made, so that settings see what env files and other settings set. The second pass is made where it can differ.

    Raises:
        EnvFileError: if a file that is read cannot be.
        SettingsError: if Qwen Code stops at a settings file.
    """
    environ = start.variables if profile.reads_settings else _declared(start)
    first = _load_once(start, profile, directory, looks, Variables(environ, ENVIRONMENT))
    if first.settings is None or not _has_second_pass(start, first, first.settings):
        return first
    return _load_once(start, profile, directory, looks, first.variables)


def _declared(start: Start) -> dict[str, str]:
    return {name: text if isinstance(text, str) else text.reveal() for name, text in start.environ.items()}


def _has_second_pass(start: Start, first: Load, settings: SettingsLoad) -> bool:
    """Tell whether there is a second pass, and it can differ from the first."""
    if start.variables.get("QWEN_CODE_NO_RELAUNCH"):
        return False
    moves = any(first.variables.value(name) is not None for name in (SYSTEM, SYSTEM_DEFAULTS))
    return moves or any(scope.outcome != "absent" for scope in settings.scopes)


def _load_once(start: Start, profile: Profile, directory: QwenDirectory, looks: Looks, before: Variables) -> Load:
    settings = load_settings(start, directory, looks, before) if profile.reads_settings else None
    may_read = _always if settings is None else _trusted(start, directory, looks, before, settings)
    found = search(places(start.cwd, start.home, profile, start.choice, directory), profile, looks.look, may_read)
    unfiltered = tuple(_read(start, looks, place) for place in found.read)
    every = Sources(start.flags, profile, before.with_pass(Pass(unfiltered)), settings)
    exclusion = decide(declared_fields()["excluded_variables"], profile, every)
    files = tuple(without_excluded(file, exclusion.items, profile) for file in unfiltered)
    of_settings = {} if settings is None else _of_settings(settings, profile, before.with_pass(Pass(files)))
    after = before.with_pass(Pass(files, of_settings))
    secrets = () if settings is None else tuple(map(Secret, _secrets(settings, after)))
    return Load(found, files, exclusion, after, settings, secrets)


def _secrets(settings: SettingsLoad, variables: Variables) -> set[str]:
    """Return the secrets in settings by their names, and those in the variables that settings name."""
    found = {text for scope in settings.scopes for name, text in _texts(scope.settings) if _is_secret(name)}
    named = {name for scope in settings.scopes for name in _named(scope.settings)}
    said = (variables.value(name) for name in named)
    return {text for text in (found | {one.text for one in said if one is not None}) if text}


def _is_secret(name: str) -> bool:
    """Tell whether a member of settings holds a secret by its name; `envKey` only names a variable that does."""
    return name != "envKey" and is_secret_name(name)


def _texts(setting: Setting | None) -> Iterator[tuple[str, str]]:
    """Yield every text below a setting with the name that it has, or that the nearest member around it has."""
    if setting is None:
        return
    for inner in (setting.members or {}).values() if setting.members is not None else setting.items or ():
        yield from _texts(inner)
    if setting.text is not None:
        yield next((name for name in reversed(setting.names) if not name.isdigit()), ""), setting.text


def _named(setting: Setting | None) -> Iterator[str]:
    """Yield the variables that settings name for a secret: those of provider entries, and in texts by their names."""
    if setting is None:
        return
    for inner in (setting.members or {}).values() if setting.members is not None else setting.items or ():
        yield from _named(inner)
    if setting.text is not None and setting.names[-1:] == ("envKey",):
        yield setting.text
    yield from filter(is_secret_name, setting.variables)


def _read(start: Start, looks: Looks, place: Place) -> EnvFile:
    seen = looks.look(place.path)
    if seen.error is not None:
        raise seen.error.copy()
    return read_env_file(seen, place, start.standpoint.show(place.path), start.dialect)


def _always(place: Place) -> bool:  # noqa: ARG001 - whichever it is
    return True


def _trusted(
    start: Start, directory: QwenDirectory, looks: Looks, before: Variables, settings: SettingsLoad
) -> Callable[[Place], bool]:
    """Return which env files Qwen Code's trust in folders lets be read: the home's, and those of trusted folders.

    What the workspace says of it counts here, other than for its settings.
    """
    trust = folder_trust(start, directory, looks, before, settings.merged)

    def may_read(place: Place) -> bool:
        folder = place.directory
        if place.home_level or start.choice.path is not None:
            return True
        return trust.trusts(start.cwd) and (folder == start.cwd or trust.trusts(folder, unknown=True))

    return may_read


def _of_settings(settings: SettingsLoad, profile: Profile, before: Variables) -> Mapping[str, Said]:
    """Return the variables that the merged settings set: texts alone, and none that is refused."""
    env = settings.at("env")
    refused = set(profile.refused_variables)
    return {
        name: Said(setting.text, setting_origin(SETTINGS_ENV, setting, before, variable=name))
        for name, setting in (env.members or {} if env is not None else {}).items()
        if setting.text is not None and name.upper() not in refused
    }
