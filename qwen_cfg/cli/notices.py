"""Warnings on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.rules import FILE_HIDES
from qwen_cfg.rules.diagnostic import warning_text
from qwen_schema import declared_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.rules import Diagnostic
    from qwen_schema import ResolvedConfig, Secret

    from .output import Output

# A note to everybody else; news to the person who has just made the file that hides another.
_HIDDEN_FILES = ("QC103", FILE_HIDES)


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


def show_hidden_files(diagnostics: Iterable[Diagnostic], output: Output) -> None:
    """Show which env files are no longer read because of one that was just written."""
    for diagnostic in diagnostics:
        if diagnostic.code in _HIDDEN_FILES:
            output.notice(f"qwen-cfg: {diagnostic.finding.message} {diagnostic.finding.hint}")


def show_unwritten_login(resolution: Resolution, artifact: ResolvedConfig, output: Output) -> None:
    """Show that an artifact has a proxy without its login, and where a later command gets the login from."""
    if resolution.proxy_login is None or not artifact.config["proxy"]:
        return
    proxy = artifact.provenance["proxy"]
    if proxy.layer == "env-file":
        source = f"With --config, it is read from {proxy.origin}."
    else:
        variable = declared_fields()["proxy"].variables[0].name
        source = (
            f"With --config, there is no login. To use one, export {variable} with it, and leave {proxy.origin} out."
        )
    output.notice(f"qwen-cfg: the login in the proxy's URL is not written. {source}")
