"""The fields of an artifact as typed settings, converted once for the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from qwen_schema import locate_path
from qwen_schema.qwen_oauth import METHOD
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import ResolvedConfig, Secret, SecretReference

T = TypeVar("T")


@record
class Settings:
    """An artifact with a typed attribute for each field that the runtime uses; times are in seconds.

    `base` is the start of the artifact's relative paths, `home` the directory of `~`. `ca_variables` are variables that
    are set and name certificate authorities for other programs only, for the message that a certificate is refused.
    """

    artifact: ResolvedConfig = field(repr=False)
    base: Path
    home: Path | None
    auth_method: str
    api_key: SecretReference
    base_url: str
    model: str
    proxy: str
    no_proxy: tuple[str, ...]
    ca_bundle: str
    timeout: float
    max_retries: int
    qwen_oauth_url: str
    usage_statistics: bool
    usage_statistics_endpoint: str
    ca_variables: tuple[str, ...] = ()
    proxy_login: Secret | None = field(default=None, repr=False)

    @property
    def uses_login(self) -> bool:
        """Whether requests are authenticated with a Qwen OAuth login instead of a key."""
        return self.auth_method == METHOD

    def origin(self, name: str) -> str:
        """Return the origin of a field's value as text."""
        return self.artifact.provenance[name].text

    def place(self, name: str) -> str:
        """Return a field's value with its origin, as a place for messages."""
        return f"{self.artifact.config[name]} ({name} from {self.origin(name)})"

    def locate(self, path: str) -> Path:
        """Return the file that a path of the artifact names."""
        return locate_path(path, base=self.base, home=self.home)


def settings_of(
    artifact: ResolvedConfig, *, base: Path, home: Path | None, ca_variables: tuple[str, ...] = ()
) -> Settings:
    """Return the settings of an artifact, which the schema has validated."""
    return Settings(
        artifact,
        base,
        home,
        auth_method=artifact.text("auth_method"),
        api_key=artifact.api_key,
        base_url=artifact.text("base_url"),
        model=artifact.text("model"),
        proxy=artifact.text("proxy"),
        no_proxy=cast("tuple[str, ...]", _value(artifact, "no_proxy", tuple)),
        ca_bundle=artifact.text("ca_bundle"),
        timeout=float(_value(artifact, "timeout", (int, float))),
        max_retries=_value(artifact, "max_retries", int),
        qwen_oauth_url=artifact.text("qwen_oauth_url"),
        usage_statistics=_value(artifact, "usage_statistics", bool),
        usage_statistics_endpoint=artifact.text("usage_statistics_endpoint"),
        ca_variables=ca_variables,
        proxy_login=artifact.proxy_login,
    )


def _value(artifact: ResolvedConfig, name: str, kind: type[T] | tuple[type[T], ...]) -> T:
    value = artifact.config[name]
    assert isinstance(value, kind)  # noqa: S101 - the schema was checked
    return value
