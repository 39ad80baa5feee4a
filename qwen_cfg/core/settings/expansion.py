"""Variables in settings: `$NAME` and `${NAME}` in a text stand for what the variable says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tree import Setting

_REFERENCE = re.compile(r"\$(?:([A-Za-z0-9_]+)|\{([^}]+)\})")

# Names that are left as they stand, in whatever letters: they are Qwen Code's own.
_LEFT = ("SESSION_ID", "QWEN_CODE_SESSION_ID")


def expand(setting: Setting, look_up: Callable[[str], str | None]) -> Setting:
    """Return settings with the variables in every text replaced, once; an unknown one is left as it stands.

    `look_up` returns the text of a variable, and None for one that is not set. `${NAME:-default}` is not known to Qwen
    Code: it is the variable of that odd name, which nobody sets.
    """
    if setting.members is not None:
        return replace(setting, value={name: expand(member, look_up) for name, member in setting.members.items()})
    if setting.items is not None:
        return replace(setting, value=tuple(expand(item, look_up) for item in setting.items))
    return setting if setting.text is None or "$" not in setting.text else _expanded(setting, setting.text, look_up)


def _expanded(setting: Setting, text: str, look_up: Callable[[str], str | None]) -> Setting:
    used: list[str] = []

    def value(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        found = None if name.upper() in _LEFT else look_up(name)
        if found is None:
            return reference[0]
        used.append(name)
        return found

    expanded = _REFERENCE.sub(value, text)
    return replace(setting, value=expanded, written=text, variables=tuple(used)) if used else setting
