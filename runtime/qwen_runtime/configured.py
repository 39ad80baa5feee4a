"""What the command line hands to the runtime: a resolved config with its key, and the way to another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .connection import Connection, open_connection, open_with_login

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import ResolvedConfig, Secret

    from .usage_statistics import Observe


@dataclass(frozen=True)
class Configured:
    """A resolved config that can be used.

    `base` is where relative paths of the artifact start, `home` what `~` stands for. `remark` is what is known about
    the key beside (which other one it hides), for the message that it was refused; `notices` are to be told at once.
    Without a key the artifact refers to a Qwen OAuth login, and `state` is the directory that requests are counted in.
    `observe` is told of every request to the model.
    """

    artifact: ResolvedConfig
    key: Secret | None = field(repr=False)
    base: Path
    home: Path | None
    remark: str = ""
    notices: tuple[str, ...] = ()
    state: Path | None = None
    observe: Observe | None = field(default=None, repr=False)

    def connect(self) -> Connection:
        """Return a connection; nothing is sent yet.

        Raises:
            ConfigurationError: if the CA bundle cannot be used.
        """
        if self.key is None:
            connection = open_with_login(self.artifact, base=self.base, home=self.home, state=self.state)
        else:
            connection = open_connection(self.artifact, self.key, base=self.base, home=self.home, remark=self.remark)
        connection.observe = self.observe
        return connection


@dataclass(frozen=True)
class Change:
    """What a person asks for in the session: texts by field, and where they were typed (`/auth`, `/model`).

    With `keep`, the texts are to be kept in `.qwen/.env`; with `log_in`, the person has to log in first.
    """

    place: str
    values: Mapping[str, str | Secret] = field(repr=False)
    keep: bool = False
    log_in: bool = False


# Compiles again with what was typed. It raises a QwenCfgError where that gives nothing that can be used.
Reconfigure = Callable[[Change], Configured]
