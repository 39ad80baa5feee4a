"""Every rule, in the order of the codes. A new rule also needs a page in `pages.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qwen_schema
from qwen_schema import UsageError, redact_known
from qwen_schema.records import replace

from . import (
    completeness,
    endpoint,
    exposure,
    files,
    hiding,
    keys,
    leftovers,
    names,
    places,
    profiles,
    route,
    settings,
    trust,
    unread,
)
from .diagnostic import Case, CaseRule, Diagnostic, Finding, Rule

if TYPE_CHECKING:
    from qwen_cfg.core.chosen_profile import ChosenProfile
    from qwen_cfg.core.other_profiles import ProfileComparison
    from qwen_cfg.core.resolution import Resolution

# Rules whose findings a screen shows in separate sections.
FILE_HIDES = "QC104"
SETTINGS_NOT_READ = "QC109"
OTHER_PROFILE = "QC112"
EXCLUDED = "QC113"

# Extra characters around a value, which `set` looks for too.
LEFT_OVER = "QC134"
OTHER_INSTALLED = "QC120"
# Rules about every field.
OF_ALL_FIELDS = (SETTINGS_NOT_READ, OTHER_INSTALLED)
# The rule whose finding `run` asks about.
SPLIT_ORIGIN = "QC301"
# The rule about data that Qwen Code itself would send; it applies under every profile.
USERS_VARIABLE = "QC302"

RULES = (
    Rule("QC101", "warning", "an empty variable hides a value", hiding.empty_hides),
    Rule("QC102", "warning", "the environment overrides another value in the env file", hiding.environment_hides),
    Rule("QC103", "note", "a field is set in a file that was not reached", places.unreached_fields),
    Rule(FILE_HIDES, "note", "the env file found hides another env file", places.file_hides),
    Rule("QC105", "warning", "two dialects of env files read a variable in use differently", files.dialects_differ),
    Rule("QC106", "warning", "a path is not an env file and was skipped", places.skipped_places),
    Rule("QC107", "warning", "a project's file sets a field that only the user may set", files.needs_reach_user),
    Rule("QC108", "note", "there are two ways to authenticate", completeness.two_methods),
    CaseRule(SETTINGS_NOT_READ, "warning", "Qwen Code's settings files are not read", settings.unread_settings),
    Rule("QC110", "warning", "the home directory cannot be searched", places.no_home),
    Rule("QC111", "note", "a switch is neither true nor false", completeness.unknown_switch_value),
    CaseRule(
        OTHER_PROFILE,
        "note",
        "another version of Qwen Code resolves this tree differently",
        profiles.resolves_differently,
    ),
    Rule(EXCLUDED, "note", "a variable is excluded", files.excluded_variables),
    Rule("QC114", "warning", "an unknown variable has a name similar to a known one", names.unknown_variable),
    Rule("QC115", "warning", "an env file sets a variable twice", files.double_assignment),
    Rule("QC116", "warning", "the API key does not look like a key", keys.doubtful_key),
    Rule("QC117", "warning", "the API key belongs to another provider", keys.foreign_key),
    Rule("QC118", "warning", "the path of the base URL looks wrong", endpoint.doubtful_path),
    Rule("QC119", "note", "an env file of other programs sets variables of this program", files.beside_others),
    CaseRule(OTHER_INSTALLED, "warning", "another version of Qwen Code is installed", profiles.other_is_installed),
    Rule("QC121", "warning", "a settings file of the project is invalid", settings.broken_workspace),
    Rule("QC122", "warning", "Qwen Code does not trust the folder", settings.folder_not_trusted),
    Rule("QC123", "warning", "Qwen OAuth is discontinued", settings.discontinued_login),
    Rule("QC124", "warning", "the provider entry's endpoint gets another key", settings.key_of_another_place),
    Rule("QC125", "warning", "settings change the request", settings.changes_requests),
    Rule("QC126", "warning", "a provider in the settings is ignored", settings.ignored_providers),
    Rule("QC127", "warning", "a line of an env file sets nothing", unread.no_assignment),
    Rule("QC128", "warning", "an entry of NO_PROXY matches no host", route.matches_nothing),
    Rule("QC129", "warning", "the base URL only looks like this machine", route.looks_like_this_machine),
    Rule("QC130", "warning", "a scope replaces a whole object of a lower scope", settings.replaced_objects),
    Rule("QC131", "warning", "a variable in the settings is not replaced", settings.unreplaced_variables),
    Rule("QC132", "warning", "a value in env of the settings sets no variable", settings.odd_variables),
    Rule("QC133", "warning", "the proxy is invalid, and not used", route.unused_proxy),
    Rule(LEFT_OVER, "warning", "extra characters around a value", leftovers.extra_characters),
    Rule("QC201", "error", "a value is invalid", completeness.invalid_value),
    Rule("QC202", "error", "there is no API key", completeness.missing_key),
    Rule("QC203", "error", "the authentication method is not set", completeness.missing_method),
    Rule("QC204", "error", "Qwen Code would not start", settings.stops),
    Rule(SPLIT_ORIGIN, "warning", "a project's file sets the endpoint for the user's key", trust.splits_origin),
    CaseRule(
        USERS_VARIABLE, "warning", "a project's settings use a variable of the user", settings.uses_variable_of_user
    ),
    Rule("QC303", "warning", "other users can read an env file with a key", exposure.readable_by_others),
    Rule("QC304", "warning", "git tracks an env file with a key, or could add it", exposure.unprotected_from_git),
    Rule("QC305", "warning", "the API key is sent unencrypted", endpoint.unencrypted_key),
)

# The rules whose findings are always shown, not only with `--explain`.
WARNINGS = tuple(rule for rule in RULES if rule.severity == "warning")

ALL_RULES = "all"

_ORDER = {"error": 0, "warning": 1, "note": 2}


def diagnose(
    resolution: Resolution,
    rules: tuple[Rule, ...] = RULES,
    *,
    other_profiles: tuple[ProfileComparison, ...] | None = None,
    chosen_profile: ChosenProfile | None = None,
) -> tuple[Diagnostic, ...]:
    """Return the findings of the rules about a resolution, the most severe first.

    `other_profiles` has the results of the other profiles if they are already known. `chosen_profile` is the profile
    in use and its reason, for the rules about it.
    """
    case = Case(resolution, other_profiles, chosen_profile)
    found = [Diagnostic(rule.code, rule.severity, _redact(f)) for rule in rules for f in rule.findings(case)]
    return tuple(sorted(found, key=lambda d: (_ORDER[d.severity], d.code not in OF_ALL_FIELDS)))


def _redact(finding: Finding) -> Finding:
    """Return a finding without secrets: a key may be in the place of a name."""
    return replace(finding, message=str(redact_known(finding.message)), hint=str(redact_known(finding.hint)))


def diagnose_profile(chosen_profile: ChosenProfile) -> tuple[Diagnostic, ...]:
    """Return the findings about a profile, for which no resolution is needed."""
    found = profiles.installed_differs(chosen_profile)
    return tuple(Diagnostic(OTHER_INSTALLED, "warning", finding) for finding in found)


def rules_for_check(select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules that `check` applies: the selected rules, or all warnings, without the ignored rules.

    Raises:
        UsageError: if a code is unknown.
    """
    known = {rule.code for rule in RULES}
    codes_known = sorted(known)
    for option, codes in (("--select", select), ("--ignore", ignore)):
        unknown = [code for code in codes if code not in known and code != ALL_RULES]
        if unknown:
            more = f", and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            near = qwen_schema.did_you_mean(unknown[0], codes_known)
            raise UsageError(
                f"unknown rule {qwen_schema.show_word(unknown[0])}{more}",
                where=option,
                hint=f"{near}The codes are {', '.join(codes_known)}, and {ALL_RULES}.",
            )
    wanted = known if ALL_RULES in select else set(select)
    dropped = known if ALL_RULES in ignore else set(ignore)
    chosen = tuple(rule for rule in RULES if rule.code in wanted) if select else WARNINGS
    return tuple(rule for rule in chosen if rule.code not in dropped)
