"""What a project's settings file takes of the user's for the key: a variable that it names, or puts into a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_schema import declared_fields

from .concern import host_shown, is_known_or_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.resolution import Resolution


@dataclass(frozen=True)
class SettingsKey:
    """A variable of the user's that a project's settings take for the key.

    `setting` is the place that says so and `held` where the variable is set, both in words; `host` is where the key
    goes. `is_usual` says that it goes to a known provider, or this machine, and that the variable is one for API keys.
    """

    origin: Origin
    setting: str
    variable: str
    held: str
    host: str
    file: str | None
    line: int | None
    is_usual: bool


def project_settings_key(resolution: Resolution) -> SettingsKey | None:
    """Return the variable of the user's that a project's settings take for the key; None if they take none."""
    winner, endpoint = resolution.decisions["api_key"].winner, resolution.decisions["base_url"]
    if winner is None or winner.origin.reach != "user" or not is_of_project(resolution, winner.origin.path):
        return None
    held = winner.origin.holder
    if held is winner.origin or held.variable is None:
        return None
    url = endpoint.value if isinstance(endpoint.value, str) else ""
    return SettingsKey(
        winner.origin,
        winner.origin.place,
        held.variable,
        str(held),
        host_shown(url) if url else "its endpoint",
        winner.origin.file,
        winner.origin.line,
        bool(url) and is_known_or_loopback(url) and _is_for_keys(held.variable),
    )


def project_settings_value(resolution: Resolution) -> tuple[str, Origin] | None:
    """Return a field, other than the key, into which a project's settings put a variable of the user's, and where."""
    for name in ("base_url", "model"):
        winner = resolution.decisions[name].winner
        if (
            winner is not None
            and is_of_project(resolution, winner.origin.path)
            and winner.origin.holder.reach == "user"
        ):
            return name, winner.origin
    return None


def is_of_project(resolution: Resolution, path: Path | None) -> bool:
    """Tell whether a path is that of a project's settings file."""
    scopes = resolution.settings.scopes if resolution.settings is not None else ()
    return path is not None and any(s.file.path == path and s.file.reach == "project" for s in scopes)


def _is_for_keys(variable: str) -> bool:
    """Tell whether a variable holds API keys by its name."""
    declared = {v.name for v in declared_fields()["api_key"].variables}
    return variable in declared or variable.upper().endswith("API_KEY")
