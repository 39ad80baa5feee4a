"""The questions at the terminal before something risky is done."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import trust_store
from qwen_cfg.trust.gate import Gate

from .prompt import has_terminal
from .yes_or_no import confirm

if TYPE_CHECKING:
    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_cfg.trust import Concern
    from qwen_cfg.writing.gitignore import Accept


def gate_of(request: Request, output: Output) -> Gate:
    """Return the trust gate for a request. It asks if there is a terminal."""

    def ask(concern: Concern) -> bool:
        first, *further = concern.lines
        output.notice(f"qwen-cfg: {first}", *further, "")
        return confirm(f"Trust {concern.place.partition(' ')[0]} to decide this? [y/N] ")

    return Gate(
        trust_store(request.process),
        output.notice,
        ask if has_terminal() else None,
        request.trusts_project,
        shlex.join(trust_command(request)),
        request.config is None and "api_key" in request.flags,
    )


def accept_of(output: Output) -> Accept | None:
    """Return the function that asks whether to write a key into a file that git does not ignore.

    Without a terminal, return None.
    """

    def ask(reason: str) -> bool:
        output.notice(f"qwen-cfg: {reason}", "")
        return confirm("Write the key there anyway? [y/N] ")

    return ask if has_terminal() else None


def trust_command(request: Request) -> list[str]:
    """Return the command line that trusts the files that a request is about."""
    return ["qwen-cfg", "trust", *request.as_words()]
