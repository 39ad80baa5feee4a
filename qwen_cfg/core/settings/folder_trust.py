"""Qwen Code's trust in folders: whether a working directory's settings and env files are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import PurePath

    from qwen_schema.jsonc import Node

Level = Literal["trusted", "untrusted"]


@record
class FolderRule:
    """A rule of `trustedFolders.json`: the folder as named, the level, and the line."""

    folder: str
    level: Level
    line: int


def folder_rules(node: Node) -> tuple[FolderRule, ...]:
    """Return the rules of a file; an unknown level is not a rule."""
    rules = []
    for folder, member in (node.members or {}).items():
        match member.text:
            case "TRUST_FOLDER":
                rules.append(FolderRule(folder, "trusted", member.line))
            case "TRUST_PARENT":
                rules.append(FolderRule(_parent(folder), "trusted", member.line))
            case "DO_NOT_TRUST":
                rules.append(FolderRule(folder, "untrusted", member.line))
    return tuple(rules)


def decide_folder_trust(
    folder: PurePath, rules: Iterable[FolderRule], places: Callable[[str], Iterable[PurePath]]
) -> FolderRule | None:
    """Return the rule that decides about a folder; None if there is none.

    It is the deepest rule that contains the folder; of two equally deep rules, the one that denies trust. `places`
    returns the paths of a rule's folder: as named, and with its links resolved.
    """
    winner: FolderRule | None = None
    deepest = -1
    for rule in rules:
        depths = [len(place.parts) for place in places(rule.folder) if folder.is_relative_to(place)]
        depth = max(depths, default=-1)
        says_no_too = winner is not None and winner.level == "trusted" and rule.level == "untrusted"
        if depth > deepest or (depth == deepest >= 0 and says_no_too):
            winner, deepest = rule, depth
    return winner


def _parent(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[0] or ("/" if folder.startswith("/") else ".")
