"""What the diagnostics of a resolution are on the command line: an error, if it is incomplete, and warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_cfg.rules.diagnostic import diagnostic_data
from qwen_schema import ConfigurationError

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output
    from qwen_cfg.rules import Diagnostic


class IncompleteError(ConfigurationError):
    """A value is missing or not valid; `diagnostics` say which, where, and what to do."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
        places = [f"{d.finding.path}:{d.finding.line}" for d in errors if d.finding.path]
        super().__init__(
            "; ".join(f"{d.code} {d.finding.message}" for d in errors),
            where=places[0] if places else "",
            hint=" ".join(d.finding.hint for d in errors),
        )

    def more(self) -> dict[str, Any]:
        """Return the diagnostics as plain values."""
        return {"diagnostics": [diagnostic_data(diagnostic) for diagnostic in self.diagnostics]}


def tell(diagnostics: tuple[Diagnostic, ...], output: Output) -> None:
    """Say on standard error what a person should know whether or not anything failed; notes are for `--explain`."""
    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            output.notice(f"{diagnostic.code} warning: {diagnostic.finding.message} {diagnostic.finding.hint}".rstrip())
