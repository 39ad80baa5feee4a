"""What one profile's settings come to: each scope with its outcome, and the merged values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .folder_trust import FolderRule
    from .tree import Setting, SettingsFile

# What became of a scope's file. An ignored one is the workspace's in a folder that is not trusted; a file of the home
# is the user's, and not the workspace's as well.
ScopeOutcome = Literal["absent", "read", "ignored", "invalid"]


@record
class ScopeRead:
    """One scope: its file, what became of that, and why (in words, with the line), where there is something to say."""

    file: SettingsFile
    outcome: ScopeOutcome
    settings: Setting | None = None
    why: str = ""
    line: int | None = None


@record
class SettingsLoad:
    """The settings of a world: the scopes, the lowest first, and what they come to.

    `folder_trust` tells whether Qwen Code asks whether a folder is trusted, `is_trusted` whether this one is, and
    `rule` which rule of `trustedFolders.json` says so, if one does.
    """

    scopes: tuple[ScopeRead, ...] = ()
    merged: Mapping[str, Setting] = field(default_factory=dict)
    folder_trust: bool = False
    is_trusted: bool = True
    rule: FolderRule | None = None

    def at(self, *names: str) -> Setting | None:
        """Return what the merged settings have at a path of names."""
        first, *rest = names
        found = self.merged.get(first)
        return None if found is None else found.at(*rest)

    def in_scopes(self, *names: str) -> tuple[Setting, ...]:
        """Return what each scope that counts has at a path of names, the highest scope first."""
        found = (scope.settings.at(*names) for scope in reversed(self.scopes) if scope.settings is not None)
        return tuple(setting for setting in found if setting is not None)

    def text(self, *names: str) -> str:
        """Return the text at a path of names; empty if none is there."""
        found = self.at(*names)
        return "" if found is None or found.text is None else found.text
