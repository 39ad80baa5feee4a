"""Variables in settings: every text of a tree with its variables replaced, and the text as it is written kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qwen_schema.settings_text import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tree import Setting


def expand(setting: Setting, look_up: Callable[[str], str | None]) -> Setting:
    """Return settings with the variables in every text replaced, once; an unknown one is left as it stands.

    `look_up` returns the text of a variable, and None for one that is not set. What has none in it is not made anew.
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
    text, names = expanded(setting.text, look_up)
    return replace(setting, value=text, written=setting.text, variables=names) if names else setting
