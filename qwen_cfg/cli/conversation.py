"""A conversation in a terminal: from a command line to the runtime's REPL, by way of a dialogue if need be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_cfg.application.amend import Amending
from qwen_cfg.application.change import Recompiling
from qwen_cfg.application.incomplete import IncompleteError, tell
from qwen_cfg.application.login import NoLoginError, log_in_at_terminal, terminal_of
from qwen_cfg.application.ready import configured, given, of_resolution, placed_here, resolved
from qwen_cfg.application.request import asked, resolution_of
from qwen_cfg.rules import diagnose
from qwen_cfg.trust.gate import gate

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.login import LoginPlace
    from qwen_cfg.resolution import Resolution
    from qwen_cfg.trust.gate import Gate
    from qwen_runtime import Change, ReadyConfig
    from qwen_runtime.repl.terminal import Terminal

    from .output import Output


def converse(args: argparse.Namespace, output: Output) -> int:
    """Chat until the person leaves; with nothing configured, ask for that first."""
    from qwen_runtime.repl import start  # noqa: PLC0415 - the line editor is slow to import

    person = _Person(output, terminal_of(output), browser=not args.no_browser)
    let_through = gate(args, output)
    if args.config is not None:
        use = _given(args, person)
        reconfigure: Recompiling | Amending = Amending(use, args.config, let_through)
    else:
        use, reconfigure = _compiled(args, person, let_through)
    return start(use, output, person.terminal, reconfigure, lambda: person.ask(reconfigure), system=args.system)


@dataclass(frozen=True)
class _Person:
    """Whoever sits at the terminal, and is asked what nobody else knows."""

    output: Output
    terminal: Terminal
    browser: bool

    def ask(self, reconfigure: Recompiling | Amending) -> Change | None:
        """Ask how to authenticate, and let the person log in if that is the way; None if they think better of it.

        Raises:
            QwenCfgError: if no login comes of it.
        """
        from qwen_runtime.dialogue import ask_settings  # noqa: PLC0415

        change = ask_settings(reconfigure.defaults(), dumb=self.terminal.dumb, color=self.terminal.color)
        if change is not None and change.log_in:
            self.log_in(reconfigure.place_of_login())
        return change

    def log_in(self, place: LoginPlace) -> None:
        """Let the person log in.

        Raises:
            QwenCfgError: if no login comes of it.
        """
        log_in_at_terminal(place, self.output, self.terminal, browser=self.browser)


def _given(args: argparse.Namespace, person: _Person) -> ReadyConfig:
    """Return the artifact that --config names with its credential; a login that is missing is made first."""
    try:
        return configured(args, person.output)
    except NoLoginError as error:
        person.output.notice(str(error), "")
        person.log_in(placed_here(given(args)))
        return configured(args, person.output)


def _compiled(args: argparse.Namespace, person: _Person, let_through: Gate) -> tuple[ReadyConfig, Recompiling]:
    request = asked(args)
    resolution = resolution_of(request, survey=False)
    reconfigure = Recompiling(request, resolution, let_through)
    if _has_to_ask(resolution):
        return _first_use(resolution, reconfigure, person), reconfigure
    try:
        return resolved(resolution, person.output, let_through), reconfigure
    except NoLoginError as error:
        person.output.notice(str(error), "")
        person.log_in(reconfigure.place_of_login())
        return of_resolution(resolution, let_through), reconfigure


def _has_to_ask(resolution: Resolution) -> bool:
    """Tell whether the method or a key is missing, and nothing is wrong beside."""
    invalid = any(decision.problem for decision in resolution.decisions.values())
    return not invalid and (resolution.auth_method is None or resolution.needs_api_key)


def _first_use(resolution: Resolution, reconfigure: Recompiling, person: _Person) -> ReadyConfig:
    """Ask for what is missing.

    Raises:
        ConfigurationError: if the person thinks better of it.
    """
    missing = IncompleteError(diagnose(resolution))
    tell(diagnose(resolution), person.output)
    person.output.notice(missing.what, f"  {missing.hint}", "")
    person.output.notice("It can be set up now. Ctrl-C leaves, and changes nothing.", "")
    change = person.ask(reconfigure)
    if change is None:
        raise missing
    return reconfigure(change)
