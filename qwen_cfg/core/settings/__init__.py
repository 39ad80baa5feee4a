"""Qwen Code's settings files (`settings.json`): migration, expansion and merge; every value keeps its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .merge import merge_scopes
from .settings_load import ScopeOutcome, ScopeRead, SettingsLoad
from .tree import SCOPES, Scope, Setting, SettingsFile, file_tree, leaves, settings_tree

if TYPE_CHECKING:
    from .expansion import expand
    from .folder_trust import FolderRule, decide_folder_trust, folder_rules
    from .migration import migrate
    from .provider_entry import (
        EntryChoice,
        ProviderEntry,
        choose_entry,
        entry_faults,
        first_entry,
        method_of_model,
        null_entry,
    )

# The names that only a settings file needs; most directories have none.
_HOMES = {
    "expand": "expansion",
    "FolderRule": "folder_trust",
    "decide_folder_trust": "folder_trust",
    "folder_rules": "folder_trust",
    "migrate": "migration",
    **dict.fromkeys(
        (
            *("EntryChoice", "ProviderEntry", "choose_entry", "entry_faults"),
            *("first_entry", "method_of_model", "null_entry"),
        ),
        "provider_entry",
    ),
}

__all__ = [
    "SCOPES",
    "EntryChoice",
    "FolderRule",
    "ProviderEntry",
    "Scope",
    "ScopeOutcome",
    "ScopeRead",
    "Setting",
    "SettingsFile",
    "SettingsLoad",
    "choose_entry",
    "decide_folder_trust",
    "entry_faults",
    "expand",
    "file_tree",
    "first_entry",
    "folder_rules",
    "leaves",
    "merge_scopes",
    "method_of_model",
    "migrate",
    "null_entry",
    "settings_tree",
]


def __getattr__(name: str) -> object:
    """Load a name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value
