"""Trust: values of a project's files that need the user's approval, and the approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .concern import Concern, display_host, is_known_or_loopback
    from .named_by_user import is_named_by_user
    from .of_artifact import DECIDING, concern_of_artifact, sends_unusual
    from .of_resolution import Split, concern_of, split_origin, split_to_ask
    from .of_settings import SettingsKey, project_settings_key
    from .store import TrustEntry, TrustStore, trust_entry

_HOMES = {
    "Concern": "concern",
    "display_host": "concern",
    "is_known_or_loopback": "concern",
    "is_named_by_user": "named_by_user",
    "DECIDING": "of_artifact",
    "concern_of_artifact": "of_artifact",
    "sends_unusual": "of_artifact",
    "Split": "of_resolution",
    "concern_of": "of_resolution",
    "split_to_ask": "of_resolution",
    "split_origin": "of_resolution",
    "SettingsKey": "of_settings",
    "project_settings_key": "of_settings",
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
    """Load a name when it is first used: a resolution needs no module about artifacts."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value
