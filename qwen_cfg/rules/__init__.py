"""The rules: checks with stable codes, each a pure function of a resolution."""

from .catalogue import (
    ALL_RULES,
    EXCLUDED,
    FILE_HIDES,
    OTHER_GENERATION,
    RULES,
    SPLIT_ORIGIN,
    WARNINGS,
    diagnose,
    rules_for_check,
)
from .diagnostic import Diagnostic, Finding, Rule, Severity

__all__ = [
    "ALL_RULES",
    "EXCLUDED",
    "FILE_HIDES",
    "OTHER_GENERATION",
    "RULES",
    "SPLIT_ORIGIN",
    "WARNINGS",
    "Diagnostic",
    "Finding",
    "Rule",
    "Severity",
    "diagnose",
    "rules_for_check",
]
