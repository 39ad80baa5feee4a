"""The concern about a resolution: a project's file sets the endpoint for the user's data."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_cfg.core.artifact import key_reference
from qwen_schema import kind_of_pointer
from qwen_schema.records import record

from .concern import Concern, display_host, pointer_setting, prompts_sentence
from .key_sources import key_sources_of, key_sources_of_reference
from .known_hosts import is_known_or_loopback
from .settings_variables import key_of_another_file, project_settings_key, project_settings_values, texts_of_other_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.world import FileProvenance

    from .concern import Credential
    from .key_sources import KeySource

    # Returns the provenance of a project's file.
    FindsProvenance = Callable[[Path], FileProvenance]


@record
class Split:
    """The data that a project's file, at `origin`, would send to a base URL: the user's credential, or the prompts.

    `whose` names the credential, as text; `provenance` is where the file comes from, if that was needed.
    """

    url: str
    origin: Origin
    credential: Credential
    whose: str = ""
    provenance: FileProvenance = "unknown"


def split_origin(resolution: Resolution) -> Split | None:
    """Return the split of a resolution for any host; None if endpoint and credential have the same source.

    An endpoint that equals the default is no split.
    """
    endpoint, origin = resolution.decisions["base_url"], _project_endpoint(resolution)
    if endpoint.winner is None or origin is None or endpoint.problem is not None:
        return None
    if endpoint.value == endpoint.field.default_under(resolution.auth_method):
        return None
    users = _users_credential(resolution, origin)
    return None if users is None else Split(endpoint.winner.revealed, origin, *users)


def split_to_ask(resolution: Resolution, file_provenance: FindsProvenance) -> Split | None:
    """Return the split that needs an approval before anything is sent; None if there is none.

    In addition to `split_origin`, these need an approval:

    * The file with the endpoint names an entry of the user's keyring, and it is unknown who wrote that name. If the
      file came with the project, this applies to every endpoint.
    * A file that came with the project or belongs to another user (`file_provenance`, called only if needed) sets both
      endpoint and key: the prompts would be sent there.
    * A project's settings use a variable of the user's for the key, unless its name is one for API keys and the key
      goes to a known provider; or they use such a variable in another value.
    * A project's settings use a variable from another project's file for the key, unless its name is one for API keys.
    """
    endpoint, named = resolution.decisions["base_url"], _keyring_origin(resolution)
    if endpoint.winner is None or endpoint.problem is not None:
        return None
    url = endpoint.winner.revealed
    if named is not None and named.path is not None and file_provenance(named.path) != "unknown":
        return Split(url, named, "key", _keyring_entry_text(resolution))
    taken = project_settings_key(resolution)
    puts = [put for _, put in project_settings_values(resolution)]
    if puts or (taken is not None and not taken.is_usual):
        credential, whose = _all_data(resolution)
        origins = [*puts, *([] if taken is None else [taken.origin])]
        return Split(url, origins[0], credential, whose)
    stray = key_of_another_file(resolution)
    if stray is not None:
        return Split(url, stray, "key", f"The value of {', '.join(map(str, stray.behind))}")
    origin = endpoint.winner.origin
    if _project_endpoint(resolution) is None or is_known_or_loopback(url):
        return None
    split = split_origin(resolution)
    if split is not None or origin.reach == "user":
        return split
    for other in texts_of_other_files(resolution):
        return Split(url, other, "key", f"The value of {', '.join(map(str, other.behind))}")
    if named is not None:
        return Split(url, origin, "key", _keyring_entry_text(resolution))
    provenance = "unknown" if origin.path is None else file_provenance(origin.path)
    return None if provenance == "unknown" else Split(url, origin, "none", provenance=provenance)


def concern_of(resolution: Resolution, file_provenance: FindsProvenance) -> Concern | None:
    """Return the concern about the split from `split_to_ask`; None if there is none."""
    split = split_to_ask(resolution, file_provenance)
    if split is None:
        return None
    assert split.origin.path is not None  # noqa: S101 - a value with reach project comes from a file
    key = key_reference(resolution)
    taken = project_settings_key(resolution)
    named = [("api_key", f"uses {taken.variables}")] if taken is not None else []
    named += [(name, f"uses {_variables(put)}") for name, put in project_settings_values(resolution)]
    return Concern(
        file=split.origin.path,
        place=str(split.origin),
        settings=(*pointer_setting(key), *named, ("base_url", split.url)),
        host=display_host(split.url),
        credential=split.credential,
        reference="" if split.credential == "none" else str(key),
        whose=f"{split.whose} would be sent there along with your prompts."
        if split.whose
        else prompts_sentence(split.provenance),
        key_sources=_key_sources(resolution, split),
        decided=("base_url", *(["api_key"] if _project_sets_key(resolution) else [])),
        takes_variables=any(map(_takes_variables, resolution.decisions.values())),
    )


def _project_sets_key(resolution: Resolution) -> bool:
    """Return whether a project's file sets the key or its place."""
    winner = resolution.decisions["api_key"].winner
    return winner is not None and winner.origin.is_from_project and resolution.options.secret_from is None


