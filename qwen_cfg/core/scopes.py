"""The scopes of settings: their files, the values, and which scopes count in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.envfile import last_of_each
from qwen_schema.records import record

from .layers import ENV_FILE
from .origin import VariableValue
from .paths import home_level_files, inside
from .place import Place
from .settings import ScopeRead, SettingsFile, SettingsLoad, merge_scopes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from qwen_schema import Reach

    from .path_reader import PathReader
    from .settings import FolderRule, Scope, Setting
    from .start import QwenDirectory, Start
    from .variables import Variables

SYSTEM, SYSTEM_DEFAULTS = "QWEN_CODE_SYSTEM_SETTINGS_PATH", "QWEN_CODE_SYSTEM_DEFAULTS_PATH"
TRUSTED_FOLDERS = "QWEN_CODE_TRUSTED_FOLDERS_PATH"

_ENABLED = ("security", "folderTrust", "enabled")
_ABSENT = ("absent", "dangling link", "link loop")


@record
class FolderTrust:
    """Qwen Code's trust in folders, from the settings and the rules."""

    enabled: bool
    rules: tuple[FolderRule, ...]
    reader: PathReader

    def rule_of(self, folder: Path) -> FolderRule | None:
        """Return the rule that decides about a folder; None if there is none."""
        if not self.rules:
            return None
        from .settings import decide_folder_trust  # noqa: PLC0415 - few have such rules

        return decide_folder_trust(folder, self.rules, self.reader.places_of)

    def trusts(self, folder: Path, *, unknown: bool = False) -> bool:
        """Return whether a folder is trusted; `unknown` is the result for a folder without a rule."""
        rule = self.rule_of(folder)
        return not self.enabled or (unknown if rule is None else rule.level == "trusted")


def load_settings(start: Start, directory: QwenDirectory, reader: PathReader, variables: Variables) -> SettingsLoad:
    """Return the settings of every scope, migrated, expanded and merged.

    `variables` are the variables at the start of the pass.

    Raises:
        SettingsError: if Qwen Code stops at one of the files.
    """
    at_home = _home_variables(start, directory, reader)
    files = _files(start, directory, variables)
    read = [_read(file, reader, variables, at_home) for file in files]
    users = [scope for scope in read if scope.file.scope != "workspace"]
    trust = folder_trust(start, directory, reader, variables, merge_scopes(_settings_of(users)))
    is_trusted = trust.trusts(start.cwd)
    scopes = tuple(scope if is_trusted or scope.file.scope != "workspace" else _as_ignored(scope) for scope in read)
    merged = merge_scopes(_settings_of(scopes))
    return SettingsLoad(scopes, merged, trust.enabled, is_trusted, trust.rule_of(start.cwd))


def folder_trust(
    start: Start, directory: QwenDirectory, reader: PathReader, variables: Variables, merged: Mapping[str, Setting]
) -> FolderTrust:
    """Return the trust in folders under some merged settings. The rules are read only if it is switched on."""
    security = merged.get("security")
    found = None if security is None else security.at(*_ENABLED[1:])
    enabled = found is not None and found.is_true
    return FolderTrust(enabled, _rules(start, directory, reader, variables) if enabled else (), reader)


def _rules(start: Start, directory: QwenDirectory, reader: PathReader, variables: Variables) -> tuple[FolderRule, ...]:
    variable = variables.value(TRUSTED_FOLDERS)
    variable = variable or _home_variables(start, directory, reader).get(TRUSTED_FOLDERS)
    path_text = "" if variable is None else variable.text
    home = _users_directory(start, directory)
    path = start.cwd / path_text if path_text else home and inside(home, "trustedFolders.json")
    if path is None:
        return ()
    state = reader.look_at_settings(path)
    if state.error is not None:
        raise state.error.copy()
    if state.text is None:
        return ()
    from .settings_texts import rules_in  # noqa: PLC0415 - for a file that exists

    return rules_in(state, start.standpoint.show(path))


def _files(start: Start, directory: QwenDirectory, variables: Variables) -> tuple[SettingsFile, ...]:
    """Return the file of each scope, the lowest scope first; the home's file is not also the workspace's."""
    named = tuple(variables.value(name) for name in (SYSTEM, SYSTEM_DEFAULTS))
    system = _path_named(start, named[0]) or start.system_settings
    defaults = _path_named(start, named[1]) or system.parent / "system-defaults.json"
    home, show = _users_directory(start, directory), start.standpoint.show
    own = inside(start.cwd, ".qwen", "settings.json")
    places: list[tuple[Scope, Path | None]] = [
        ("system defaults", defaults),
        ("user", inside(home, "settings.json") if home is not None else None),
        ("workspace", own if start.cwd != start.home else None),
        ("system", system),
    ]
    return tuple(
        SettingsFile(scope, path, show(path), _reach(scope, start, directory, named))
        for scope, path in places
        if path is not None
    )


def _reach(scope: Scope, start: Start, directory: QwenDirectory, named: tuple[VariableValue | None, ...]) -> Reach:
    """Return the reach of a scope's file; a path that a project names, or a relative one, may be in a project.

    `named` are the values of the variables that name the system's files.
    """
    match scope:
        case "workspace":
            return "project"
        case "user":
            return directory.reach if directory.moved_to is not None else "user"
    values = (one for one in named if one is not None)
    is_users = (type(start.cwd)(one.text).is_absolute() and not one.origin.is_from_project for one in values)
    return "user" if all(is_users) else "project"


def _path_named(start: Start, variable: VariableValue | None) -> Path | None:
    """Return the path that a variable names; None if it names none."""
    return None if variable is None or "\0" in variable.text else start.cwd / variable.text


def _users_directory(start: Start, directory: QwenDirectory) -> Path | None:
    if directory.moved_to is not None:
        return directory.moved_to
    return inside(start.home, ".qwen") if start.home is not None else None


def _home_variables(start: Start, directory: QwenDirectory, reader: PathReader) -> dict[str, VariableValue]:
    """Return the variables in the env files of the home, which settings see before the env files are loaded."""
    found: dict[str, VariableValue] = {}
    moved = directory.moved_to is not None
    for path in home_level_files(start.home, directory.moved_to)[: 1 if moved else None]:
        assignments = last_of_each(reader.look(path).assignments(start.dialect)).values()
        if not assignments:
            continue
        place = Place(path, directory.reach if path.parent == directory.moved_to else "user")
        shown = start.standpoint.show(path)
        values = {one.name: VariableValue(one.value, ENV_FILE.origin_of(one, place, shown)) for one in assignments}
        found = {**values, **found}
    return found


def _read(
    file: SettingsFile, reader: PathReader, variables: Variables, at_home: Mapping[str, VariableValue]
) -> ScopeRead:
    state = reader.look_at_settings(file.path)
    if state.kind in _ABSENT:
        return ScopeRead(file, "absent", why="" if state.kind == "absent" else "a dangling link")
    if state.error is not None:
        raise state.error.copy()
    from .settings_texts import scope_in  # noqa: PLC0415 - for a file that exists

    return scope_in(state, file, variables, at_home)


def _as_ignored(scope: ScopeRead) -> ScopeRead:
    return scope if scope.outcome == "absent" else ScopeRead(scope.file, "ignored", None, "the folder is not trusted")


def _settings_of(scopes: Iterable[ScopeRead]) -> list[Setting]:
    return [scope.settings for scope in scopes if scope.settings is not None]
