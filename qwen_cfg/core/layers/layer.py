"""The interface of a layer for the merge: its candidates for a field, or for one variable of a field."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from qwen_cfg.core.origin import Candidate, Layer
from qwen_schema import Secret
from qwen_schema.records import field, record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.path_reader import PathReader
    from qwen_cfg.core.settings import ProviderEntry, SettingsLoad
    from qwen_cfg.core.start import FlagValue, Start
    from qwen_cfg.core.variables import Variables
    from qwen_schema import Field, LayerName, Profile, Variable


# The variables that switch Google's library to Vertex AI; the first one that is set counts.
_VERTEX_SWITCHES = ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")


@record
class Sources:
    """The sources of the layers' candidates.

    `settings` are the merged settings, and `entry` the chosen provider entry, if they exist. `auth_method` is None
    while it is undecided. `in_place` has texts that replace defaults. `in_files` has, by layer and field, the
    candidates in files that only that layer reads.
    """

    flags: Mapping[str, FlagValue]
    profile: Profile
    variables: Variables
    settings: SettingsLoad | None = None
    auth_method: str | None = None
    entry: ProviderEntry | None = None
    in_place: Mapping[str, str] = field(default_factory=dict)
    in_files: Mapping[LayerName, Mapping[str, tuple[Candidate, ...]]] = field(default_factory=dict)

    @property
    def method_of_library(self) -> str | None:
        """The method of the provider's library: variables switch Google's library from gemini to vertex-ai."""
        switches = (next(iter(self.variables.of(name)), None) for name in _VERTEX_SWITCHES)
        text = next((one.text for one in switches if one is not None), "")
        is_vertex = self.auth_method == "gemini" and text.strip().lower() == "true"
        return "vertex-ai" if is_vertex else self.auth_method


class MergedLayer(Layer):
    """A layer of the merge."""

    def read(self, start: Start, reader: PathReader) -> Mapping[str, tuple[Candidate, ...]]:  # noqa: ARG002 - it has no files
        """Return the candidates in files that only this layer reads, by field: `Sources.in_files` of its `offers`.

        A file is read with `reader.look`, so that the world has its text. Called once for each load of a profile that
        has this layer.

        Raises:
            QwenCfgError: if a file exists and cannot be used: the `error` of its `PathState`.
        """
        return {}


class FieldLayer(MergedLayer):
    """A layer with candidates for a field as a whole."""

    @abstractmethod
    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the candidates for a field, in order of precedence."""


class VariableLayer(MergedLayer):
    """A layer with candidates for each variable of a field, read together with adjacent variable layers.

    `is_in_variables` says that all its values are in `Sources.variables`: it is not asked about variables that are not.
    """

    is_in_variables: ClassVar[bool] = False

    def offers(self, declared: Field, variable: Variable, sources: Sources) -> tuple[Candidate, ...]:
        """Return the candidates for one variable of a field, in order of precedence."""
        every = sources.variables.of(variable.name)
        return tuple(
            [variable_candidate(declared, variable, s.text, s.origin) for s in every if s.origin.source is self]
            if every
            else ()
        )


def variable_candidate(declared: Field, variable: Variable, text: str, origin: Origin) -> Candidate:
    """Return the candidate for a variable's text; if the variable means one value, any text is that value."""
    if declared.secret:
        reach = origin.holder.reach
        return Candidate(declared.name, Secret(text), origin if origin.reach == reach else replace(origin, reach=reach))
    return Candidate(declared.name, variable.means if variable.means is not None and text else text, origin)
