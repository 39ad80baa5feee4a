"""The error for an incomplete resolution, with its diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_cfg.rules.diagnostic import diagnostic_data
from qwen_schema import ConfigurationError

if TYPE_CHECKING:
    from qwen_cfg.rules import Diagnostic


class IncompleteError(ConfigurationError):
    """A value is missing or not valid. `diagnostics` have the field, place and fix; `also` is a further hint."""

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
