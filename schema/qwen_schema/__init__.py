"""The contract that the compiler and the runtime both hold: fields, artifact, env files and secrets."""

from .artifact import EnvFileUse, Excluded, Provenance, ResolvedConfig, SecretReference
from .codec import dump, form_of, load
from .errors import (
    ArtifactError,
    AuthenticationError,
    ConfigurationError,
    EnvFileError,
    ExitCode,
    OutputError,
    ProviderError,
    QwenCfgError,
    SecretReferenceError,
    UsageError,
)
from .fields import Field, Layer, Reach, Value, Variable, declared_fields, field_of_variable
from .formats import is_unicode
from .printable import printable, printable_lines, without_controls
from .profiles import DEFAULT_PROFILE, Profile, declared_profiles
from .references import Surroundings, follow, located
from .secret import Secret, hide_credentials, looks_like_key, mask, redact, redact_unknown
from .values import BadValue, is_recognised, parse_value, safe_text, show_value

__all__ = [
    "DEFAULT_PROFILE",
    "ArtifactError",
    "AuthenticationError",
    "BadValue",
    "ConfigurationError",
    "EnvFileError",
    "EnvFileUse",
    "Excluded",
    "ExitCode",
    "Field",
    "Layer",
    "OutputError",
    "Profile",
    "Provenance",
    "ProviderError",
    "QwenCfgError",
    "Reach",
    "ResolvedConfig",
    "Secret",
    "SecretReference",
    "SecretReferenceError",
    "Surroundings",
    "UsageError",
    "Value",
    "Variable",
    "declared_fields",
    "declared_profiles",
    "dump",
    "field_of_variable",
    "follow",
    "form_of",
    "hide_credentials",
    "is_recognised",
    "is_unicode",
    "load",
    "located",
    "looks_like_key",
    "mask",
    "parse_value",
    "printable",
    "printable_lines",
    "redact",
    "redact_unknown",
    "safe_text",
    "show_value",
    "without_controls",
]
