"""Settings of the machine: no artifact has them, and a run with one takes them from the environment and the home."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qwen_schema import (
    BadValue,
    ConfigurationError,
    EnvFileError,
    Provenance,
    Secret,
    declared_fields,
    locate_path,
    parse_value,
)
from qwen_schema.envfile import file_values
from qwen_schema.proxy import is_direct, split_login
from qwen_schema.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qwen_schema import Field, LayerName, ResolvedConfig, Surroundings, Value

_ENVIRONMENT = "environment"


def with_machine(artifact: ResolvedConfig, here: Surroundings) -> ResolvedConfig:
    """Return an artifact with what the environment, or else the user's own env files, say of settings of the machine.

    What a flag or the project said is in the artifact, and stays.

    Raises:
        ConfigurationError: if what they say is not valid.
    """
    for name, declared in declared_fields().items():
        if not declared.machine or name == "proxy" or is_said_for_all(artifact.provenance[name]):
            continue
        found = _said(declared, here)
        if found is not None:
            artifact = _with_value(artifact, name, *found[:2])
    return _with_proxy(artifact, here)


def _with_proxy(artifact: ResolvedConfig, here: Surroundings) -> ResolvedConfig:
    """Return an artifact with the proxy of this machine, or with the login of the one that it has.

    A proxy that is not valid is one only where requests would go through it.
    """
    provenance, declared = artifact.provenance["proxy"], declared_fields()["proxy"]
    if is_said_for_all(provenance):
        return replace(artifact, proxy_login=_login_beside(artifact, provenance, here))
    try:
        found = _said(declared, here)
    except ConfigurationError:
        if is_direct(artifact.text("base_url"), cast("tuple[str, ...]", artifact.config["no_proxy"])):
            return artifact
        raise
    if found is None:
        return artifact
    value, origin, text = found
    login = split_login(text)[1]
    return replace(_with_value(artifact, "proxy", value, origin), proxy_login=Secret(login) if login else None)


def _login_beside(artifact: ResolvedConfig, provenance: Provenance, here: Surroundings) -> Secret | None:
    """Return the login in the proxy's URL where the artifact found it, if that still names the artifact's proxy.

    It goes to the proxy beside which it stands, and to no other.
    """
    if provenance.layer != "env-file":
        return None
    shown = provenance.origin.rpartition(":")[0]
    texts = _texts_at(str(locate_path(shown, base=here.base, home=here.home)), here)
    url, login = split_login(texts.get(provenance.variable or "", ""))
    return Secret(login) if login and url == artifact.text("proxy") else None


def _with_value(artifact: ResolvedConfig, name: str, value: Value, provenance: Provenance) -> ResolvedConfig:
    config, origins = {**artifact.config, name: value}, {**artifact.provenance, name: provenance}
    return replace(artifact, config=config, provenance=origins)


def is_said_for_all(provenance: Provenance) -> bool:
    """Tell whether a flag, a file that a flag names or a project's file gave a value: it holds on every machine."""
    return provenance.layer not in ("default", "environment")


def machine_texts(here: Surroundings) -> Mapping[str, str]:
    """Return the variables of settings of the machine, as the environment or else the user's env files have them."""
    names = {v.name for declared in declared_fields().values() if declared.machine for v in declared.variables}
    found: dict[str, str] = {}
    for _, texts in _sources(here):
        found = {**{name: text for name, text in texts.items() if name in names}, **found}
    return found


def _said(declared: Field, here: Surroundings) -> tuple[Value, Provenance, str] | None:
    """Return the value of a field, its origin and its text, as the environment or the user's env files have it."""
    for place, texts in _sources(here):
        variable = next((v.name for v in declared.variables if texts.get(v.name)), None)
        if variable is None:
            continue
        layer: LayerName = "environment" if place == _ENVIRONMENT else "env-file"
        try:
            value = parse_value(declared, texts[variable])
        except BadValue as problem:
            what = f"{variable} is not valid: {problem.wrong}"
            hint = f"Expected {problem.expected}." if problem.expected else ""
            raise ConfigurationError(what, where=place, hint=hint) from None
        if declared.schema.get("format") == "file-path" and not str(value).startswith("~/"):
            # It is typed in the working directory, and not in that of the artifact.
            value = os.path.normpath(Path.cwd() / str(value))
        return (
            value,
            Provenance(layer, variable if layer == "environment" else place, "user", variable),
            texts[variable],
        )
    return None


def _sources(here: Surroundings) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the environment, and then each env file of the user's own that can be read. A pipe is not emptied."""
    yield _ENVIRONMENT, here.environ
    for path in here.user_files:
        yield str(path), _texts_at(str(path), here)


def _texts_at(path: str, here: Surroundings) -> Mapping[str, str]:
    """Return the variables of an env file, or of the environment for no path; nothing of a file that cannot be read."""
    if not path:
        return here.environ
    with suppress(OSError, EnvFileError):
        if Path(path).is_file():
            return file_values(Path(path), path, here.dialect)
    return {}
