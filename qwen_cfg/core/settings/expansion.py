"""Replaces the variables in the strings of settings, and keeps the original text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import replace
from qwen_schema.settings_text import expand_variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from qwen_cfg.core.origin import VariableValue

    from .tree import Setting


def expand(setting: Setting, look_up: Callable[[str], VariableValue | None]) -> Setting:
    """Return settings with the variables in every string replaced, once; an unknown variable stays as written.

    `look_up` returns the value of a variable, or None if it is not set. A setting keeps the values that it used, so
    that text and origin agree. Settings without variables are not copied.
    """
    if setting.members is not None:
        members = {name: expand(member, look_up) for name, member in setting.members.items()}
        is_same = all(members[name] is member for name, member in setting.members.items())
        return setting if is_same else replace(setting, value=members)
    if setting.items is not None:
        items = tuple(expand(item, look_up) for item in setting.items)
        is_same = all(one is other for one, other in zip(items, setting.items, strict=True))
        return setting if is_same else replace(setting, value=items)
    if setting.text is None or "$" not in setting.text:
        return setting
    taken: dict[str, VariableValue] = {}

    def text_of(name: str) -> str | None:
        value = look_up(name)
        if value is None:
            return None
        taken[name] = value
        return value.text

    text, names = expand_variables(setting.text, text_of)
    took = tuple(taken.values())
    return replace(setting, value=text, written=setting.text, variables=names, taken=took) if names else setting
