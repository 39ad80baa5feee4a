"""The concern about an artifact from a file: the artifact counts as a project's file, whatever origins it names."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import (
    BadValue,
    ConfigurationError,
    EnvFileError,
    declared_fields,
    host_of,
    is_loopback,
    locate_path,
    look_up,
    parse_value,
    reference_of_pointer,
)
from qwen_schema.envfile import file_values
from qwen_schema.qwen_oauth import is_declared_api
from qwen_schema.records import replace
from qwen_schema.references import real_place

from .concern import Concern, display_host, pointer_setting, prompts_sentence
from .key_sources import key_sources_of_reference
from .known_hosts import is_known_or_loopback
from .user_pointer import is_named_by_user
from .user_settings import OWN_KEY, do_users_settings_send, variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import ResolvedConfig, SecretReference, Surroundings

    from .concern import Credential
    from .resolution_concern import FindsProvenance

# The fields of an artifact that affect the destination of requests, or their readers on the network.
DECIDING = tuple(name for name, field in declared_fields().items() if field.decides_route)


def concern_of_artifact(
    artifact: ResolvedConfig, file: Path, shown: str, here: Surroundings, file_provenance: FindsProvenance
) -> Concern | None:
    """Return the concern that needs an approval before an artifact is used; None if there is none.

    A value of the artifact needs no approval if one of these holds:

    * The environment sets the same value, or the user's settings set this endpoint for the same key.
    * The env file with the key sets the same value. This does not apply to a project's file that a search from here
      would not find, to a field that the file may not set, or to the endpoint of another method. If the file comes from
      another person (`file_provenance`), the concern is about the prompts.
    * It is the default, or requests go to a known provider or this machine.

    A key from a remote place, or from an entry of the keyring that the user does not name, always needs an approval.
    """
    keys_file = _env_file_of(artifact.api_key, here)
    if keys_file is not None and not os.path.exists(keys_file):  # noqa: PTH110 - Path.exists fails for too long a name
        # Nothing can be sent, and the code that reads the key reports why.
        return None
    is_users = keys_file is not None and real_place(keys_file) in map(real_place, here.user_files)
    key_sources = key_sources_of_reference(artifact.api_key, here.base, here.home)
    texts = {} if keys_file is None else _without_other_endpoints(_texts_of(keys_file, artifact), artifact)
    pointer = reference_of_pointer(texts.get(str(artifact.api_key.variable), "")) or _pointer_in_settings(
        artifact.api_key, here
    )
    if pointer is not None:
        # A file with a pointer does not contain the key.
        texts, artifact = {}, artifact if is_users else _with_reference(artifact, pointer)
    open_fields = {name for name in DECIDING if not _needs_no_approval(artifact, name, here.environ)}
    if "base_url" in open_fields and do_users_settings_send(artifact, here):
        open_fields.remove("base_url")
    searched = None if keys_file is None else _search_path(keys_file, here)
    may_set = {name for name in open_fields if is_users or (searched and declared_fields()[name].reach == "project")}
    set_by_file = {name for name in may_set if _sets(texts, name, artifact.text(name))}
    if open_fields != set_by_file or _is_remote(artifact.api_key, keys_file, file, here):
        concern = _concern(artifact, file, shown, open_fields - set_by_file, *_credential(artifact))
        return replace(concern, key_sources=key_sources)
    provenance = file_provenance(searched) if searched is not None and set_by_file and not is_users else "unknown"
    sentence = prompts_sentence(provenance, str(artifact.api_key.path)) if provenance != "unknown" else ""
    return _concern(artifact, file, shown, set_by_file, "none", sentence) if sentence else None


def sends_unusual(artifact: ResolvedConfig) -> str | None:
    """Return the artifact's key variable, if its name is not a name for API keys."""
    reference = artifact.api_key
    if reference.kind not in ("environment", "env-file", "settings") or reference.pointer_in_file == OWN_KEY:
        return None
    variable = variable_of(reference) or reference.pointer_in_file or ""
    declared = {v.name for v in declared_fields()["api_key"].variables}
    return None if variable in declared or variable.upper().endswith(("API_KEY", "CI_KEY")) else variable


def _concern(
    artifact: ResolvedConfig, file: Path, shown: str, foreign: set[str], credential: Credential, whose: str
) -> Concern:
    settings = tuple((name, artifact.text(name)) for name in DECIDING if name in foreign or name == "base_url")
    decided = tuple(name for name, _ in settings)
    settings = (*pointer_setting(artifact.api_key), *settings)
    reference = "" if credential == "none" else str(artifact.api_key)
    host = display_host(artifact.text("base_url"))
    return Concern(file, shown, settings, host, credential, reference, whose, decided=decided)


