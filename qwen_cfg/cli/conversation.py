"""A conversation in a terminal: from a command line to the runtime's REPL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_cfg.reading import home_of
from qwen_cfg.state import state_directory

from .configured import configured

if TYPE_CHECKING:
    import argparse

    from .output import Output


def converse(args: argparse.Namespace, output: Output) -> int:
    """Chat until the person leaves."""
    from qwen_runtime.repl import start  # noqa: PLC0415 - the line editor is slow to import
    from qwen_runtime.repl.terminal import Terminal  # noqa: PLC0415

    state = state_directory(os.environ, home_of(os.environ).path)
    terminal = Terminal(
        dumb=os.environ.get("TERM", "dumb") == "dumb",
        color=output.wants_color,
        history=None if state is None else state / "history",
    )
    use = configured(args, output)

    def reconfigure(change):  # type: ignore
        raise NotImplementedError

    return start(use, output, terminal, reconfigure, lambda: None, system=args.system)
