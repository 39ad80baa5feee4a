"""Asking for trust before anything is sent: the user, if there is one at a terminal, and else an exit code."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.cli.prompt import has_terminal
from qwen_cfg.cli.repeating import repeated
from qwen_cfg.cli.yes_or_no import says_yes
from qwen_cfg.rules import SPLIT_ORIGIN
from qwen_cfg.standing import standing_of
from qwen_cfg.state import users_state_directory
from qwen_cfg.trust import Concern, TrustStore, concern_of, granted
from qwen_schema import NotTrustedError, QwenCfgError, is_true

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from qwen_cfg.cli.output import Output
    from qwen_cfg.owners import Allows
    from qwen_cfg.resolution import Resolution
    from qwen_cfg.rules import Diagnostic

TRUST_VARIABLE = "QWEN_CFG_TRUST_PROJECT"

# How a reference to what was typed at a question is told.
TYPED_IN_SESSION = "what was typed at"

IN_CI = f"In CI: {TRUST_VARIABLE}=1. Nothing was sent."
WAYS_ON = f"For one run: --trust-project. {IN_CI}"


@dataclass(frozen=True)
class Gate:
    """Lets nothing through that the user has not trusted. `is_open` lets everything through; `asks` where it may ask.

    `command` is the one that would trust what is of concern, but for a key that was typed, if `key_is_typed`: no advice
    repeats it.
    """

    store: TrustStore
    output: Output
    is_open: bool = False
    asks: bool = False
    command: str = "qwen-cfg trust"
    key_is_typed: bool = False
    _typed: set[str] = field(default_factory=set)

    def require(self, concern: Concern | None) -> None:
        """Return if nothing is of concern, or the user trusts it, now or before.

        Raises:
            NotTrustedError: if not.
        """
        if concern is None or self.is_open or self.is_settled(concern):
            return
        if not self.asks:
            raise self._refusal(concern)
        first, *further = concern.lines
        self.output.notice(f"qwen-cfg: {first}", *further, "")
        if not says_yes(f"Trust {concern.place.partition(' ')[0]} to decide that? [y/N] "):
            raise self._refusal(concern)
        self._remember(concern)

    def require_for(self, resolution: Resolution) -> None:
        """Do so for what resolves here.

        Raises:
            NotTrustedError: if the user does not trust it.
        """
        self.require(concern_here(resolution))

    def is_settled(self, concern: Concern) -> bool:
        """Tell whether the user has typed what is of concern, or has said yes to it.

        Raises:
            ConfigurationError: if what is trusted cannot be read.
        """
        return self._key(concern) in self._typed or self.store.covers(concern)

    def vouch_for(self, resolution: Resolution) -> None:
        """Remember that the user has typed what is of concern in a resolution: nobody asks about it later."""
        self.vouch(concern_here(resolution))

    def vouch(self, concern: Concern | None) -> None:
        """Remember that what is of concern is the user's own word."""
        if concern is None:
            return
        self._typed.add(self._key(concern))
        with suppress(QwenCfgError):
            if not self.store.covers(concern):
                self.store.add(granted(concern))

    def _key(self, concern: Concern) -> str:
        return f"{concern.file} {concern.shown} {concern.handed_over}"

    def _refusal(self, concern: Concern) -> NotTrustedError:
        hint = f"If that is right, say so once: {self.command}. {WAYS_ON}"
        if self.key_is_typed and concern.credential == "key":
            hint = f"If a key that was typed is to go there: --trust-project, in each run. {IN_CI}"
        elif concern.reference.startswith(TYPED_IN_SESSION):
            hint = "If what you typed is to go there, type it again and say yes. Nothing was kept or sent."
        first, *further = concern.lines
        return NotTrustedError(f"not trusted: {first}", *further, hint=hint)

    def _remember(self, concern: Concern) -> None:
        """Remember a yes; where that cannot be done, it holds for this run alone."""
        try:
            self.store.add(granted(concern))
        except QwenCfgError as error:
            self.output.notice(f"qwen-cfg: it holds for this run only. {error}")
        else:
            words = shlex.join(["qwen-cfg", "trust", "revoke", str(concern.file)])
            self.output.notice(f"qwen-cfg: remembered. To take it back: {words}")


def concern_here(resolution: Resolution) -> Concern | None:
    """Return what is of concern in a resolution, with the real path of the file."""
    if resolution.decisions["api_key"].problem is not None:
        return None
    concern = concern_of(resolution, standing_of)
    return concern and replace(concern, file=Path(os.path.realpath(concern.file)))


def gate(args: argparse.Namespace, output: Output) -> Gate:
    """Return the gate for a command line."""
    is_open, key_is_typed = args.trust_project or trusts_all(), args.config is None and "api_key" in args.given
    return Gate(trust_store(), output, is_open, has_terminal(), shlex.join(trust_command(args)), key_is_typed)


def trust_command(args: argparse.Namespace) -> list[str]:
    """Return the command line that trusts what is of concern under the options of another one."""
    config = [] if args.config is None else ["--config", args.config]
    return ["qwen-cfg", "trust", *config, *repeated(args)]


def owners_allowed(*, all_of_them: bool) -> Allows:
    """Return which other users' env files may count."""
    if all_of_them or trusts_all():
        return lambda _path, _owner: True
    return lambda path, owner: trust_store().allows_owner(path, owner)


def trust_store() -> TrustStore:
    """Return what the user of this process trusts."""
    return TrustStore(users_state_directory())


def trusts_all() -> bool:
    """Tell whether the environment trusts the project; no file can say that."""
    return is_true(os.environ.get(TRUST_VARIABLE, ""))


def without_asked(diagnostics: tuple[Diagnostic, ...], resolution: Resolution) -> tuple[Diagnostic, ...]:
    """Return diagnostics without the one that the user is asked about, or has been."""
    return _without_split(diagnostics, resolution, lambda _: True)


def without_answered(diagnostics: tuple[Diagnostic, ...], resolution: Resolution) -> tuple[Diagnostic, ...]:
    """Return diagnostics without the one that the user has said yes to."""
    return _without_split(diagnostics, resolution, _is_answered)


def _without_split(
    diagnostics: tuple[Diagnostic, ...], resolution: Resolution, is_settled: Callable[[Concern], bool]
) -> tuple[Diagnostic, ...]:
    """Leave the split out where what is of concern is settled; git is asked only where there is one."""
    others = tuple(diagnostic for diagnostic in diagnostics if diagnostic.code != SPLIT_ORIGIN)
    concern = concern_here(resolution) if len(others) < len(diagnostics) else None
    return others if concern is not None and is_settled(concern) else diagnostics


def _is_answered(concern: Concern) -> bool:
    with suppress(QwenCfgError):
        return trusts_all() or trust_store().covers(concern)
    return False
