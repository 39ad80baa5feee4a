"""The error that the diagnostics of an incomplete resolution are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_cfg.rules.diagnostic import diagnostic_data
from qwen_schema import ConfigurationError

if TYPE_CHECKING:
    from qwen_cfg.rules import Diagnostic


class IncompleteError(ConfigurationError):
    """A value is missing or not valid; `diagnostics` say which, where, and what to do. `also` is advice beside."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], also: str = "") -> None:
        self.diagnostics = diagnostics
        errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
        places = [f"{d.finding.path}:{d.finding.line}" for d in errors if d.finding.path]
        super().__init__(
            "; ".join(f"{d.code} {d.finding.message}" for d in errors),
            where=places[0] if places else "",
            hint=" ".join([*(d.finding.hint for d in errors), *([also] if also else [])]),
        )

    def more(self) -> dict[str, Any]:
        """Return the diagnostics as plain values."""
        return {"diagnostics": [diagnostic_data(diagnostic) for diagnostic in self.diagnostics]}
