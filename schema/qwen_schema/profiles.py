"""The profiles, made once from what `profiles.toml` declares."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from .records import field, record
from .tables.profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .fields import LayerName, Variable

DEFAULT_PROFILE = "documented"

_LISTS = ("methods", "order", "refused_variables")


@record
class Profile:
    """Whose rules of search and merge are followed; `profiles.toml` says what each value means.

    `order` holds the layers that have a say, `layers` those of a field that has another order. `infers` holds by method
    the groups of variables of which one each has to be set, `defaults` by field and method what differs from the
    field's own default, and `entry_base_url` by method the base URL of a provider entry that has none.
    """

    name: str
    description: str
    qwen_code: str
    walk_ends_at: Literal["root", "home"]
    home_fills_in: bool
    empty_hides: bool
    home_env_excludes: bool
    directory_variable: str
    methods: tuple[str, ...] = ("openai", "qwen-oauth")
    reads_settings: bool = False
    credential_decides_method: bool = True
    refused_variables: tuple[str, ...] = ()
    order: tuple[LayerName, ...] = ("flag", "environment", "env-file", "default")
    layers: Mapping[str, tuple[LayerName, ...]] = field(default_factory=dict, hash=False)
    rules_of: str = ""
    from_version: str = ""
    infers: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict, hash=False)
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    entry_base_url: Mapping[str, str] = field(default_factory=dict, hash=False)

    def order_of(self, field_name: str) -> tuple[LayerName, ...]:
        """Return the layers that have a say in a field, the highest first."""
        return self.layers.get(field_name, self.order)

    def reads(self, variable: Variable) -> bool:
        """Tell whether a variable can have a say under one of the methods."""
        return not variable.under or any(method in self.methods for method in variable.under)

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
    return {name: _profile(name, values) for name, values in PROFILES.items()}


def _profile(name: str, values: dict[str, Any]) -> Profile:
    layers = {declared: tuple(order) for declared, order in values.get("layers", {}).items()}
    infers = {method: tuple(map(tuple, groups)) for method, groups in values.get("infers", {}).items()}
    lists: dict[str, Any] = {part: tuple(values[part]) for part in _LISTS if part in values}
    return Profile(**{**values, **lists, "name": name, "layers": layers, "infers": infers})
