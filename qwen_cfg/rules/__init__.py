"""The rules: checks with stable codes, each a pure function of a resolution."""

from .catalogue import (
    ALL_RULES,
    EXCLUDED,
    FILE_HIDES,
    LEFT_OVER,
    OF_ALL_FIELDS,
    OTHER_GENERATION,
    OTHER_INSTALLED,
    RULES,
    SETTINGS_NOT_READ,
    SPLIT_ORIGIN,
    WARNINGS,
    diagnose,
    diagnose_generation,
    rules_for_check,
)
from .diagnostic import Diagnostic, Finding, Rule, Severity

__all__ = [
    "ALL_RULES",
    "EXCLUDED",
    "FILE_HIDES",
    "LEFT_OVER",
    "OF_ALL_FIELDS",
    "OTHER_GENERATION",
    "OTHER_INSTALLED",
    "RULES",
    "SETTINGS_NOT_READ",
    "SPLIT_ORIGIN",
    "WARNINGS",
    "Diagnostic",
    "Finding",
    "Rule",
    "Severity",
    "diagnose",
    "diagnose_generation",
    "rules_for_check",
]
