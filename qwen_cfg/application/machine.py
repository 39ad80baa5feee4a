"""Settings of the machine: no artifact has them, and a run with one takes them from the environment and the home."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import BadValue, ConfigurationError, EnvFileError, Provenance, declared_fields, parse_value
from qwen_schema.envfile import last_of_each, read_env_text, reader_of

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
    values: dict[str, Value] = {}
    origins: dict[str, Provenance] = {}
    for name, declared in declared_fields().items():
        if declared.machine and not is_said_for_all(artifact.provenance[name]):
            found = _said(declared, here)
            if found is not None:
                values[name], origins[name] = found
    return replace(artifact, config={**artifact.config, **values}, provenance={**artifact.provenance, **origins})


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


def _said(declared: Field, here: Surroundings) -> tuple[Value, Provenance] | None:
    for place, texts in _sources(here):
        variable = next((v.name for v in declared.variables if texts.get(v.name)), None)
        if variable is None:
            continue
        layer: LayerName = "environment" if place == _ENVIRONMENT else "env-file"
        try:
            value = parse_value(declared, texts[variable])
        except BadValue as problem:
            what = f"{variable} is not valid: {problem.wrong}"
            hint = f"Right would be {problem.expected}." if problem.expected else ""
            raise ConfigurationError(what, where=place, hint=hint) from None
        if declared.schema.get("format") == "file-path" and not str(value).startswith("~/"):
            # It is typed in the working directory, and not in that of the artifact.
            value = os.path.normpath(Path.cwd() / str(value))
        return value, Provenance(layer, variable if layer == "environment" else place, "user", variable)
    return None


def _sources(here: Surroundings) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the environment, and then each env file of the user's own that can be read. A pipe is not emptied."""
    yield _ENVIRONMENT, here.environ
    for path in here.user_files:
        if path.is_file():
            with suppress(OSError, EnvFileError):
                assignments = last_of_each(reader_of(here.dialect)(read_env_text(path, str(path))))
                yield str(path), {name: one.value for name, one in assignments.items()}
