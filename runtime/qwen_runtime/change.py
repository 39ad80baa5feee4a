"""A change of the config in a session: the present values, the change, and the function that applies it."""

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
    """The present values for the dialogue, which Enter accepts; a value is empty if there is none.

    `key` is the present API key for display: masked, or its place. `login` is the file of the login, `exported` the
    keys in variables by name, and `provider` the provider that was named before.
    """

    base_url: str = ""
    model: str = ""
    key: str = ""
    login: str = ""
    exported: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    provider: str = ""


@record
class Change:
    """A change in a session: texts by field, and the place where they were typed (`/auth`, `/model`).

    With `keep`, the texts are saved in `.qwen/.env`; with `log_in`, the user has to log in first.
    """

    place: str
    values: Mapping[str, str | Secret] = field(repr=False)
    keep: bool = False
    log_in: bool = False


# Applies a change by compiling again; raises a QwenCfgError if the result cannot be used.
Reconfigure = Callable[[Change], ReadyConfig]
