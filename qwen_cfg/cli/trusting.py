"""Asking for trust before anything is sent: the user, if there is one at a terminal, and else an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qwen_cfg.git import may_be_tracked
from qwen_cfg.homes import home_of
from qwen_cfg.state import state_directory
from qwen_cfg.trust import Concern, Trusted, TrustStore, concern_of
from qwen_schema import NotTrustedError, QwenCfgError, printable_lines, redact

from .prompt import has_terminal

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.owners import Allows
    from qwen_cfg.resolution import Resolution

    from .output import Output

TRUST_VARIABLE = "QWEN_CFG_TRUST_PROJECT"

_WAYS_ON = (
    "If that is right, say so once: qwen-cfg trust. For one run: --trust-project. In CI: "
    f"{TRUST_VARIABLE}=1. Nothing was sent."
)


@dataclass(frozen=True)
class Gate:
    """Lets nothing through that the user has not trusted. `open` lets everything through; `asks` where it may ask."""

    store: TrustStore
    output: Output
    is_open: bool = False
    asks: bool = False
    _typed: set[str] = field(default_factory=set)

    def require(self, concern: Concern | None) -> None:
        """Return if nothing is of concern, or the user trusts it, now or before.

        Raises:
            NotTrustedError: if not.
        """
        if concern is None or self.is_open or concern.digest in self._typed or self.store.covers(concern):
            return
        if not self.asks:
            raise refusal(concern)
        self.output.notice(f"qwen-cfg: {concern.told}\n")
        if not says_yes(f"Trust {concern.place.partition(' ')[0]} to decide that? [y/N] "):
            raise refusal(concern)
        remember(self.store, concern, self.output)

    def require_for(self, resolution: Resolution) -> None:
        """Do so for what resolves here.

        Raises:
            NotTrustedError: if the user does not trust it.
        """
        self.require(concern_of(resolution, may_be_tracked))

    def vouch_for(self, resolution: Resolution) -> None:
        """Remember that the user has typed what is of concern in a resolution: nobody asks about it later."""
        concern = concern_of(resolution, may_be_tracked)
        if concern is None or self.store.covers(concern):
            return
        self._typed.add(concern.digest)
        with suppress(QwenCfgError):
            self.store.add(Trusted(str(concern.file), concern.host, concern.digest))


def gate(args: argparse.Namespace, output: Output) -> Gate:
    """Return the gate for a command line."""
    return Gate(trust_store(), output, args.trust_project or trusts_all(), has_terminal())


def owners_allowed(*, all_of_them: bool) -> Allows:
    """Return which other users' env files may count."""
    if all_of_them or trusts_all():
        return lambda _path, _owner: True
    return lambda path, owner: trust_store().allows_owner(path, owner)


def trust_store() -> TrustStore:
    """Return what the user of this process trusts."""
    return TrustStore(state_directory(os.environ, home_of(os.environ).path))


def trusts_all() -> bool:
    """Tell whether the environment trusts the project; no file can say that."""
    return os.environ.get(TRUST_VARIABLE, "").strip().lower() in ("1", "true", "yes", "on")


def refusal(concern: Concern) -> NotTrustedError:
    """Return the error of a concern that nobody has said yes to."""
    return NotTrustedError(f"not trusted: {concern.told}", hint=_WAYS_ON)


def says_yes(question: str) -> bool:
    """Ask at the terminal; no is the answer unless yes is given."""
    print(printable_lines(redact(question)), end="", file=sys.stderr, flush=True)
    try:
        answer = input()
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        return False
    return answer.strip().lower() in ("y", "yes")


def remember(store: TrustStore, concern: Concern, output: Output) -> None:
    """Remember a yes; where that cannot be done, it holds for this run alone."""
    try:
        store.add(Trusted(str(concern.file), concern.host, concern.digest))
    except QwenCfgError as error:
        output.notice(f"qwen-cfg: it holds for this run only. {error}")
    else:
        output.notice("qwen-cfg: remembered. qwen-cfg trust revoke takes it back.")
