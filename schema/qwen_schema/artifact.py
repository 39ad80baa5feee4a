"""The artifact: the resolved config as data, and as a document of plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from . import patterns as re
from .errors import ArtifactError
from .fast_validation import is_conforming_artifact
from .fields import LayerName, Reach, Value, declared_fields, immutable
from .origins import origin_text
from .pointers import program_of
from .printable import shorten
from .profiles import declared_profiles
from .records import field, record, replace
from .secret import REDACTED, Secret, looks_like_key, redact_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .envfile import Dialect

FORMAT = 1

# The origin of a value in a file: FILE:LINE or FILE:LINE NAME.
_IN_FILE = re.compile(r"((?:~|\.\.?)?/.*?):[0-9]+(?: .*)?", re.DOTALL)

ChosenBy = Literal["search", "flag", "none"]
ReferenceKind = Literal["environment", "env-file", "settings", "flag", "oauth-cache", "literal", "keyring", "command"]


@record
class SecretReference:
    """The artifact's reference to a secret; only `literal`, which the user requests, contains the secret."""

    kind: ReferenceKind
    path: str | None = None
    variable: str | None = None
    flag: str | None = None
    value: Secret | None = field(default=None, repr=False)
    service: str | None = None
    name: str | None = None
    command: str | None = None
    pointer_in_file: str | None = None

    @property
    def pointer(self) -> str | None:
        """The pointer to the same place, for the kinds that have a pointer."""
        match self.kind:
            case "keyring":
                return f"keyring:{self.service}/{self.name}"
            case "command":
                return f"command:{self.command}"
        return None

    def __str__(self) -> str:
        match self.kind:
            case "environment":
                return f"the variable {self.variable}"
            case "env-file":
                return f"{self.variable} in {self.path}"
            case "settings":
                return f"{self.pointer_in_file} in {self.path}"
            case "flag":
                # "/auth" is a command of a session.
                is_command = str(self.flag).startswith(("/", "qwen-cfg "))
                return f"the key typed at {self.flag}" if is_command else f"the flag {self.flag}"
            case "oauth-cache":
                return f"the Qwen OAuth login in {self.path}"
            case "literal":
                return "the artifact itself"
            case "keyring":
                return f"{self.name} in the keyring's {self.service}"
            case "command":
                # The rest of the command line may contain private text.
                return f"the output of `{program_of(self.command or '')}`"


@record
class Provenance:
    """The origin of a field's value."""

    layer: LayerName
    origin: str
    reach: Reach
    variable: str | None = None

    @property
    def text(self) -> str:
        """The origin as text."""
        return origin_text(self.layer, self.origin, self.variable)


@record
class EnvFileUse:
    """The env files that were read, in order of precedence, and the reason for the choice."""

    chosen_by: ChosenBy
    paths: tuple[str, ...] = ()


@record
class SettingsUse:
    """A settings file of Qwen Code that was read, and its scope."""

    scope: str
    path: str


@record
class Excluded:
    """A variable in the env file that the file may not set."""

    variable: str
    origin: str


