"""The edits that may make a value win: a new value in a place of the field, or the removal of another value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.settings import SCOPES
from qwen_schema import Secret

from .edits import Edit
from .flags import spellings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.settings import Setting
    from qwen_schema import Variable

    from .goal import Goal

# A placeholder for a key that is not known; it is never shown.
_STAND_IN = "sk-stand-in-for-the-key-0123456789"

# The members of a provider entry that set a field.
_ENTRY_MEMBERS = {"model": "id", "base_url": "baseUrl"}


def setting_edits(resolution: Resolution, goal: Goal) -> Iterator[Edit]:
    """Yield the edits that set a field to the wanted value, in the order of the layers."""
    # The provider entry overrides all layers.
    yield from _entry_edits(resolution, goal)
    for layer in resolution.profile.order_of(goal.field.name):
        match layer:
            case "flag":
                yield from _flag_edits(goal)
            case "environment":
                yield from _environment_edits(resolution, goal)
            case "env-file":
                yield from _env_file_edits(resolution, goal)
            case "settings-env":
                yield from _settings_env_edits(resolution, goal)
            case "settings":
                yield from _settings_edits(resolution, goal)
            case "provider-entry" | "default":
                pass


def removal(resolution: Resolution, field: str, origin: Origin) -> Edit | None:
    """Return the edit that removes a value from its place; None for a default or an inferred value."""
    match origin.layer:
        case "flag":
            return Edit("flag", origin.place, None, field=field)
        case "environment" if origin.variable is not None:
            return Edit("environment", origin.variable, None)
        case "env-file" if origin.variable is not None:
            return Edit("env-file", origin.variable, None, origin.path, origin.file or "")
        case "settings" | "settings-env" | "provider-entry":
            return _without_setting(resolution, origin)
    return None


def _flag_edits(goal: Goal) -> Iterator[Edit]:
    if goal.field.secret:
        # No key is suggested on a command line, and a pointer to one belongs where the key is read.
        return
    flag = goal.field.flags[0]
    if goal.field.is_switch:
        text = str(goal.value).lower()
        flag = next(one for one in spellings(goal.field) if one.startswith("--no-") == (text == "false"))
        yield Edit("flag", flag, text, field=goal.field.name)
    else:
        yield Edit("flag", flag, goal.text, field=goal.field.name)


def _environment_edits(resolution: Resolution, goal: Goal) -> Iterator[Edit]:
    if goal.file is not None:
        return
    for variable, text in _variables(resolution, goal, set(resolution.world.variables)):
        yield Edit("environment", variable.name, text)
    winner = resolution.decisions[goal.field.name].winner
    for behind in () if winner is None or winner.origin.pointer is not None else winner.origin.behind:
        if behind.layer == "environment" and behind.variable is not None and not goal.is_of_origin:
            yield Edit("environment", behind.variable, _text(goal))


def _env_file_edits(resolution: Resolution, goal: Goal) -> Iterator[Edit]:
    if goal.variable:
        return
    world, show = resolution.world, resolution.world.standpoint.show
    for file in resolution.files:
        if goal.file in (None, file.place.path):
            for variable, text in _variables(resolution, goal, set(file.assigned)):
                yield Edit("env-file", variable.name, text, file.place.path, file.shown)
    own = (world.cwd / ".qwen" / ".env", *(() if world.home is None else (world.home / ".qwen" / ".env",)))
    wanted = own if goal.file is None else (goal.file,)
    for place in resolution.search.places:
        if place.path in wanted and world.look(place.path).kind == "absent":
            for variable, text in _variables(resolution, goal, set()):
                yield Edit("env-file", variable.name, text, place.path, show(place.path))


def _variables(resolution: Resolution, goal: Goal, present: set[str]) -> list[tuple[Variable, str | Secret]]:
    """Return the variables that can set the field to the wanted value, with their texts; set variables come first."""
    found = []
    for variable in filter(resolution.profile.reads, goal.field.variables):
        if goal.variable and variable.name != goal.variable:
            continue
        if variable.means is None:
            found.append((variable, _text(goal)))
        elif variable.means == goal.text:
            found.append((variable, "1"))
    return sorted(found, key=lambda one: (one[0].of_library, one[0].name not in present))


def _text(goal: Goal) -> str | Secret:
    if goal.is_of_origin:
        return Secret(_STAND_IN)
    return Secret(goal.text) if goal.field.secret else goal.text


def _settings_env_edits(resolution: Resolution, goal: Goal) -> Iterator[Edit]:
    if goal.variable:
        return
    for path, shown in _settings_files(resolution):
        if goal.file in (None, path):
            for variable, text in _variables(resolution, goal, set()):
                yield _setting(path, shown, ("env", variable.name), text)


def _settings_edits(resolution: Resolution, goal: Goal) -> Iterator[Edit]:
    if goal.field.setting is None or goal.variable:
        return
    for path, shown in _settings_files(resolution):
        if goal.file in (None, path):
            yield _setting(path, shown, goal.field.setting.names, _text(goal), goal)


def _entry_edits(resolution: Resolution, goal: Goal) -> Iterator[Edit]:
    """Yield the edit of the provider entry that is used."""
    if resolution.entry is None:
        return
    entry = resolution.entry.entry.setting
    if goal.variable:
        yield _setting(entry.file.path, entry.file.shown, (*entry.names, "envKey"), goal.variable)
    elif goal.field.name in _ENTRY_MEMBERS and not goal.is_of_origin:
        names = (*entry.names, _ENTRY_MEMBERS[goal.field.name])
        yield _setting(entry.file.path, entry.file.shown, names, goal.text)


def _settings_files(resolution: Resolution) -> Iterator[tuple[Path, str]]:
    """Yield the settings files that are read or could be created, in the order in which an edit is suggested."""
    if resolution.settings is None:
        return
    scopes = [scope for scope in resolution.settings.scopes if scope.outcome in ("read", "absent")]
    order = ("workspace", "user", "system", "system defaults")
    assert set(order) == set(SCOPES)  # noqa: S101 - all of them
    for scope in sorted(scopes, key=lambda one: order.index(one.file.scope)):
        if scope.outcome == "read" or scope.file.scope in ("workspace", "user"):
            yield scope.file.path, scope.file.shown


def _setting(path: Path, shown: str, names: tuple[str, ...], text: str | Secret, goal: Goal | None = None) -> Edit:
    items = goal.value if goal is not None and isinstance(goal.value, tuple) else None
    return Edit("settings", ".".join(names), text, path, shown, names, items=items)


def _without_setting(resolution: Resolution, origin: Origin) -> Edit | None:
    setting = next((one for one in _every_setting(resolution) if _is_at(one, origin)), None)
    if setting is None:
        return None
    return Edit("settings", ".".join(setting.names), None, origin.path, origin.file or "", setting.names)


def _is_at(setting: Setting, origin: Origin) -> bool:
    return setting.file.path == origin.path and setting.place == origin.place


def _every_setting(resolution: Resolution) -> Iterator[Setting]:
    scopes = () if resolution.settings is None else resolution.settings.scopes
    for scope in scopes:
        if scope.settings is not None:
            yield from _settings_below(scope.settings)


def _settings_below(setting: Setting) -> Iterator[Setting]:
    yield setting
    for inner in (setting.members or {}).values() if setting.members is not None else setting.items or ():
        yield from _settings_below(inner)
