"""The concern about an artifact that is given: it is a file of the project, whatever it says of its own origins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import (
    BadValue,
    EnvFileError,
    declared_fields,
    endpoint_of,
    host_of,
    is_loopback,
    located,
    parse_value,
)
from qwen_schema.envfile import last_of_each, read_env_text, reader_of
from qwen_schema.pointers import kind_of_pointer

from .concern import Concern, is_known_or_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from qwen_schema import Field, ResolvedConfig, SecretReference, Surroundings

    from .concern import Credential

# The fields of an artifact that have a say in where requests go, or in who can read them on the way.
_DECIDING = ("base_url", "proxy", "ca_bundle")


def concern_of_artifact(
    artifact: ResolvedConfig, file: Path, shown: str, here: Surroundings, is_tracked: Callable[[Path], bool]
) -> Concern | None:
    """Return what the user has to be asked about before an artifact is used; None if nothing is.

    What the environment says too is the user's own word, and what the env file with the key says too came with the key:
    nobody else decided it. Nor did anybody where requests go to a known provider or this machine, or as they would by
    default.
    """
    keys_file = _env_file_of(artifact.api_key, here)
    vouching = (here.environ, {} if keys_file is None else _texts_beside_key(keys_file, artifact))
    foreign = tuple((name, artifact.text(name)) for name in _DECIDING if not _is_said(artifact, name, vouching))
    if foreign:
        return Concern(file, shown, foreign, _host(artifact), *_credential(artifact))
    if keys_file is not None and not _is_said(artifact, "base_url", vouching[:1]) and is_tracked(keys_file):
        return Concern(file, shown, (("base_url", artifact.text("base_url")),), _host(artifact), "none", _PROMPTS)
    return None


_PROMPTS = "All that you ask would go there: the file with the key came with the project."


def _host(artifact: ResolvedConfig) -> str:
    return endpoint_of(artifact.text("base_url"))


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
