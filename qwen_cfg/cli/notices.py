"""Warnings and notices that commands write to standard error."""

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

# Other commands treat these as notes, but a command that has just written a file reports which files it hides.
_UNREAD_FILES = ("QC103", FILE_HIDES)


def show_warnings(diagnostics: tuple[Diagnostic, ...], output: Output) -> None:
    """Show the warnings. Errors have a message of their own, and `--explain` shows the notes."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            output.notice(warning_text(diagnostic))


def show_unused_values(resolution: Resolution, texts: Mapping[str, str | Secret], output: Output) -> None:
    """Show which of the values that were just written, by field, are not used, and the values used instead."""
    for name, text in texts.items():
        winner = resolution.decisions[name].winner
        if winner is not None and winner.text != text:
            unset = f" To use the new value: unset {winner.origin.variable}" if winner.origin.source.is_exported else ""
            output.notice(f"qwen-cfg: {name}: {winner.origin} overrides the value that was written.{unset}")


def show_unread_files(diagnostics: Iterable[Diagnostic], output: Output) -> None:
    """Show which env files are no longer read because of a file that was just written."""
    for diagnostic in diagnostics:
        if diagnostic.code in _UNREAD_FILES:
            output.notice(f"qwen-cfg: {diagnostic.finding.message} {diagnostic.finding.hint}")


def show_omitted_login(resolution: Resolution, artifact: ResolvedConfig, output: Output) -> None:
    """Show that an artifact omits the login of its proxy, and the source that a later command takes it from."""
    if resolution.proxy_login is None or not artifact.config["proxy"]:
        return
    proxy = artifact.provenance["proxy"]
    if proxy.layer == "env-file":
        source = f"With --config, it is read from {proxy.origin}."
    else:
        variable = declared_fields()["proxy"].variables[0].name
        source = f"With --config, no login is used. To use one, export {variable} with it, and omit {proxy.origin}."
    output.notice(f"qwen-cfg: the login in the proxy's URL is not written. {source}")
