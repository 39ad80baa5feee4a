"""The concern about what resolves here: a project's file gives the endpoint, and the credential is the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_schema import endpoint_of, located

from ..paths import home_level_files
from .concern import Concern, is_known_or_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qwen_schema import Reach, SecretReference

    from ..layers import Origin
    from ..resolution import Resolution
    from .concern import Credential

# Secret references that lead to what is the user's, whoever wrote them down.
_USERS_OWN = ("keyring", "command", "oauth-cache", "environment", "flag")


@dataclass(frozen=True)
class Split:
    """A base URL with reach project, and a credential with reach user that would be sent there."""

    url: str
    origin: Origin
    credential: Credential
    whose: str


def split_origin(resolution: Resolution) -> Split | None:
    """Return the split of a resolution, whatever the host; None if endpoint and credential have the same reach."""
    endpoint = resolution.decisions["base_url"]
    if endpoint.winner is None or endpoint.problem is not None or endpoint.winner.origin.reach == "user":
        return None
    credential, reach, whose = _credential(resolution)
    if reach != "user":
        return None
    return Split(endpoint.winner.revealed, endpoint.winner.origin, credential, whose)


def concern_of(resolution: Resolution, is_tracked: Callable[[Path], bool]) -> Concern | None:
    """Return what the user has to be asked about before anything is sent; None if nothing is.

    Beside a split there is the file that has both the endpoint and a key: what it gets is what the user types. If git
    tracks it (`is_tracked`, asked only then), it came with the project, and may be anybody's.
    """
    endpoint = resolution.decisions["base_url"].winner
    if endpoint is None or endpoint.origin.reach == "user" or is_known_or_loopback(endpoint.revealed):
        return None
    split = split_origin(resolution)
    path = endpoint.origin.path
    assert path is not None  # noqa: S101 - what has reach project stands in a file
    if split is None and not is_tracked(path):
        return None
    return Concern(
        file=path,
        place=str(endpoint.origin),
        settings=(("base_url", endpoint.revealed),),
        host=endpoint_of(endpoint.revealed),
        credential=split.credential if split else "none",
        whose=f"{split.whose} would go there, with all that you ask." if split else _PROMPTS,
    )


def never_tracked(_: Path) -> bool:
    """Tell that git tracks no file, for who asks about credentials alone."""
    return False


_PROMPTS = "All that you ask would go there: the file came with the project, key and all."


def _credential(resolution: Resolution) -> tuple[Credential, Reach, str]:
    """Return what would be sent, how far it reaches, and whose it is, in words."""
    reference, winner = resolution.options.secret_from, resolution.decisions["api_key"].winner
    if resolution.auth_method == "qwen-oauth":
        return "login", "user", f"Your Qwen OAuth login ({resolution.login_shown})"
    if reference is not None:
        return "key", _reach_of(reference, resolution), f"Your API key ({reference})"
    if winner is None:
        return "none", "project", ""
    # A name in the keyring is the user's, in whatever file it stands.
    reach = "user" if winner.revealed.startswith("keyring:") else winner.origin.reach
    return "key", reach, f"Your API key ({_said(winner.origin)})"


def _reach_of(reference: SecretReference, resolution: Resolution) -> Reach:
    if reference.kind in _USERS_OWN:
        return "user"
    world, directory = resolution.world, resolution.directory
    moved = directory.moved_to if directory.reach == "user" else None
    path = located(str(reference.path), base=world.cwd, home=world.home)
    return "user" if path in home_level_files(world.home, moved) else "project"


def _said(origin: Origin) -> str:
    return f"{origin.place} of the environment" if origin.layer == "environment" else str(origin)
