"""Changing the config in a session: what there is, what a person wants instead, and how it comes about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qwen_schema.records import field, record

from .ready import ReadyConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Secret


@record
class DialogueDefaults:
    """What there is now, as the dialogue shows it, where Enter accepts it; empty is what there is none of.

    `key` is how the present API key may be shown: masked, or as the place where it lives. `login` is the file that a
    login is kept in, `exported` has the keys that variables hold, by name, and `provider` is one that was named before.
    """

    base_url: str = ""
    model: str = ""
    key: str = ""
    login: str = ""
    exported: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    provider: str = ""


@record
class Change:
    """What a person asks for in the session: texts by field, and where they were typed (`/auth`, `/model`).

    With `keep`, the texts are to be kept in `.qwen/.env`; with `log_in`, the person has to log in first.
    """

    place: str
    values: Mapping[str, str | Secret] = field(repr=False)
    keep: bool = False
    log_in: bool = False


# Compiles again with what was typed. It raises a QwenCfgError where that gives nothing that can be used.
Reconfigure = Callable[[Change], ReadyConfig]
