"""Qwen Code's settings files (`settings.json`): read, migrated, expanded and merged, every value with its line."""

from .expansion import expand
from .folder_trust import FolderRule, decide_folder_trust, folder_rules
from .merge import merge_scopes
from .migration import migrate
from .provider_entry import EntryChoice, ProviderEntry, choose_entry, first_entry, method_of_model
from .tree import SCOPES, Scope, Setting, SettingsFile, settings_tree

__all__ = [
    "SCOPES",
    "EntryChoice",
    "FolderRule",
    "ProviderEntry",
    "Scope",
    "Setting",
    "SettingsFile",
    "choose_entry",
    "decide_folder_trust",
    "expand",
    "first_entry",
    "folder_rules",
    "merge_scopes",
    "method_of_model",
    "migrate",
    "settings_tree",
]
