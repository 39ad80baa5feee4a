"""The merge of the scopes: objects are merged name by name; any other value is replaced by the higher scope's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .tree import Setting

# A list that is merged as the union of the scopes' lists.
_UNION = ("advanced", "excludedEnvVars")
# An object whose members are not merged themselves.
_SHALLOW = ("env",)


def merge_scopes(scopes: Iterable[Setting]) -> Mapping[str, Setting]:
    """Return the merged members of the settings of some scopes, the lowest scope first.

    Each value keeps its file and line.
    """
    merged: dict[str, Setting] = {}
    for scope in scopes:
        merged = _merge(merged, scope.members or {}, ())
    return merged


def _merge(low: Mapping[str, Setting], high: Mapping[str, Setting], path: tuple[str, ...]) -> dict[str, Setting]:
    result = dict(low)
    for name, setting in high.items():
        result[name] = _combine(low[name], setting, (*path, name)) if name in low else setting
    return result


def _combine(low: Setting, high: Setting, path: tuple[str, ...]) -> Setting:
    if path == _UNION and low.items is not None:
        return replace(high, value=_union(low.items, high.items if high.items is not None else (high,)))
    if low.members is None or high.members is None:
        # For `env`, a value that is no object adds nothing, but a false value (0, "", null) replaces it.
        return low if path == _SHALLOW and low.members is not None and high.value else high
    if path == _SHALLOW:
        return replace(high, value={**low.members, **high.members})
    return replace(high, value=_merge(low.members, high.members, path))


def _union(low: tuple[Setting, ...], high: tuple[Setting, ...]) -> tuple[Setting, ...]:
    """Return the items of both lists; equal strings once, at their place in the lower scope."""
    known = {item.text for item in low if item.text is not None}
    return (*low, *(item for item in high if item.text not in known))
