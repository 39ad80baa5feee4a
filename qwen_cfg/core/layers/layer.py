"""What the merge asks of a layer: the candidates that it offers, for a field or for one variable of a field."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from qwen_cfg.core.origin import Candidate, Layer
from qwen_schema import Secret
from qwen_schema.records import field, record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.settings import ProviderEntry, SettingsLoad
    from qwen_cfg.core.start import FlagValue
    from qwen_cfg.core.variables import Variables
    from qwen_schema import Field, Profile, Variable


# What switches Google's library to Vertex AI; the first that is set counts.
_VERTEX_SWITCHES = ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")


@record
class Sources:
    """What the layers take their candidates from.

    `settings` are the scopes' settings as they were merged, and `entry` the provider entry that was chosen, where there
    are such. `auth_method` is None while it is undecided. `in_place` has texts in the place of defaults.
    """

    flags: Mapping[str, FlagValue]
    profile: Profile
    variables: Variables
    settings: SettingsLoad | None = None
    auth_method: str | None = None
    entry: ProviderEntry | None = None
    in_place: Mapping[str, str] = field(default_factory=dict)

    @property
    def method_of_library(self) -> str | None:
        """The method that the provider's library follows: variables turn Google's from gemini to vertex-ai."""
        said = (next(iter(self.variables.of(name)), None) for name in _VERTEX_SWITCHES)
        text = next((one.text for one in said if one is not None), "")
        is_vertex = self.auth_method == "gemini" and text.strip().lower() == "true"
        return "vertex-ai" if is_vertex else self.auth_method


class MergedLayer(Layer):
    """A layer of the merge."""


class FieldLayer(MergedLayer):
    """A layer that is asked once for a field."""

    @abstractmethod
    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the candidates for a field, the one that counts first."""


class VariableLayer(MergedLayer):
    """A layer that is asked for each variable of a field, together with the variable layers beside it in the order."""

    def offers(self, declared: Field, variable: Variable, sources: Sources) -> tuple[Candidate, ...]:
        """Return the candidates that one variable of a field has here, the one that counts first."""
        every = sources.variables.of(variable.name)
        return tuple(
            [variable_candidate(declared, variable, s.text, s.origin) for s in every if s.origin.source is self]
            if every
            else ()
        )


def variable_candidate(declared: Field, variable: Variable, text: str, origin: Origin) -> Candidate:
    """Return the candidate that the text of a variable is; any text of a variable that means a value is that value."""
    if declared.secret:
        return Candidate(declared.name, Secret(text), replace(origin, reach=origin.holder.reach))
    return Candidate(declared.name, variable.means if variable.means is not None and text else text, origin)
