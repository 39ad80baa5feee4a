"""The profiles, read once from `profiles.toml`, where each is declared."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .fields import LayerName

DEFAULT_PROFILE = "documented"


@dataclass(frozen=True)
class Profile:
    """A generation of Qwen Code's search and merge; `profiles.toml` says what each value means.

    `layers` holds the order of the layers for each field that has another than the usual one.
    """

    name: str
    description: str
    qwen_code: str
    walk_ends_at: Literal["root", "home"]
    home_fills_in: bool
    empty_hides: bool
    home_env_excludes: bool
    directory_variable: str
    layers: Mapping[str, tuple[LayerName, ...]] = field(default_factory=dict, hash=False)
    rules_of: str = ""
    from_version: str = ""

    @property
    def title(self) -> str:
        """Whose rules these are, for people."""
        return f"Qwen Code {self.qwen_code}"

    @property
    def rules(self) -> str:
        """What the rules of this profile are called, for people."""
        return f"rules of {self.rules_of or self.title}"


def other_profiles(profile: Profile) -> tuple[Profile, ...]:
    """Return every declared profile but one."""
    return tuple(other for other in declared_profiles().values() if other != profile)


@cache
def declared_profiles() -> Mapping[str, Profile]:
    """Return every declared profile by name."""
    declared = tomllib.loads(Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8"))
    return {name: _profile(name, values) for name, values in declared.items()}


def _profile(name: str, values: dict[str, Any]) -> Profile:
    layers = {declared: tuple(order) for declared, order in values.get("layers", {}).items()}
    return Profile(**{**values, "name": name, "layers": layers})
