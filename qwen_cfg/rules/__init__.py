"""The rules: checks with stable codes, each a pure function of a resolution."""

from .catalogue import (
    ALL_RULES,
    EXCLUDED,
    FILE_HIDES,
    LEFT_OVER,
    OF_ALL_FIELDS,
    OTHER_INSTALLED,
    OTHER_PROFILE,
    RULES,
    SETTINGS_NOT_READ,
    SPLIT_ORIGIN,
    WARNINGS,
    diagnose,
    diagnose_profile,
    rules_for_check,
)
from .diagnostic import Diagnostic, Finding, Rule, Severity

__all__ = [
    "ALL_RULES",
    "EXCLUDED",
    "FILE_HIDES",
    "LEFT_OVER",
    "OF_ALL_FIELDS",
    "OTHER_INSTALLED",
    "OTHER_PROFILE",
    "RULES",
    "SETTINGS_NOT_READ",
    "SPLIT_ORIGIN",
    "WARNINGS",
    "Diagnostic",
    "Finding",
    "Rule",
    "Severity",
    "diagnose",
    "diagnose_profile",
    "rules_for_check",
]
