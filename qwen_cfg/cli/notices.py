"""Warnings on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.rules.diagnostic import warning_text

if TYPE_CHECKING:
    from qwen_cfg.rules import Diagnostic

    from .output import Output


def show_warnings(diagnostics: tuple[Diagnostic, ...], output: Output) -> None:
    """Show what a person should know whether or not anything failed; notes are for `--explain`."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            output.notice(warning_text(diagnostic))
