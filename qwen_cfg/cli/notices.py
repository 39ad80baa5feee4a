"""Warnings on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.rules.diagnostic import warning_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.rules import Diagnostic
    from qwen_schema import Secret

    from .output import Output


def show_warnings(diagnostics: tuple[Diagnostic, ...], output: Output) -> None:
    """Show what a person should know whether or not anything failed; notes are for `--explain`."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            output.notice(warning_text(diagnostic))


def show_hidden(resolution: Resolution, texts: Mapping[str, str | Secret], output: Output) -> None:
    """Show which of the texts that were just written, by field, are not used, and what is used instead."""
    for name, text in texts.items():
        winner = resolution.decisions[name].winner
        if winner is not None and winner.text != text:
            unset = (
                f" To use what was written: unset {winner.origin.variable}" if winner.origin.source.is_exported else ""
            )
            output.notice(f"qwen-cfg: {name}: {winner.origin} is used, and not what was written.{unset}")
