"""From a request to a config for a Python program: behind the trust gate, with nobody who could be asked."""

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
from .ready import fetched_key, key_of, trusted_artifact, trusted_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_schema import ResolvedConfig, Secret, Surroundings

    from .request import Request

# What is done about what `run` would ask the user: refuse it, refuse what has no saved approval, or allow it.
Trust = Literal["deny", "known", "allow"]
TRUST: tuple[Trust, ...] = ("deny", "known", "allow")


def load_here(request: Request, trust: Trust) -> Config:
    """Return what a request resolves to.

    Raises:
        IncompleteError: if a value is missing or not valid.
        NotTrustedError: if a project's file decides where the key goes, and that is not trusted.
        SecretReferenceError: if there is no key where a pointer leads.
    """
    notices: list[str] = []
    # Nobody is told of what a library's caller uses.
    compilation, gate = compilation_of(request, of_artifact=True), _gate(request, trust, notices)
    with _advice_for_programs(request, trust):
        artifact = trusted_artifact(compilation, gate)
    found = compilation.without_asked(compilation.warnings)
    warnings = [warning_text(diagnostic) for diagnostic in found if diagnostic.severity == "warning"]
    here = compilation.surroundings
    key = None if artifact.text("auth_method") == METHOD else key_of(compilation, here, gate)
    return _config(artifact, key, here, request, [*warnings, *notices])


def load_artifact(request: Request, trust: Trust) -> Config:
    """Return what the artifact that a request names says.

    Raises:
        ArtifactError: if the file is no artifact.
        NotTrustedError: if the artifact names a command for its key, or decides where that goes and is not trusted.
        ConfigurationError: if its key cannot be read.
    """
    notices: list[str] = []
    file, gate = config_file(request), _gate(request, trust, notices)
    with _advice_for_programs(request, trust):
        artifact = trusted_file(file, gate)
    here = file.surroundings
    key = None if artifact.text("auth_method") == METHOD else fetched_key(artifact, here, gate)
    return _config(artifact, key, here, request, [*([file.unusual] if file.unusual else []), *notices])


def _gate(request: Request, trust: Trust, notices: list[str]) -> Gate:
    """Return the gate for a caller: under `deny` nothing that the user has ever approved counts."""
    is_open = trust == "allow" or (trust == "known" and request.trusts_project)
    return Gate(
        trust_store(request.process),
        lambda notice: notices.append(notice.removeprefix("qwen-cfg: ")),
        is_open=is_open,
    )


@contextmanager
def _advice_for_programs(request: Request, trust: Trust) -> Iterator[None]:
    """Give an error of the trust gate the advice for a program: it has no options, and nobody who could be asked."""
    try:
        yield
    except NotTrustedError as error:
        command = shlex.join(["qwen-cfg", "trust", *request.as_words()])
        then = '; then: load(trust="known")' if trust == "deny" else ""
        # An approval is for a key that is found again.
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
