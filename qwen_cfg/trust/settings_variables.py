"""The user's variables that a project's settings file uses, for the key or for other values."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_schema import declared_fields
from qwen_schema.records import record

from .concern import display_host
from .known_hosts import is_known_or_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.resolution import Resolution


@record
class SettingsKey:
    """The user's variables that a project's settings use for the key, or for a part of it.

    `setting` is the place in the settings; `variables` are the names and `held` the places of the variables, as text;
    `host` is the destination of the key. `is_usual` says that this is a known provider or this machine, and that all
    the names are names for API keys.
    """

    origin: Origin
    setting: str
    variables: str
    held: str
    host: str
    file: str | None
    line: int | None
    is_usual: bool


def project_settings_key(resolution: Resolution) -> SettingsKey | None:
    """Return the user's variables that a project's settings use for the key; None if there are none."""
    winner, endpoint = resolution.decisions["api_key"].winner, resolution.decisions["base_url"]
    origin = None if winner is None else winner.origin
    if origin is None or not origin.is_from_project or not origin.users:
        return None
    names = [str(one.variable) for one in origin.users]
    url = endpoint.value if isinstance(endpoint.value, str) else ""
    return SettingsKey(
        origin,
        origin.place,
        ", ".join(dict.fromkeys(names)),
        ", ".join(map(str, origin.users)),
        display_host(url) if url else "its endpoint",
        origin.file,
        origin.line,
        bool(url) and is_known_or_loopback(url) and all(map(_is_for_keys, names)),
    )


def project_settings_values(resolution: Resolution) -> tuple[tuple[str, Origin], ...]:
    """Return the fields, other than the key, in which a project uses the user's variables, with their origins."""
    winners = ((name, resolution.decisions[name].winner) for name in ("base_url", "model"))
    return tuple((n, w.origin) for n, w in winners if w is not None and w.origin.is_from_project and w.origin.users)


def key_of_another_file(resolution: Resolution) -> Origin | None:
    """Return the origin of a key that a project's settings read from another file, through a variable not for keys.

    An env file beside the settings belongs to the same project, unless it is a link. The user's own variables in the
    key are reported elsewhere.
    """
    winner = resolution.decisions["api_key"].winner
    origin = None if winner is None else winner.origin
    if origin is None or not origin.is_from_project:
        return None
    own = set() if origin.path is None else {os.path.realpath(origin.path), *_project_env_files(origin.path)}
    project_origins = (one for one in origin.behind if one.reach == "project" and not one.users)
    others = [one for one in project_origins if {os.path.realpath(path) for path in one.paths} - own]
    return origin if any(not _is_for_keys(str(one.variable)) for one in others) else None


def _project_env_files(settings: Path) -> tuple[str, ...]:
    """Return the env files beside a settings file in a `.qwen` directory, as strings."""
    if settings.parent.name != ".qwen":
        return ()
    return str(settings.parent.parent / ".env"), str(settings.parent / ".env")


def texts_of_other_files(resolution: Resolution) -> tuple[Origin, ...]:
    """Return the origins of the base URL and the model that use variables of another file, but none of the user's.

    That file may belong to another project, or be the target of a link. Values from the file with the endpoint may be
    sent to the endpoint.
    """
    endpoint = resolution.decisions["base_url"].winner
    its_own = set() if endpoint is None else {os.path.realpath(path) for path in endpoint.origin.paths}
    winners = (resolution.decisions[name].winner for name in ("base_url", "model"))
    origins = (w.origin for w in winners if w is not None and w.origin.is_from_project and not w.origin.users)
    behind = ((o, {os.path.realpath(path) for one in o.behind for path in one.paths}) for o in origins)
    return tuple(origin for origin, files in behind if files - its_own)


def _is_for_keys(variable: str) -> bool:
    """Return whether a variable's name is a name for API keys."""
    declared = {v.name for v in declared_fields()["api_key"].variables}
    return variable in declared or variable.upper().endswith("API_KEY")