@record
class ResolvedConfig:
    """The compiler's output and the runtime's only input.

    `proxy_login` is not part of the document: it is the proxy's login, read from the source of the proxy's URL.
    """

    profile: str
    dialect: Dialect
    config: Mapping[str, Value | SecretReference]
    provenance: Mapping[str, Provenance]
    env_file: EnvFileUse
    excluded: tuple[Excluded, ...]
    settings: tuple[SettingsUse, ...] = ()
    proxy_login: Secret | None = field(default=None, repr=False, compare=False)

    def text(self, name: str) -> str:
        """Return the value of a field whose type is a string."""
        value = self.config[name]
        assert isinstance(value, str)  # noqa: S101 - the schema requires it
        return value

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the values: env files, settings files, and files that only the origins of values name."""
        named = [*self.env_file.paths, *(use.path for use in self.settings)]
        origins = [p.origin for p in self.provenance.values()]
        others = [origin for origin in origins if not any(origin.startswith(f"{file}:") for file in named)]
        return tuple(dict.fromkeys([*named, *(found[1] for found in map(_IN_FILE.fullmatch, others) if found)]))

    @property
    def api_key(self) -> SecretReference:
        """The reference to the credential."""
        return cast("SecretReference", self.config["api_key"])


def without_secrets(artifact: ResolvedConfig) -> ResolvedConfig:
    """Return the artifact without an inlined key, for display."""
    if artifact.api_key.kind != "literal":
        return artifact
    hidden = SecretReference("literal", value=Secret(REDACTED))
    return replace(artifact, config={**artifact.config, "api_key": hidden})


def to_document(artifact: ResolvedConfig) -> dict[str, Any]:
    """Return the artifact as a document of plain values, in the order of the file."""
    settings = [{"scope": use.scope, "path": use.path} for use in artifact.settings]
    return {
        "format": FORMAT,
        "profile": artifact.profile,
        "dialect": artifact.dialect,
        "config": {name: _plain(value) for name, value in artifact.config.items()},
        "provenance": {
            name: _set_entries(layer=p.layer, origin=p.origin, variable=p.variable, reach=p.reach)
            for name, p in artifact.provenance.items()
        },
        **({"settings": settings} if settings else {}),
        # Required keys come last, so that a truncated artifact is invalid.
        "env_file": {"paths": list(artifact.env_file.paths), "chosen_by": artifact.env_file.chosen_by},
        "excluded": [{"variable": e.variable, "origin": e.origin} for e in artifact.excluded],
    }


def from_document(document: Mapping[str, Any], *, where: str = "") -> ResolvedConfig:
    """Return the artifact in a document.

    Raises:
        ArtifactError: if it does not satisfy `resolved.schema.json`; the error names the place and the reason.
    """
    validate_document(document, where=where)
    return ResolvedConfig(
        profile=document["profile"],
        dialect=document["dialect"],
        config={name: _value(name, document["config"][name]) for name in declared_fields()},
        provenance={name: Provenance(**document["provenance"][name]) for name in declared_fields()},
        env_file=EnvFileUse(document["env_file"]["chosen_by"], tuple(document["env_file"]["paths"])),
        excluded=tuple(Excluded(**entry) for entry in document["excluded"]),
        settings=tuple(SettingsUse(**entry) for entry in document.get("settings", ())),
    )


def validate_document(document: Mapping[str, Any], *, where: str = "") -> None:
    """Check that a document is an artifact.

    Raises:
        ArtifactError: if it is not; the error names the place and the reason.
    """
    _check_format(document, where)
    if not is_conforming_artifact(document):
        _explain_refusal(document, where)
    _require_no_key(document, where)
    profile = declared_profiles().get(document["profile"])
    if profile is None:
        raise _refusal("profile", "the profile is unknown", f"one of {', '.join(declared_profiles())}", where)
    if document["config"].get("auth_method") not in (None, *profile.methods):
        expected = f"one of {', '.join(profile.methods)}"
        raise _refusal("config.auth_method", "the profile does not have this method", expected, where)
    for part in ("config", "provenance"):
        missing = [name for name in declared_fields() if name not in document[part]]
        unknown = [name for name in document[part] if name not in declared_fields()]
        if missing or unknown:
            wrong = f"missing: {', '.join(missing)}" if missing else f"unknown: {', '.join(unknown)}"
            raise _refusal(part, wrong, "every field once", where)


def _explain_refusal(document: Mapping[str, Any], where: str) -> None:
    """Raise the error of a document that violates the schema; return if jsonschema accepts the document."""
    from .validate import Invalid, check_document  # noqa: PLC0415 - jsonschema is slow to import

    try:
        check_document("resolved", document)
    except Invalid as invalid:
        raise _refusal(invalid.place, invalid.wrong, invalid.expected, where) from None


def _require_no_key(document: Mapping[str, Any], where: str) -> None:
    """Raise an error if a value other than the API key itself looks like a key."""
    for name, value in document["config"].items():
        if any(looks_like_key(text) for text in _texts(value)):
            raise ArtifactError(
                f"invalid artifact: config.{name} contains an API key",
                where=where,
                hint="Remove the key, or regenerate the artifact: qwen-cfg resolve -o FILE",
            )


def _texts(value: object) -> list[str]:
    """Return the strings of a plain value that may not contain a key; only `value` in a table may contain one."""
    match value:
        case str():
            return [value]
        case list():
            return value
        case dict():
            return [text for part, text in value.items() if part in ("service", "name", "command", "pointer")]
    return []


def _check_format(document: Mapping[str, Any], where: str) -> None:
    version = document.get("format")
    if isinstance(version, int) and not isinstance(version, bool) and version != FORMAT:
        raise ArtifactError(
            f"format: this artifact has format {version}, and this qwen-cfg reads format {FORMAT}",
            where=where,
            hint="Regenerate it with this version: qwen-cfg resolve -o FILE",
        )


def _refusal(place: str, wrong: str, expected: str, where: str) -> ArtifactError:
    reason = shorten(redact_unknown(f"{place}: {wrong}" if place else wrong))
    right = f"Expected {expected}. " if expected else ""
    return ArtifactError(
        f"invalid artifact: {reason}", where=where, hint=f"{right}Regenerate it: qwen-cfg resolve -o FILE"
    )


def _plain(value: Value | SecretReference) -> object:
    if isinstance(value, SecretReference):
        secret = value.value.reveal() if value.value is not None else None
        return _set_entries(
            **{"from": value.kind},
            path=value.path,
            variable=value.variable,
            flag=value.flag,
            value=secret,
            service=value.service,
            name=value.name,
            command=value.command,
            pointer=value.pointer_in_file,
        )
    return list(value) if isinstance(value, tuple) else value


def _value(name: str, plain: Any) -> Value | SecretReference:
    field = declared_fields()[name]
    if not field.secret:
        kinds: dict[str, Callable[[Any], Value]] = {"number": float, "integer": int}
        return kinds.get(field.schema["type"], immutable)(plain)
    parts = {part: text for part, text in plain.items() if part not in ("from", "value", "pointer")}
    secret = Secret(plain["value"]) if "value" in plain else None
    return SecretReference(plain["from"], value=secret, pointer_in_file=plain.get("pointer"), **parts)


def _set_entries(**entries: object) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value is not None}
