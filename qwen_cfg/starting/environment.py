"""The environment of a program that is started with a resolved config, without competing variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_schema import ResolvedConfig

    Text = str | Secret

# The fields that decide the endpoint and the key of requests. Variables of other fields are not changed.
DECIDING = ("auth_method", "api_key", "base_url", "model", "proxy", "no_proxy", "ca_bundle")

# The variable for additional certificate authorities in Node.js, which no field declares.
_NODE_AUTHORITIES = "NODE_EXTRA_CA_CERTS"


@record
class ChildEnvironment:
    """An environment, the variables that were set in it (`given`), and the names of the removed variables."""

    environ: Mapping[str, str] = field(repr=False)
    given: Mapping[str, Text]
    removed: tuple[str, ...]

    def with_variables(self, more: Mapping[str, str]) -> ChildEnvironment:
        """Return the environment with further variables."""
        removed = tuple(name for name in self.removed if name not in more)
        return ChildEnvironment({**self.environ, **more}, {**self.given, **more}, removed)


def usual_variable(name: str, method: str) -> str:
    """Return the variable that programs read for a field under an authentication method."""
    return next(v.name for v in declared_fields()[name].variables if v.means is None and v.is_read_under(method))


def child_environment(
    artifact: ResolvedConfig, key: Secret, environ: Mapping[str, str], *, ca_bundle: str = ""
) -> ChildEnvironment:
    """Return the environment with which a program uses an artifact and its key.

    `ca_bundle` is the path of the artifact's CA bundle on this machine.
    """
    given = dict(_set_variables(artifact, key, ca_bundle))
    if _NODE_AUTHORITIES in environ:
        given.pop(_NODE_AUTHORITIES, None)
    declared = [v.name for name in DECIDING for v in declared_fields()[name].variables]
    removed = tuple(name for name in declared if name in environ and name not in given)
    kept = {name: text for name, text in environ.items() if name not in declared}
    revealed = {name: text.reveal() if isinstance(text, Secret) else text for name, text in given.items()}
    return ChildEnvironment({**kept, **revealed}, given, removed)


def _set_variables(artifact: ResolvedConfig, key: Secret, ca_bundle: str) -> Iterator[tuple[str, Text]]:
    method = artifact.text("auth_method")
    yield usual_variable("api_key", method), key
    for name in ("base_url", "model"):
        yield usual_variable(name, method), artifact.text(name)
    proxy = _with_login(artifact)
    if proxy:
        # Programs differ in which of these they read.
        for variable in declared_fields()["proxy"].variables:
            yield variable.name, proxy
    exceptions = artifact.config["no_proxy"]
    if isinstance(exceptions, tuple) and exceptions:
        for variable in declared_fields()["no_proxy"].variables:
            yield variable.name, ",".join(exceptions)
    if ca_bundle:
        for variable in declared_fields()["ca_bundle"].variables:
            yield variable.name, ca_bundle
        yield _NODE_AUTHORITIES, ca_bundle


def _with_login(artifact: ResolvedConfig) -> Text:
    url, login = artifact.text("proxy"), artifact.proxy_login
    if not url or login is None:
        return url
    scheme, mark, rest = url.partition("://")
    return Secret(f"{scheme}{mark}{login.reveal()}@{rest}")
