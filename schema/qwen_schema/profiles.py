"""The profiles, built once from the declarations in `profiles.toml`."""

from __future__ import annotations

from functools import cache, cached_property
from itertools import chain
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
    """The rules of search and merge of some versions of Qwen Code; `profiles.toml` describes each value.

    `order` has the layers, the highest first; `layers` those of each field with a different order. `infers` has for
    each method the groups of variables of which one must be set. `defaults` has, by field and method, the values that
    differ from the field's own default, and `entry_base_url`, by method, the base URL of a provider entry without one.
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
    layers: Mapping[str, tuple[LayerName, ...]] = field(default_factory=dict)
    rules_of: str = ""
    from_version: str = ""
    infers: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    entry_base_url: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)

    def order_of(self, field_name: str) -> tuple[LayerName, ...]:
        """Return the layers of a field, the highest first."""
        return self.layers.get(field_name, self.order)

    def reads(self, variable: Variable) -> bool:
        """Return whether a variable is read under at least one of the profile's methods."""
        return not variable.under or not self._known_methods.isdisjoint(variable.under)

    @cached_property
    def layer_names(self) -> tuple[LayerName, ...]:
        """The layers that some field has, each once."""
        return tuple(dict.fromkeys(chain(self.order, *self.layers.values())))

    @cached_property
    def refused(self) -> frozenset[str]:
        """The refused variables, for a quick look-up."""
        return frozenset(self.refused_variables)

    @cached_property
    def _known_methods(self) -> frozenset[str]:
        return frozenset(self.methods)

    @property
    def title(self) -> str:
        """The versions of Qwen Code with these rules, for messages."""
        return f"Qwen Code {self.qwen_code}"

    @property
    def rules(self) -> str:
        """The name of this profile's rules, for messages."""
        return f"rules of {self.rules_of or self.title}"


def other_profiles(profile: Profile) -> tuple[Profile, ...]:
    """Return every declared profile except the given one."""
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
