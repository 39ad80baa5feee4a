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
    value = setting.value
    if isinstance(value, dict):
        members = {name: expand(member, look_up) for name, member in value.items()}
        is_same = all(members[name] is member for name, member in value.items())
        return setting if is_same else replace(setting, value=members)
    if isinstance(value, tuple):
        items = tuple(expand(item, look_up) for item in value)
        is_same = all(one is other for one, other in zip(items, value, strict=True))
        return setting if is_same else replace(setting, value=items)
    if not isinstance(value, str) or "$" not in value:
        return setting
    taken: dict[str, VariableValue] = {}

    def text_of(name: str) -> str | None:
        variable = look_up(name)
        if variable is None:
            return None
        taken[name] = variable
        return variable.text

    text, names = expand_variables(value, text_of)
    took = tuple(taken.values())
    return replace(setting, value=text, written=value, variables=names, taken=took) if names else setting
