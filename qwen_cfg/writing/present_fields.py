"""The fields that an env file already sets, and the values that a write replaces."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError, Secret, declared_fields, safe_text
from qwen_schema.envfile import last_of_each, read_assignments, read_env_text
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@record
class PresentField:
    """A field in an env file: the variable, its line, and its text."""

    field: str
    variable: str
    line: int
    text: str | Secret

    @property
    def display_value(self) -> str:
        """The value for display."""
        return safe_text(declared_fields()[self.field], _plain(self.text))


def fields_in(path: Path, shown: str) -> tuple[PresentField, ...]:
    """Return the fields in an env file; none if the file does not exist.

    Raises:
        EnvFileError: if the file cannot be read.
    """
    if not os.path.lexists(path):
        return ()
    assignments = last_of_each(read_assignments(read_env_text(path, shown)))
    return tuple(
        PresentField(field.name, variable.name, found.line, Secret(found.value) if field.secret else found.value)
        for field in declared_fields().values()
        for variable in field.variables
        if (found := assignments.get(variable.name)) is not None
    )


def replacement_messages(
    present: tuple[PresentField, ...], texts: Mapping[str, str | Secret], shown: str
) -> tuple[str, ...]:
    """Return one message for each value that the new texts, by field, replace."""
    first = {name: declared_fields()[name].variables[0].name for name in texts}
    return tuple(
        f"replaced {old.variable} in {shown}:{old.line}, which was {old.display_value or 'empty'}"
        for old in present
        if first.get(old.field) == old.variable and old.text != texts[old.field] and old.field != "auth_method"
    )


def refuse_other_method(present: tuple[PresentField, ...], texts: Mapping[str, str | Secret], shown: str) -> None:
    """Check that an env file for a key does not select Qwen OAuth, under which the key would not be used.

    Raises:
        ConfigurationError: if the file selects it and `texts` does not replace that.
    """
    chosen = next((old for old in present if old.field == "auth_method" and old.text), None)
    if chosen is not None and "auth_method" not in texts:
        raise ConfigurationError(
            f"{chosen.variable} selects Qwen OAuth, so an API key would not be used",
            where=f"{shown}:{chosen.line}",
            hint="Remove this line, and run the command again.",
        )


def _plain(text: str | Secret) -> str:
    return text.reveal() if isinstance(text, Secret) else text
