"""Qwen Code's settings files (`settings.json`): migration, expansion and merge; every value keeps its line."""

from .expansion import expand
from .folder_trust import FolderRule, decide_folder_trust, folder_rules
from .merge import merge_scopes
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
from .settings_load import ScopeOutcome, ScopeRead, SettingsLoad
from .tree import SCOPES, Scope, Setting, SettingsFile, file_tree, leaves, settings_tree

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
