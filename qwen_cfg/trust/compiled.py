"""The concern about what resolves here: a project's file gives the endpoint, and the credential is the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_schema import kind_of_pointer

from ..compile import key_reference
from .concern import Concern, host_shown, is_known_or_loopback, pointed_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..git import Standing
    from ..layers import Origin
    from ..resolution import Resolution
    from .concern import Credential

    # Tells whether a file came with its project.
    Stands = Callable[[Path], Standing]


@dataclass(frozen=True)
class Split:
    """A base URL with reach project, and a credential with reach user that would be sent there."""

    url: str
    origin: Origin
    credential: Credential
    whose: str


def split_origin(resolution: Resolution) -> Split | None:
    """Return the split of a resolution, whatever the host; None if endpoint and credential have the same reach.

    An endpoint that is the default anyway splits nothing.
    """
    endpoint = resolution.decisions["base_url"]
    if endpoint.winner is None or endpoint.problem is not None or endpoint.winner.origin.reach == "user":
        return None
    if endpoint.value == endpoint.field.default_under(resolution.auth_method):
        return None
    users = _users_credential(resolution)
    return None if users is None else Split(endpoint.winner.revealed, endpoint.winner.origin, *users)


def concern_of(resolution: Resolution, standing: Stands) -> Concern | None:
    """Return what the user has to be asked about before anything is sent; None if nothing is.

    Beside a split that is the file that came with the project (`standing`, asked only then) and has both the endpoint
    and a key: what it gets is what the user types. And it is the name of an entry of the user's keyring in such a
    file, wherever that would go.
    """
    endpoint, named = resolution.decisions["base_url"].winner, _keyring_name(resolution)
    if endpoint is None:
        return None
    stands = standing(named.path) if named is not None and named.path is not None else None
    if named is not None and stands == "came with the project":
        return _concern(resolution, named, ("key", f"The entry of your keyring ({key_reference(resolution)})"))
    if endpoint.origin.reach == "user" or is_known_or_loopback(endpoint.revealed):
        return None
    split = split_origin(resolution)
    if split is not None:
        return _concern(resolution, split.origin, (split.credential, split.whose))
    if named is not None and stands == "unknown":
        return _concern(
            resolution, endpoint.origin, ("key", f"The entry of your keyring ({key_reference(resolution)})")
        )
    path = endpoint.origin.path
    if path is not None and standing(path) == "came with the project":
        return _concern(resolution, endpoint.origin, ("none", ""))
    return None


def _concern(resolution: Resolution, origin: Origin, handed_over: tuple[Credential, str]) -> Concern:
    assert origin.path is not None  # noqa: S101 - what has reach project stands in a file
    credential, whose = handed_over
    url = resolution.decisions["base_url"].winner
    assert url is not None  # noqa: S101 - callers have looked
    key = key_reference(resolution)
    return Concern(
        file=origin.path,
        place=str(origin),
        settings=(*pointed_at(key), ("base_url", url.revealed)),
        host=host_shown(url.revealed),
        credential=credential,
        reference="" if credential == "none" else str(key),
        whose=f"{whose} would go there, with all that you ask." if whose else _PROMPTS,
    )


_PROMPTS = "All that you ask would go there: git tracks this file, so that it came with the project."


def _keyring_name(resolution: Resolution) -> Origin | None:
    """Return where a project's file names an entry of the keyring as the key, if one does."""
    winner = resolution.decisions["api_key"].winner
    if winner is None or resolution.options.secret_from is not None or resolution.auth_method != "openai":
        return None
    is_name = kind_of_pointer(winner.revealed) == "keyring" and winner.origin.reach == "project"
    return winner.origin if is_name else None


def _users_credential(resolution: Resolution) -> tuple[Credential, str] | None:
    """Return what of the user's own would be sent, and whose it is, in words; None if it is a project's."""
    winner = resolution.decisions["api_key"].winner
    if resolution.auth_method == "qwen-oauth":
        return "login", f"Your Qwen OAuth login ({resolution.login_shown})"
    if resolution.options.secret_from is not None:
        # Whoever types where the key is has said that it is to be used.
        return "key", f"Your API key ({resolution.options.secret_from})"
    if winner is None or winner.origin.reach == "project":
        return None
    return "key", f"Your API key ({_said(winner.origin)})"


def _said(origin: Origin) -> str:
    return f"{origin.place} of the environment" if origin.layer == "environment" else str(origin)
