"""The layer of the defaults and of inferred values."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from qwen_cfg.core.origin import Candidate
from qwen_schema import show_value

from .layer import FieldLayer

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Origin
    from qwen_schema import Field, SecretReference, Value

    from .layer import Sources


def default_of(declared: Field, sources: Sources) -> Value | None:
    """Return the default of a field: for the provider entry, of the profile, or of the field itself."""
    profile = sources.profile
    if declared.name not in profile.defaults and sources.entry is None:
        return declared.default_under(sources.auth_method)
    method = (sources.method_of_library if declared.name == "base_url" else sources.auth_method) or profile.methods[0]
    if declared.name == "base_url" and sources.entry is not None and method in profile.entry_base_url:
        return profile.entry_base_url[method]
    return profile.defaults.get(declared.name, {}).get(method, declared.default_under(sources.auth_method))


class DefaultLayer(FieldLayer):
    """The declared defaults."""

    @cached_property
    def declared(self) -> Origin:
        """The origin of a default that is declared, and not inferred."""
        return self.origin("default")

    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the default of a field under the profile and the authentication method, if it has one."""
        if declared.name in sources.in_place:
            return (Candidate(declared.name, sources.in_place[declared.name], self.declared),)
        default = default_of(declared, sources)
        return () if default is None else _declared_default(declared.name, default)

    def reference(self, origin: Origin) -> SecretReference:
        """Fail: no field that is a secret has a default."""
        raise AssertionError(f"a secret has no default: {origin}")

    def set_by(self, declared: Field) -> str:  # noqa: ARG002 - the same for every field
        """Return nothing: a default is declared, not set."""
        return ""


@lru_cache(typed=True)
def _declared_default(name: str, default: Value) -> tuple[Candidate, ...]:
    """Return the candidate of a declared default. Most fields have it, so the result is cached."""
    return (Candidate(name, show_value(default), DEFAULT.declared),)


DEFAULT = DefaultLayer("default", "the default", "user", is_default=True)
