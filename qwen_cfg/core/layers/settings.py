"""The layer of the settings files: the value of a field in `settings.json`, in the scopes that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.origin import Candidate, Origin
from qwen_schema import BadValue, Secret, SecretReference
from qwen_schema.records import replace

from .layer import FieldLayer

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Layer
    from qwen_cfg.core.settings import Setting
    from qwen_schema import Field, Reach

    from .layer import Sources


class SettingsLayer(FieldLayer):
    """The merged settings files. The scope of a file has its reach: the workspace's file has reach project."""

    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the value in the merged settings, and then the values that it replaced in lower scopes."""
        if declared.setting is None or sources.settings is None:
            return ()
        winner = sources.settings.at(*declared.setting.names)
        if winner is None or winner.value is None:
            return ()
        first = setting_candidate(self, declared, winner)
        if first.is_empty or winner.items is not None:
            return (first,)
        others = (s for s in sources.settings.in_scopes(*declared.setting.names) if s is not winner)
        return (first, *(setting_candidate(self, declared, other) for other in others))

    def reference(self, origin: Origin) -> SecretReference:
        """Return a reference to the variable that is the whole value, or to the place in the file."""
        return reference_in_settings(origin)

    def set_by(self, declared: Field) -> str:
        """Return the name that the field has in settings."""
        return "" if declared.setting is None else f"{'.'.join(declared.setting.names)} in settings.json"


_SNAPSHOT = "$runtime|"

SETTINGS = SettingsLayer("settings", "the settings files", "project")


def setting_candidate(layer: Layer, declared: Field, setting: Setting) -> Candidate:
    """Return the candidate of a setting for a field; a value that is no string counts if Qwen Code converts it."""
    text, problem = _text(declared, setting)
    origin = setting_origin(layer, setting)
    if declared.secret:
        # A secret has the reach of its own place, not of the settings that use it.
        origin = replace(origin, reach=origin.holder.reach)
    return Candidate(declared.name, Secret(text) if declared.secret else text, origin, problem)


def setting_origin(layer: Layer, setting: Setting, *, variable: str | None = None) -> Origin:
    """Return the origin of a setting; `variable` is the variable that it sets, if any."""
    behind = tuple(value.origin for value in setting.taken)
    via_project = setting.file.reach == "project" or any(o.reach == "project" or o.via_project for o in behind)
    reach: Reach = "project" if via_project else "user"
    from qwen_schema.settings_text import is_one_variable  # noqa: PLC0415 - for a file that exists

    is_whole = bool(behind) and is_one_variable(setting.written or "")
    return Origin(
        layer,
        setting.place,
        reach,
        variable or (setting.variables[0] if is_whole else None),
        setting.file.path,
        setting.line,
        setting.file.shown,
        behind,
        None if is_whole else setting.pointer,
        via_project,
    )


def reference_in_settings(origin: Origin) -> SecretReference:
    """Return the reference to a secret in settings: to the variable that is the whole value, or to the place."""
    if origin.pointer is None and origin.behind:
        behind = origin.behind[0]
        return behind.source.reference(behind)
    return SecretReference("settings", path=origin.file, pointer_in_file=origin.pointer)


def _text(declared: Field, setting: Setting) -> tuple[str, BadValue | None]:
    if setting.text is not None:
        return without_snapshot(setting.text) if declared.name == "model" else setting.text, None
    if setting.items is not None and declared.schema.get("type") == "array":
        return ",".join(item.text for item in setting.items if item.text is not None) or "none", None
    from qwen_schema.jsonc import javascript_text  # noqa: PLC0415 - few values are no string

    text = javascript_text(setting.value)
    if declared.secret and setting.items is None and setting.members is None:
        return text, None
    return text, BadValue(f"it is {kind_of(setting)} in JSON, not a string", "a string in double quotes")


def kind_of(setting: Setting) -> str:
    """Return the JSON type of a setting that is not null, as text."""
    return _KINDS[type(setting.value)]


def without_snapshot(name: str) -> str:
    """Return the name of a model without the prefix `$runtime|METHOD|`, which Qwen Code adds and removes."""
    while name.startswith(_SNAPSHOT) and (rest := name.split("|", 2)[2:]) and rest[0]:
        name = rest[0]
    return name


_KINDS: dict[type, str] = {
    bool: "true or false",
    float: "a number",
    str: "a string",
    tuple: "a list",
    dict: "an object",
}
