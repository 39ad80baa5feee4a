"""The layer of the flags, and of values typed in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.origin import Candidate
from qwen_schema import SecretReference

from .layer import FieldLayer

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Origin
    from qwen_schema import Field

    from .layer import Sources


class FlagLayer(FieldLayer):
    """The flags of a command line, or the values from a caller in Python."""

    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        """Return the value of a field's flag; empty if the flag is not set."""
        given = sources.flags.get(declared.name)
        return () if given is None else (Candidate(declared.name, given.text, self.origin(given.flag)),)

    def reference(self, origin: Origin) -> SecretReference:
        """Return a reference to the flag, whose secret exists only in this process."""
        return SecretReference("flag", flag=origin.place)

    def set_by(self, declared: Field) -> str:
        """Return the flags of the field."""
        return ", ".join(declared.flags)


FLAG = FlagLayer("flag", "a flag", "user")
