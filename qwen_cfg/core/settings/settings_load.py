"""The settings of one profile: each scope with its outcome, and the merged values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .folder_trust import FolderRule
    from .tree import Setting, SettingsFile

# The outcome of a scope's file. `ignored` is the workspace's file in an untrusted folder; a file of the home is the
# user's, and not also the workspace's.
ScopeOutcome = Literal["absent", "read", "ignored", "invalid"]


@record
class ScopeRead:
    """One scope: its file, the outcome, and the reason and line, if there are any."""

    file: SettingsFile
    outcome: ScopeOutcome
    settings: Setting | None = None
    why: str = ""
    line: int | None = None


@record
class SettingsLoad:
    """The settings of a world: the scopes, the lowest first, and the merged values.

    `folder_trust` says whether Qwen Code uses folder trust, `is_trusted` whether this folder is trusted, and `rule` is
    the rule of `trustedFolders.json` that decides, if there is one.
    """

    scopes: tuple[ScopeRead, ...] = ()
    merged: Mapping[str, Setting] = field(default_factory=dict)
    folder_trust: bool = False
    is_trusted: bool = True
    rule: FolderRule | None = None

    def at(self, *names: str) -> Setting | None:
        """Return the merged setting at a path of names."""
        first, *rest = names
        found = self.merged.get(first)
        return None if found is None else found.at(*rest)

    def in_scopes(self, *names: str) -> tuple[Setting, ...]:
        """Return the setting of each scope that counts at a path of names, the highest scope first."""
        found = (scope.settings.at(*names) for scope in reversed(self.scopes) if scope.settings is not None)
        return tuple(setting for setting in found if setting is not None)

    def text(self, *names: str) -> str:
        """Return the string at a path of names; empty if there is none."""
        found = self.at(*names)
        return "" if found is None or found.text is None else found.text
