"""From a request to a config for a Python program, through the trust gate; the user is not asked."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from qwen_cfg.rules.diagnostic import warning_text
from qwen_cfg.trust.gate import Gate
from qwen_schema import NotTrustedError, declared_fields, locate_path
from qwen_schema.qwen_oauth import METHOD

from .compilation import compilation_of, trust_store
from .config_file import config_file
from .loaded_config import Config
from .ready import fetch_key, key_of, trusted_artifact, trusted_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_schema import ResolvedConfig, Secret, Surroundings

    from .request import Request

# The answer to questions that `run` would ask: no; yes if there is a saved approval; or yes.
Trust = Literal["deny", "known", "allow"]
TRUST: tuple[Trust, ...] = ("deny", "known", "allow")


def load_here(request: Request, trust: Trust) -> Config:
    """Return the config that a request resolves to.

    Raises:
        IncompleteError: if a value is missing or not valid.
        NotTrustedError: if a project's file sets the endpoint for the key, and it is not trusted.
        SecretReferenceError: if a pointer does not lead to a key.
    """
    notices: list[str] = []
    # No telemetry is recorded for a caller from Python.
    compilation, gate = compilation_of(request, of_artifact=True), _gate(request, trust, notices)
    with _advice_for_programs(request, trust):
        artifact = trusted_artifact(compilation, gate)
    found = compilation.without_trust_questions(compilation.warnings)
    warnings = [warning_text(diagnostic) for diagnostic in found if diagnostic.severity == "warning"]
    here = compilation.surroundings
    key = None if artifact.text("auth_method") == METHOD else key_of(compilation, here, gate)
    return _config(artifact, key, here, request, [*warnings, *notices])


def load_artifact(request: Request, trust: Trust) -> Config:
    """Return the config of the artifact that a request names.

    Raises:
        ArtifactError: if the file is not an artifact.
        NotTrustedError: if the artifact names a command for its key, or sets the endpoint and is not trusted.
        ConfigurationError: if its key cannot be read.
    """
    notices: list[str] = []
    file, gate = config_file(request), _gate(request, trust, notices)
    with _advice_for_programs(request, trust):
        artifact = trusted_file(file, gate)
    here = file.surroundings
    key = None if artifact.text("auth_method") == METHOD else fetch_key(artifact, here, gate)
    return _config(
        artifact,
        key,
        here,
        request,
        [*([file.unusual_variable_notice] if file.unusual_variable_notice else []), *notices],
    )


def _gate(request: Request, trust: Trust, notices: list[str]) -> Gate:
    """Return the gate for a caller. Under `deny`, earlier approvals do not count."""
    is_open = trust == "allow" or (trust == "known" and request.trusts_project)
    return Gate(
        trust_store(request.process),
        lambda notice: notices.append(notice.removeprefix("qwen-cfg: ")),
        is_open=is_open,
    )


@contextmanager
def _advice_for_programs(request: Request, trust: Trust) -> Iterator[None]:
    """Replace the hint of an error of the trust gate by one for a program, which has no options and no user to ask."""
    try:
        yield
    except NotTrustedError as error:
        command = shlex.join(["qwen-cfg", "trust", *request.as_words()])
        then = '; then: load(trust="known")' if trust == "deny" else ""
        # An approval is saved only for a key that a later run can find.
        approval = "" if "api_key" in request.flags else f"To approve, once: {command}{then}. "
        allowed = 'To decide in the program: load(trust="allow"). Nothing was sent.'
        raise error.copy(hint=f"{approval}{allowed}") from None


def _config(
    artifact: ResolvedConfig, key: Secret | None, here: Surroundings, request: Request, warnings: list[str]
) -> Config:
    bundle = artifact.text("ca_bundle")
    values: dict[str, Any] = {name: artifact.config[name] for name in declared_fields()}
    values["timeout"] = float(values["timeout"])
    values["api_key"] = key
    values["ca_bundle"] = locate_path(bundle, base=here.base, home=here.home) if bundle else None
    return Config(
        **values,
        profile=artifact.profile,
        origins=MappingProxyType(dict(artifact.provenance)),
        warnings=tuple(warnings),
        proxy_login=artifact.proxy_login,
        _artifact=artifact,
        _request=request,
    )
