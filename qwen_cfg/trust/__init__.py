"""Trust: values of a project's files that need the user's approval, and the approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .artifact_concern import DECIDING, concern_of_artifact, sends_unusual
    from .concern import Concern, display_host
    from .known_hosts import is_known_or_loopback
    from .resolution_concern import Split, concern_of, split_origin, split_to_ask
    from .settings_variables import SettingsKey, project_settings_key
    from .store import TrustEntry, TrustStore, trust_entry
    from .user_pointer import is_named_by_user

_HOMES = {
    "Concern": "concern",
    "display_host": "concern",
    "is_known_or_loopback": "known_hosts",
    "is_named_by_user": "user_pointer",
    "DECIDING": "artifact_concern",
    "concern_of_artifact": "artifact_concern",
    "sends_unusual": "artifact_concern",
    "Split": "resolution_concern",
    "concern_of": "resolution_concern",
    "split_to_ask": "resolution_concern",
    "split_origin": "resolution_concern",
    "SettingsKey": "settings_variables",
    "project_settings_key": "settings_variables",
    "TrustEntry": "store",
    "TrustStore": "store",
    "trust_entry": "store",
}

__all__ = [
    "DECIDING",
    "Concern",
    "SettingsKey",
    "Split",
    "TrustEntry",
    "TrustStore",
    "concern_of",
    "concern_of_artifact",
    "display_host",
    "is_known_or_loopback",
    "is_named_by_user",
    "project_settings_key",
    "sends_unusual",
    "split_origin",
    "split_to_ask",
    "trust_entry",
]


def __getattr__(name: str) -> object:
    """Load a name when it is first used, since a resolution needs no module about artifacts."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value
