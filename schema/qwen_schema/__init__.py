"""The contract between the compiler and the runtime: fields, artifact, env files and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Loaded at once, since the module has the name of one of its functions.
from .printable import printable, printable_lines, without_controls

if TYPE_CHECKING:
    from .artifact import (
        EnvFileUse,
        Excluded,
        Provenance,
        ResolvedConfig,
        SecretReference,
        SettingsUse,
        to_document,
        without_secrets,
    )
    from .codec import dump, form_of, load
    from .errors import (
        ArtifactError,
        AuthenticationError,
        ConfigurationError,
        ContextTooLongError,
        CutOffError,
        EnvFileError,
        ExitCode,
        InterruptedByPersonError,
        NoCompletionError,
        NotFoundError,
        NotTrustedError,
        OutputError,
        ProviderError,
        QuotaError,
        QwenCfgError,
        RateLimitError,
        RequestRefusedError,
        SecretReferenceError,
        SettingsError,
        TerminatedError,
        UnreachableError,
        UsageError,
        unexpected_error,
    )
    from .fields import Field, LayerName, Reach, Value, Variable, declared_fields, field_of_variable
    from .formats import is_unicode
    from .hosts import address_of, endpoint_of, host_of, is_loopback, port_of
    from .log_commands import WithoutCommands, without_commands, without_commands_within
    from .pointers import kind_of_pointer
    from .profiles import DEFAULT_PROFILE, Profile, declared_profiles, other_profiles
    from .providers import Provider, declared_providers, provider_of
    from .references import Surroundings, follow, locate_path, look_up, reference_of_pointer
    from .secret import (
        Secret,
        StreamRedactor,
        Verbatim,
        hide_credentials,
        is_secret_name,
        looks_like_key,
        mask,
        redact,
        redact_known,
        redact_unknown,
    )
    from .suggestions import did_you_mean, did_you_mean_field, nearest, show_word
    from .terms import STATISTICS_HOLD, STATISTICS_NEVER_HOLD, THIS_PROGRAM, Practice, Terms, practice_of, terms_of
    from .values import BadValue, is_recognised, is_true, parse_value, safe_text, show_value

# The modules of the other names. Each is loaded when one of its names is used, so that a command starts fast.
_NAMES = {
    "artifact": (
        "EnvFileUse",
        "Excluded",
        "Provenance",
        "ResolvedConfig",
        "SecretReference",
        "SettingsUse",
        "to_document",
        "without_secrets",
    ),
    "codec": (
        "dump",
        "form_of",
        "load",
    ),
    "errors": (
        "ArtifactError",
        "AuthenticationError",
        "ConfigurationError",
        "ContextTooLongError",
        "CutOffError",
        "EnvFileError",
        "ExitCode",
        "InterruptedByPersonError",
        "NoCompletionError",
        "NotFoundError",
        "NotTrustedError",
        "OutputError",
        "ProviderError",
        "QuotaError",
        "QwenCfgError",
        "RateLimitError",
        "RequestRefusedError",
        "SecretReferenceError",
        "SettingsError",
        "TerminatedError",
        "UnreachableError",
        "UsageError",
        "unexpected_error",
    ),
    "fields": (
        "Field",
        "LayerName",
        "Reach",
        "Value",
        "Variable",
        "declared_fields",
        "field_of_variable",
    ),
    "formats": ("is_unicode",),
    "hosts": (
        "address_of",
        "endpoint_of",
        "host_of",
        "is_loopback",
        "port_of",
    ),
    "log_commands": (
        "WithoutCommands",
        "without_commands",
        "without_commands_within",
    ),
    "pointers": ("kind_of_pointer",),
    "profiles": (
        "DEFAULT_PROFILE",
        "Profile",
        "declared_profiles",
        "other_profiles",
    ),
    "providers": (
        "Provider",
        "declared_providers",
        "provider_of",
    ),
    "references": (
        "Surroundings",
        "follow",
        "locate_path",
        "look_up",
        "reference_of_pointer",
    ),
    "secret": (
        "StreamRedactor",
        "Secret",
        "Verbatim",
        "hide_credentials",
        "is_secret_name",
        "looks_like_key",
        "mask",
        "redact",
        "redact_known",
        "redact_unknown",
    ),
    "suggestions": (
        "did_you_mean",
        "did_you_mean_field",
        "nearest",
        "show_word",
    ),
    "terms": (
        "STATISTICS_HOLD",
        "STATISTICS_NEVER_HOLD",
        "THIS_PROGRAM",
        "Practice",
        "Terms",
        "practice_of",
        "terms_of",
    ),
    "values": (
        "BadValue",
        "is_recognised",
        "is_true",
        "parse_value",
        "safe_text",
        "show_value",
    ),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "DEFAULT_PROFILE",
    "STATISTICS_HOLD",
    "STATISTICS_NEVER_HOLD",
    "THIS_PROGRAM",
    "ArtifactError",
    "AuthenticationError",
    "BadValue",
    "ConfigurationError",
    "ContextTooLongError",
    "CutOffError",
    "EnvFileError",
    "EnvFileUse",
    "Excluded",
    "ExitCode",
    "Field",
    "InterruptedByPersonError",
    "LayerName",
    "NoCompletionError",
    "NotFoundError",
    "NotTrustedError",
    "OutputError",
    "Practice",
    "Profile",
    "Provenance",
    "Provider",
    "ProviderError",
    "QuotaError",
    "QwenCfgError",
    "RateLimitError",
    "Reach",
    "RequestRefusedError",
    "ResolvedConfig",
    "Secret",
    "SecretReference",
    "SecretReferenceError",
    "SettingsError",
    "SettingsUse",
    "StreamRedactor",
    "Surroundings",
    "TerminatedError",
    "Terms",
    "UnreachableError",
    "UsageError",
    "Value",
    "Variable",
    "Verbatim",
    "WithoutCommands",
    "address_of",
    "declared_fields",
    "declared_profiles",
    "declared_providers",
    "did_you_mean",
    "did_you_mean_field",
    "dump",
    "endpoint_of",
    "field_of_variable",
    "follow",
    "form_of",
    "hide_credentials",
    "host_of",
    "is_loopback",
    "is_recognised",
    "is_secret_name",
    "is_true",
    "is_unicode",
    "kind_of_pointer",
    "load",
    "locate_path",
    "look_up",
    "looks_like_key",
    "mask",
    "nearest",
    "other_profiles",
    "parse_value",
    "port_of",
    "practice_of",
    "printable",
    "printable_lines",
    "provider_of",
    "redact",
    "redact_known",
    "redact_unknown",
    "reference_of_pointer",
    "safe_text",
    "show_value",
    "show_word",
    "terms_of",
    "to_document",
    "unexpected_error",
    "without_commands",
    "without_commands_within",
    "without_controls",
    "without_secrets",
]


def __getattr__(name: str) -> object:
    """Load a name when it is used for the first time."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value
