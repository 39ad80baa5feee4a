"""The rules: checks with stable codes, each a pure function of a resolution."""

from .catalogue import OTHER_GENERATION, RULES, diagnose, rules_for_check
from .diagnostic import Diagnostic, Finding, Rule, Severity

__all__ = [
    "OTHER_GENERATION",
    "RULES",
    "Diagnostic",
    "Finding",
    "Rule",
    "Severity",
    "diagnose",
    "rules_for_check",
]
