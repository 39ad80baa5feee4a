"""The concern about an artifact that is given: it is a file of the project, whatever it says of its own origins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import (
    BadValue,
    EnvFileError,
    declared_fields,
    host_of,
    is_loopback,
    located,
    parse_value,
)
from qwen_schema.envfile import last_of_each, read_env_text, reader_of
from qwen_schema.pointers import kind_of_pointer

from .concern import Concern, host_shown, is_known_or_loopback, pointed_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Field, ResolvedConfig, SecretReference, Surroundings

    from .compiled import Stands
    from .concern import Credential

# The fields of an artifact that have a say in where requests go, or in who can read them on the way.
DECIDING = ("base_url", "proxy", "ca_bundle", "qwen_oauth_url", "usage_statistics_endpoint")


def concern_of_artifact(
    artifact: ResolvedConfig, file: Path, shown: str, here: Surroundings, standing: Stands
) -> Concern | None:
    """Return what the user has to be asked about before an artifact is used; None if nothing is.

    What the environment says too is the user's own word, and what the env file with the key says too came with the key:
    nobody else decided it. Nor did anybody where requests go to a known provider or this machine, or as they would by
    default. A key that is read from far away, or from the keyring, is asked about wherever it would go.
    """
    keys_file = _env_file_of(artifact.api_key, here)
    if keys_file is not None and not keys_file.exists():
        # Nothing can be sent, and the one who reads the key says why.
        return None
    vouching = (here.environ, {} if keys_file is None else _texts_beside_key(keys_file, artifact))
    foreign = {name for name in DECIDING if not _is_said(artifact, name, vouching)}
    if foreign or _is_far(artifact.api_key, keys_file, file, here):
        return _concern(artifact, file, shown, foreign, *_credential(artifact))
    came = keys_file is not None and not _is_said(artifact, "base_url", vouching[:1])
    if came and keys_file is not None and standing(keys_file) == "came with the project":
        return _concern(artifact, file, shown, {"base_url"}, "none", _PROMPTS)
    return None


def sends_unusual(artifact: ResolvedConfig) -> str | None:
    """Return the variable that an artifact takes the key from, where that is none that holds keys by its name."""
    variable = artifact.api_key.variable
    declared = {v.name for v in declared_fields()["api_key"].variables}
    if artifact.api_key.kind != "environment" or variable is None or variable in declared:
        return None
    return None if variable.upper().endswith(("API_KEY", "CI_KEY")) else variable


_PROMPTS = "All that you ask would go there: git tracks the file with the key, so that it came with the project."


def _concern(
    artifact: ResolvedConfig, file: Path, shown: str, foreign: set[str], credential: Credential, whose: str
) -> Concern:
    told = tuple((name, artifact.text(name)) for name in DECIDING if name in foreign or name == "base_url")
    told = (*pointed_at(artifact.api_key), *told)
    reference = "" if credential == "none" else str(artifact.api_key)
    return Concern(file, shown, told, host_shown(artifact.text("base_url")), credential, reference, whose)


def _is_far(reference: SecretReference, keys_file: Path | None, file: Path, here: Surroundings) -> bool:
    """Tell whether a key comes from the keyring, or from a file neither near the artifact nor the home's own."""
    if reference.kind == "keyring":
        return True
    if keys_file is None:
        return False
    real, base = Path(os.path.realpath(keys_file)), Path(os.path.realpath(here.base))
    # What a search from here could come to is near; a link that a project put there leads where it leads.
    searched = {place for d in (base, *base.parents) for place in (d / ".env", d / ".qwen" / ".env")}
    searched |= {Path(os.path.realpath(own)) for own in here.user_files}
    return real not in searched and not any(real.is_relative_to(directory) for directory in (file.parent, base))


def _is_said(artifact: ResolvedConfig, name: str, vouching: tuple[Mapping[str, str], ...]) -> bool:
    """Tell whether a value sends nothing to anybody new, or somebody else who may decide it says the very same."""
    value, field = artifact.text(name), declared_fields()[name]
    if value == field.default or (name == "base_url" and is_known_or_loopback(value)):
        return True
    if name == "ca_bundle" and is_loopback(host_of(artifact.text("base_url"))):
        # Nobody stands between this machine and itself.
        return True
    return any(_says(texts, field, value) for texts in vouching)


def _says(texts: Mapping[str, str], field: Field, value: str) -> bool:
    """Tell whether variables of a field, the first that has a text, give it this value."""
    text = next((texts[v.name] for v in field.variables if texts.get(v.name)), "")
    try:
        return bool(text) and parse_value(field, text) == value
    except BadValue:
        return False


def _env_file_of(reference: SecretReference, here: Surroundings) -> Path | None:
    if reference.kind != "env-file":
        return None
    return located(str(reference.path), base=here.base, home=here.home)


def _texts_beside_key(path: Path, artifact: ResolvedConfig) -> dict[str, str]:
    """Return what the env file with the key sets; nothing where it cannot be read, which is told of elsewhere.

    A file that only points to a key elsewhere does not have it, and a FIFO is left for who reads the key.
    """
    try:
        if path.is_fifo():
            return {}
        assignments = last_of_each(reader_of(artifact.dialect)(read_env_text(path, str(path))))
    except (OSError, EnvFileError):
        return {}
    texts = {name: assignment.value for name, assignment in assignments.items()}
    return {} if kind_of_pointer(texts.get(str(artifact.api_key.variable), "")) else texts


def _credential(artifact: ResolvedConfig) -> tuple[Credential, str]:
    reference = artifact.api_key
    if reference.kind == "oauth-cache":
        return "login", f"{str(reference)[0].upper()}{str(reference)[1:]} would go there, with all that you ask."
    if reference.kind == "literal":
        return "none", "All that you ask would go there, with the key that the artifact holds."
    return "key", f"Your API key ({reference}) would go there, with all that you ask."