def _takes_variables(decision: Decision) -> bool:
    """Return whether a project's file uses a variable for a value or in it."""
    winner = decision.winner
    return winner is not None and winner.origin.is_from_project and bool(winner.origin.behind)


def _key_sources(resolution: Resolution, split: Split) -> tuple[KeySource, ...]:
    """Return the places of all data that would be sent, and of the values that affect the endpoint."""
    winner, world = resolution.decisions["api_key"].winner, resolution.world
    is_used = winner is not None and split.credential != "login" and resolution.options.secret_from is None
    key = [winner.origin] if winner is not None and is_used else []
    others = (resolution.decisions[name].winner for name in ("base_url", "model"))
    taking = (other.origin for other in others if other is not None and other.origin.behind)
    named = key_sources_of_reference(key_reference(resolution), world.cwd, world.home)
    return tuple(dict.fromkeys((*key_sources_of((split.origin, *key, *taking)), *named)))


def _keyring_origin(resolution: Resolution) -> Origin | None:
    """Return the place where a project's file names an entry of the keyring as the key; None if it does not."""
    winner = resolution.decisions["api_key"].winner
    if winner is None or resolution.options.secret_from is not None or resolution.auth_method != "openai":
        return None
    is_name = kind_of_pointer(winner.revealed) == "keyring" and winner.origin.is_from_project
    return winner.origin if is_name else None


def _project_endpoint(resolution: Resolution) -> Origin | None:
    """Return the place where a project's file sets the endpoint, or selects an entry of the user's for another key."""
    endpoint, key = (resolution.decisions[name].winner for name in ("base_url", "api_key"))
    if endpoint is None:
        return None
    if endpoint.origin.reach == "project":
        return endpoint.origin
    is_of_entry = key is not None and key.origin.layer == "provider-entry"
    if resolution.entry is None or endpoint.origin.layer != "provider-entry" or is_of_entry:
        return None
    return resolution.entry.picked_by


def _all_data(resolution: Resolution) -> tuple[Credential, str]:
    """Return all of the user's data that would be sent, as text: variables, and the key or the login."""
    taken, credential = project_settings_key(resolution), None
    parts = [] if taken is None else [f"{taken.variables}, yours ({taken.held}),"]
    parts += [
        f"{_variables(put)}, yours ({', '.join(map(str, put.users))}),"
        for _, put in project_settings_values(resolution)
    ]
    stray, endpoint = key_of_another_file(resolution), _project_endpoint(resolution)
    if stray is not None:
        parts.append(f"the value of {', '.join(str(one) for one in stray.behind if one not in stray.users)},")
    if taken is None and endpoint is not None:
        credential = _users_credential(resolution, endpoint)
    parts += [] if credential is None else [credential[1]]
    return ("key" if credential is None else credential[0]), " and ".join(parts)


def _variables(origin: Origin) -> str:
    return ", ".join(dict.fromkeys(str(one.variable) for one in origin.users))


def _is_one_file(*origins: Origin) -> bool:
    """Return whether all files that affect some values are the same file, with links resolved.

    A file that is read both as settings and as an env file counts as two: a person who writes a key into one of them
    does not see the other.
    """
    return len({place for origin in origins for place in _read_places(origin)}) == 1


def _read_places(origin: Origin) -> Iterator[tuple[str, bool]]:
    """Yield the files that affect a value, and whether they are read as env files."""
    if origin.path is not None:
        yield os.path.realpath(origin.path), origin.layer == "env-file"
    for one in origin.behind:
        yield from _read_places(one)


def _keyring_entry_text(resolution: Resolution) -> str:
    return f"The entry of your keyring ({key_reference(resolution)})"


def _users_credential(resolution: Resolution, endpoint: Origin) -> tuple[Credential, str] | None:
    """Return the user's credential that would be sent, and its description; None if it is a project's.

    A key in a project's file counts as the project's only for an endpoint in the same file: another file may belong to
    another project.
    """
    winner = resolution.decisions["api_key"].winner
    if resolution.auth_method == "qwen-oauth":
        return "login", f"Your Qwen OAuth login ({resolution.login_path})"
    if resolution.options.secret_from is not None:
        # A user who names the place of the key wants it used.
        return "key", f"Your API key ({resolution.options.secret_from})"
    if winner is None or (winner.origin.reach == "project" and _is_one_file(winner.origin, endpoint)):
        return None
    return "key", f"Your API key ({winner.origin})"
