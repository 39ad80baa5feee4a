"""Settings of the machine, which an artifact does not contain; a run reads them from the environment and the home."""

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
    """Return an artifact with the settings of the machine, from the environment or else the user's own env files.

    Values from a flag or the project are in the artifact, and stay.

    Raises:
        ConfigurationError: if a setting of the machine is not valid.
    """
    for name, declared in declared_fields().items():
        if not declared.machine or name == "proxy" or is_same_on_every_machine(artifact.provenance[name]):
            continue
        found = _machine_value(declared, here)
        if found is not None:
            artifact = _with_value(artifact, name, *found[:2])
    return _with_proxy(artifact, here)


def _with_proxy(artifact: ResolvedConfig, here: Surroundings) -> ResolvedConfig:
    """Return an artifact with the proxy of this machine, or with the login of the artifact's own proxy.

    An invalid proxy is an error only if requests would use it.
    """
    provenance, declared = artifact.provenance["proxy"], declared_fields()["proxy"]
    if is_same_on_every_machine(provenance):
        return replace(artifact, proxy_login=_proxy_login(artifact, provenance, here))
    try:
        found = _machine_value(declared, here)
    except ConfigurationError:
        if is_direct(artifact.text("base_url"), cast("tuple[str, ...]", artifact.config["no_proxy"])):
            return artifact
        raise
    if found is None:
        return artifact
    value, origin, text = found
    login = split_login(text)[1]
    return replace(_with_value(artifact, "proxy", value, origin), proxy_login=Secret(login) if login else None)


def _proxy_login(artifact: ResolvedConfig, provenance: Provenance, here: Surroundings) -> Secret | None:
    """Return the login in the proxy's URL at its origin, if the URL is still the artifact's proxy; else None.

    A login is sent only to the proxy in whose URL it is.
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


def is_same_on_every_machine(provenance: Provenance) -> bool:
    """Return whether a value comes from a flag or an env file, so that it applies on every machine."""
    return provenance.layer not in ("default", "environment")


def machine_texts(here: Surroundings) -> Mapping[str, str]:
    """Return the variables of the settings of the machine, from the environment or else the user's env files."""
    names = {v.name for declared in declared_fields().values() if declared.machine for v in declared.variables}
    found: dict[str, str] = {}
    for _, texts in _sources(here):
        found = {**{name: text for name, text in texts.items() if name in names}, **found}
    return found


def _machine_value(declared: Field, here: Surroundings) -> tuple[Value, Provenance, str] | None:
    """Return the value of a field, its origin and its text, from the environment or the user's env files; else None."""
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
            # The path is relative to the working directory, not to the artifact's directory.
            value = os.path.normpath(Path.cwd() / str(value))
        return (
            value,
            Provenance(layer, variable if layer == "environment" else place, "user", variable),
            texts[variable],
        )
    return None


def _sources(here: Surroundings) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the places and variables of the environment and of the user's own env files; pipes are not read."""
    yield _ENVIRONMENT, here.environ
    for path in here.user_files:
        yield str(path), _texts_at(str(path), here)


def _texts_at(path: str, here: Surroundings) -> Mapping[str, str]:
    """Return the variables of an env file; of the environment if `path` is empty; none if the file cannot be read."""
    if not path:
        return here.environ
    with suppress(OSError, EnvFileError):
        if Path(path).is_file():
            return file_values(Path(path), path, here.dialect)
    return {}