def _is_remote(reference: SecretReference, keys_file: Path | None, file: Path, here: Surroundings) -> bool:
    """Return whether a key comes from a remote place: the keyring, or a file neither near here nor the user's own.

    An entry of the keyring that the user names, too, is not remote.
    """
    if reference.kind == "keyring":
        return not is_named_by_user(reference, here)
    if reference.kind == "settings":
        is_for_keys = reference.pointer_in_file == OWN_KEY or variable_of(reference) is not None
        path = locate_path(str(reference.path), base=here.base, home=here.home)
        return not is_for_keys or not _is_settings_file(path, here)
    if keys_file is None:
        return False
    real, base = Path(os.path.realpath(keys_file)), Path(os.path.realpath(here.base))
    # A file that a search from here could find is near. A link counts as its target.
    searched = {*_places(base), *(Path(os.path.realpath(own)) for own in here.user_files)}
    return real not in searched and not any(real.is_relative_to(directory) for directory in (file.parent, base))


def _is_settings_file(path: Path, here: Surroundings) -> bool:
    """Return whether a path is a settings file of Qwen Code here: the user's, the system's or the project's.

    The path of the project's settings file may not contain a link, whose target the project chooses.
    """
    if real_place(path) in map(real_place, here.user_settings):
        return True
    return os.path.realpath(path) == os.path.join(os.path.realpath(here.base), ".qwen", "settings.json")  # noqa: PTH118


def _pointer_in_settings(reference: SecretReference, here: Surroundings) -> SecretReference | None:
    """Return the pointer to a key at a reference in a project's settings file; None if there is none."""
    path = locate_path(str(reference.path), base=here.base, home=here.home)
    if reference.kind != "settings" or real_place(path) in map(real_place, here.user_settings):
        return None
    with suppress(ConfigurationError, ValueError):
        return reference_of_pointer(look_up(reference, here).reveal())
    return None


def _search_path(keys_file: Path, here: Surroundings) -> Path | None:
    """Return the path where a search from here would find a file; None if the search would not find it."""
    there = real_place(keys_file)
    return next((p for p in _places(Path(os.path.realpath(here.base))) if real_place(p) == there), None)


def _places(base: Path) -> tuple[Path, ...]:
    """Return the possible paths of env files in a directory and in all directories above it."""
    return tuple(place for d in (base, *base.parents) for place in (d / ".env", d / ".qwen" / ".env"))


def _needs_no_approval(artifact: ResolvedConfig, name: str, environ: Mapping[str, str]) -> bool:
    """Return whether a value needs no approval: it adds no new recipient, or the environment sets it, too."""
    value = artifact.text(name)
    is_known = is_declared_api if artifact.api_key.kind == "oauth-cache" else is_known_or_loopback
    if value == declared_fields()[name].default or (name == "base_url" and is_known(value)):
        return True
    if name == "ca_bundle" and is_loopback(host_of(artifact.text("base_url"))):
        # Requests to this machine do not cross a network.
        return True
    return _sets(environ, name, value)


def _sets(texts: Mapping[str, str], name: str, value: str) -> bool:
    """Return whether the first variable of a field that is set, not empty, has this value."""
    field = declared_fields()[name]
    text = next((texts[v.name] for v in field.variables if texts.get(v.name)), "")
    try:
        return bool(text) and parse_value(field, text) == value
    except BadValue:
        return False


def _env_file_of(reference: SecretReference, here: Surroundings) -> Path | None:
    if reference.kind != "env-file":
        return None
    return locate_path(str(reference.path), base=here.base, home=here.home)


def _texts_of(path: Path, artifact: ResolvedConfig) -> dict[str, str]:
    """Return the variables in the env file with the key; empty if it cannot be read, which is reported elsewhere.

    A FIFO is not read: its content is needed to read the key.
    """
    try:
        return {} if path.is_fifo() else file_values(path, str(path), artifact.dialect)
    except (OSError, EnvFileError):
        return {}


def _without_other_endpoints(texts: dict[str, str], artifact: ResolvedConfig) -> dict[str, str]:
    """Return the variables of an env file without the endpoints of other methods than that of the artifact and its key.

    `init` and `set` ask only about the endpoint of the same method when they write a key.
    """
    key, method = artifact.api_key.variable, artifact.text("auth_method")
    is_of_method = all(v.is_read_under(method) for v in declared_fields()["api_key"].variables if v.name == key)
    others = {v.name for v in declared_fields()["base_url"].variables if not (is_of_method and v.is_read_under(method))}
    return {name: text for name, text in texts.items() if name not in others}


def _with_reference(artifact: ResolvedConfig, reference: SecretReference) -> ResolvedConfig:
    return replace(artifact, config={**artifact.config, "api_key": reference})


def _credential(artifact: ResolvedConfig) -> tuple[Credential, str]:
    reference = artifact.api_key
    if reference.kind == "oauth-cache":
        return "login", f"{str(reference)[0].upper()}{str(reference)[1:]} would be sent there along with your prompts."
    if reference.kind == "literal":
        return "none", "Your prompts would be sent there, along with the key in the artifact."
    return "key", f"Your API key ({reference}) would be sent there along with your prompts."
