"""The environment of a program that is started with a resolved config: competing variables are removed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields
from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_schema import ResolvedConfig

    Text = str | Secret

# The fields that decide where a request goes and with which key; variables of the others are left as they are.
DECIDING = ("auth_method", "api_key", "base_url", "model", "proxy", "no_proxy", "ca_bundle")

# What names further certificate authorities to Node.js, which no field declares.
_NODE_AUTHORITIES = "NODE_EXTRA_CA_CERTS"


@record
class ChildEnvironment:
    """An environment, with the variables that were set in it, and the names of those that were removed from it."""

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
    """Return the environment of a program that is to use an artifact with its key.

    `ca_bundle` is the path of the artifact's CA bundle on this machine.
    """
    given = dict(_given(artifact, key, ca_bundle))
    if _NODE_AUTHORITIES in environ:
        given.pop(_NODE_AUTHORITIES, None)
    declared = [v.name for name in DECIDING for v in declared_fields()[name].variables]
    removed = tuple(name for name in declared if name in environ and name not in given)
    kept = {name: text for name, text in environ.items() if name not in declared}
    revealed = {name: text.reveal() if isinstance(text, Secret) else text for name, text in given.items()}
    return ChildEnvironment({**kept, **revealed}, given, removed)


def _given(artifact: ResolvedConfig, key: Secret, ca_bundle: str) -> Iterator[tuple[str, Text]]:
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
