"""Every rule, in the order of the codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import completeness, files, hiding, places
from .diagnostic import Diagnostic, Rule

if TYPE_CHECKING:
    from qwen_cfg.resolution import Resolution

RULES = (
    Rule("QC101", "warning", "an empty variable hides a value", hiding.empty_hides),
    Rule("QC102", "warning", "the environment hides another value of the env file", hiding.environment_hides),
    Rule("QC103", "note", "a field is set in a file that was not reached", places.set_where_not_reached),
    Rule("QC105", "warning", "the dialects of env files differ for a variable in use", files.dialects_differ),
    Rule("QC106", "warning", "a place was skipped", places.skipped),
    Rule("QC107", "warning", "a project's file sets what only the user may set", files.needs_reach_user),
    Rule("QC108", "note", "there are two ways to authenticate", completeness.two_methods),
    Rule("QC109", "note", "settings of Qwen Code are not considered", places.settings_not_considered),
    Rule("QC110", "warning", "there is no home to look in", places.no_home),
    Rule("QC111", "note", "a text that is neither true nor false", completeness.unrecognised),
    Rule("QC201", "error", "a value is not valid", completeness.invalid),
    Rule("QC202", "error", "there is no API key", completeness.missing_key),
    Rule("QC203", "error", "the authentication method is undecided", completeness.undecided),
)

_ORDER = {"error": 0, "warning": 1, "note": 2}


def diagnose(resolution: Resolution, rules: tuple[Rule, ...] = RULES) -> tuple[Diagnostic, ...]:
    """Return what the rules say about a resolution, the gravest first."""
    found = [Diagnostic(rule.code, rule.severity, finding) for rule in rules for finding in rule.check(resolution)]
    return tuple(sorted(found, key=lambda diagnostic: _ORDER[diagnostic.severity]))
