"""Loads a profile's files from a world: the env files, the settings, and all variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, SettingsError, declared_fields, is_secret_name, looks_like_key
from qwen_schema import patterns as re
from qwen_schema.records import field, record, replace
from qwen_schema.spellings import TELLTALE_LENGTH

from .env_file import without_excluded
from .layers import ENVIRONMENT, SETTINGS_ENV, Sources, layers_of, read_env_file, setting_origin
from .merge import decide
from .origin import VariableValue
from .scopes import SYSTEM, SYSTEM_DEFAULTS, folder_trust, load_settings
from .search import places, search
from .settings import leaves
from .variables import Pass, Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qwen_schema import LayerName, Profile

    from .env_file import EnvFile
    from .merge import Decision
    from .origin import Candidate
    from .path_reader import PathReader
    from .place import Place, Search
    from .settings import Setting, SettingsLoad
    from .start import QwenDirectory, Start


# The member of a provider entry that names the variable with the key, and the form of such a name.
_KEY_VARIABLE = "envKey"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# If one of these is set, Qwen Code does not start itself again.
_ONE_PASS = ("QWEN_CODE_NO_RELAUNCH", "SANDBOX")

# The password in a URL, for example of a database.
_LOGIN = re.compile(r"://[^/@\s:]*:([^/@\s]+)@")

# Users have fewer; each secret costs time in every output.
_MOST_SECRETS = 1000


@record
class Load:
    """The files of a profile.

    The search for the env files, the files that were read, the excluded variables, all variables, and the settings if
    the profile reads them. `secrets` are the secrets in the settings, which are redacted while this reference exists.
    `in_files` has, by layer and field, the candidates in files that only that layer reads.
    """

    search: Search
    files: tuple[EnvFile, ...]
    exclusion: Decision
    variables: Variables = field(repr=False)
    settings: SettingsLoad | None = None
    secrets: tuple[Secret, ...] = field(repr=False, default=())
    in_files: Mapping[LayerName, Mapping[str, tuple[Candidate, ...]]] = field(repr=False, default_factory=dict)


def load(start: Start, profile: Profile, directory: QwenDirectory, reader: PathReader) -> Load:
    """Load the files of a profile.

    Qwen Code 0.21 and later load everything twice: they start themselves again with the environment of the first pass,
    so that settings see the variables from env files and other settings. The second pass is made only if it can differ.

    Raises:
        EnvFileError: if an env file cannot be read.
        SettingsError: if Qwen Code stops at a settings file.
    """
    environ = start.variables if profile.reads_settings else _revealed_variables(start)
    first = _load_once(start, profile, directory, reader, Variables(environ, ENVIRONMENT))
    if first.settings is None or not _has_second_pass(first, first.settings):
        return first
    last = first.variables.passes[-1]
    if not last.of_settings and not any(file.assigned for file in last.files):
        # Without a new variable, the second pass would have the same result.
        return replace(first, variables=first.variables.with_pass(last))
    return _load_once(start, profile, directory, reader, first.variables)


def _revealed_variables(start: Start) -> dict[str, str]:
    return {name: text if isinstance(text, str) else text.reveal() for name, text in start.environ.items()}


def _has_second_pass(first: Load, settings: SettingsLoad) -> bool:
    """Return whether there is a second pass that can differ from the first."""
    # Checked after the first pass, since a file may have set one of them.
    if any(map(first.variables.value, _ONE_PASS)):
        return False
    moves = any(map(first.variables.value, (SYSTEM, SYSTEM_DEFAULTS)))
    return moves or any(scope.outcome != "absent" for scope in settings.scopes)


def _load_once(start: Start, profile: Profile, directory: QwenDirectory, reader: PathReader, before: Variables) -> Load:
    settings = load_settings(start, directory, reader, before) if profile.reads_settings else None
    may_read = _allow_all if settings is None else _trust_rule(start, directory, reader, before, settings)
    found = search(places(start.cwd, start.home, profile, start.choice, directory), profile, reader.look, may_read)
    unfiltered = tuple(_read(start, reader, place) for place in found.read)
    in_files = {layer.name: layer.read(start, reader) for layer in layers_of(profile)}
    variables = before.with_pass(Pass(unfiltered)) if unfiltered else before
    every = Sources(start.flags, profile, variables, settings, in_files=in_files)
    exclusion = decide(declared_fields()["excluded_variables"], profile, every)
    files = tuple(without_excluded(file, exclusion.items, profile) for file in unfiltered)
    of_settings = {} if settings is None else _settings_variables(settings, profile)
    after = before.with_pass(Pass(files, of_settings))
    secrets = () if settings is None else tuple(map(Secret, _secrets(settings, after)))
    return Load(found, files, exclusion, after, settings, secrets, in_files)


def _secrets(settings: SettingsLoad, variables: Variables) -> set[str]:
    """Return the secrets in settings by their names, and those in the variables that settings name."""
    every = [leaf for scope in settings.scopes for leaf in leaves(scope.settings)]
    texts = [(_name(leaf), str(leaf.value)) for leaf in every]
    found = {text for name, text in texts if _is_secret(name, text)}
    named = {text for name, text in texts if name == _KEY_VARIABLE}
    found |= {value.text for name in named if (value := variables.value(name)) is not None}
    taken = {(value.origin.variable, value.text) for leaf in every for value in leaf.taken}
    found |= {text for name, text in taken if name is not None and is_secret_name(name)}
    found |= {match[1] for _, text in taken if (match := _LOGIN.search(text))}
    if len(found) > _MOST_SECRETS:
        where = next(scope.file.shown for scope in reversed(settings.scopes) if scope.settings is not None)
        raise SettingsError(
            f"the settings contain more than {_MOST_SECRETS} secrets", where=where, hint="Remove some of them."
        )
    return found - {""}


def _is_secret(name: str, text: str) -> bool:
    """Return whether a text in settings is a secret; `envKey` names a variable, unless it contains a key by mistake."""
    return is_secret_name(name) if name != _KEY_VARIABLE else _is_key(text)


def _is_key(text: str) -> bool:
    """Return whether a text is a key in place of the name of its variable."""
    return len(text) >= TELLTALE_LENGTH and (looks_like_key(text) or _VARIABLE.fullmatch(text) is None)


def _name(setting: Setting) -> str:
    """Return the name of a setting, or of the nearest member around it."""
    return next((name for name in reversed(setting.names) if not name.isdigit()), "")


def _read(start: Start, reader: PathReader, place: Place) -> EnvFile:
    state = reader.look(place.path)
    if state.error is not None:
        raise state.error.copy()
    shown = start.standpoint.show(place.path)
    # Every profile that finds the file needs the same result.
    key = place, shown, start.dialect
    file = state.env_files.get(key)
    if file is None:
        file = state.env_files[key] = read_env_file(state, place, shown, start.dialect)
    return file


def _allow_all(place: Place) -> bool:  # noqa: ARG001 - the place does not matter
    return True


def _trust_rule(
    start: Start, directory: QwenDirectory, reader: PathReader, before: Variables, settings: SettingsLoad
) -> Callable[[Place], bool]:
    """Return a function: whether folder trust allows an env file, which is one of the home or of a trusted folder.

    Unlike for the workspace's settings, the workspace's own setting of folder trust counts here.
    """
    trust = folder_trust(start, directory, reader, before, settings.merged)

    def may_read(place: Place) -> bool:
        folder = place.directory
        if place.home_level or start.choice.path is not None:
            return True
        return trust.trusts(start.cwd) and (folder == start.cwd or trust.trusts(folder, unknown=True))

    return may_read


def _settings_variables(settings: SettingsLoad, profile: Profile) -> Mapping[str, VariableValue]:
    """Return the variables that the merged settings set: only strings, up to a NUL, without refused variables."""
    env = settings.at("env")
    return {
        name: VariableValue(setting.text.partition("\0")[0], setting_origin(SETTINGS_ENV, setting, variable=name))
        for name, setting in (env.members or {} if env is not None else {}).items()
        if setting.text is not None and name.upper() not in profile.refused
    }
