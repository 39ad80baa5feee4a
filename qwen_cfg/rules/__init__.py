"""The rules: checks with stable codes, each a pure function of a resolution."""

from .catalogue import RULES, diagnose
from .diagnostic import Diagnostic, Finding, Rule, Severity

__all__ = ["RULES", "Diagnostic", "Finding", "Rule", "Severity", "diagnose"]
