"""A conversation in a terminal: from a command line to the runtime's REPL, by way of a dialogue if need be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_cfg.homes import home_of
from qwen_cfg.rules import diagnose
from qwen_cfg.state import state_directory
from qwen_schema import ConfigurationError

from .amend import Amending
from .configured import configured, resolved
from .incomplete import IncompleteError, tell
from .inputs import asked, resolution_of
from .reconfigure import Recompiling
from .trusting import gate

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.resolution import Resolution
    from qwen_runtime import Change, Configured
    from qwen_runtime.repl.terminal import Terminal

    from .output import Output
    from .trusting import Gate


def converse(args: argparse.Namespace, output: Output) -> int:
    """Chat until the person leaves; with nothing configured, ask for that first."""
    from qwen_runtime.repl import start  # noqa: PLC0415 - the line editor is slow to import

    terminal, let_through = _terminal(output), gate(args, output)
    if args.config is not None:
        use = configured(args, output)
        reconfigure: Recompiling | Amending = Amending(use, args.config, let_through)
    else:
        use, reconfigure = _compiled(args, output, terminal, let_through)
    return start(use, output, terminal, reconfigure, lambda: _ask(reconfigure, terminal), system=args.system)


def _terminal(output: Output) -> Terminal:
    from qwen_runtime.repl.terminal import Terminal  # noqa: PLC0415

    state = state_directory(os.environ, home_of(os.environ).path)
    dumb = os.environ.get("TERM", "dumb") in ("", "dumb")
    return Terminal(dumb=dumb, color=output.wants_color, history=None if state is None else state / "history")


def _compiled(
    args: argparse.Namespace, output: Output, terminal: Terminal, let_through: Gate
) -> tuple[Configured, Recompiling]:
    request = asked(args)
    resolution = resolution_of(request, survey=False)
    reconfigure = Recompiling(request, resolution, let_through)
    if not _has_to_ask(resolution):
        return resolved(resolution, output, let_through), reconfigure
    return _first_use(resolution, reconfigure, output, terminal), reconfigure


def _has_to_ask(resolution: Resolution) -> bool:
    """Tell whether a key is missing, and nothing is wrong beside."""
    invalid = any(decision.problem for decision in resolution.decisions.values())
    return not invalid and (resolution.auth_method != "openai" or resolution.needs_api_key)


def _first_use(resolution: Resolution, reconfigure: Recompiling, output: Output, terminal: Terminal) -> Configured:
    """Ask for what is missing.

    Raises:
        ConfigurationError: if the person thinks better of it.
    """
    missing = _missing(resolution)
    tell(diagnose(resolution), output)
    output.notice(f"{missing.what}\n  {missing.hint}\n\nIt can be set up now. Ctrl-C leaves, and changes nothing.\n")
    change = _ask(reconfigure, terminal)
    if change is None:
        raise missing
    return reconfigure(change)


def _missing(resolution: Resolution) -> ConfigurationError:
    if not resolution.is_complete:
        return IncompleteError(diagnose(resolution))
    method = resolution.decisions["auth_method"].winner
    return ConfigurationError(
        "Qwen OAuth cannot be used by this version yet, and there is to be an API key",
        where=f"auth_method ({method.origin if method else 'nobody'})",
        hint="Set OPENAI_API_KEY, and use --auth-type openai.",
    )


def _ask(reconfigure: Recompiling | Amending, terminal: Terminal) -> Change | None:
    from qwen_runtime.dialogue import ask_settings  # noqa: PLC0415

    return ask_settings(reconfigure.settings(), dumb=terminal.dumb, color=terminal.color)
