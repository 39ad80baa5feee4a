"""What the parser does with single options and arguments: store a field's flag, show the version, accept a path."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from qwen_schema.errors import UsageError
from qwen_schema.version import VERSION

from .output import standard_output

if TYPE_CHECKING:
    from typing import Any, NoReturn

    from qwen_schema import Field


class ChoicesOrPath(list[str]):
    """Words to choose from, or a path: a value with a dot or a slash is a path."""

    def __contains__(self, value: object) -> bool:
        return super().__contains__(value) or (isinstance(value, str) and any(mark in value for mark in "./\\"))


class StoreFlag(argparse.Action):
    """Stores the flag of a field, spelled as on the command line, with its value."""

    def __init__(self, field: Field, **options: Any) -> None:
        super().__init__(**{**options, "dest": "flags", "default": argparse.SUPPRESS})
        self.field = field

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse's own
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add the flag to those of the command line; an earlier one of the same field must have the same value."""
        from qwen_cfg.core.start import FlagValue  # noqa: PLC0415
        from qwen_schema.secret import Secret  # noqa: PLC0415

        name = option_string or self.option_strings[0]
        text = values if isinstance(values, str) else str(not name.startswith("--no-")).lower()
        flag = FlagValue(name, Secret(text) if self.field.secret else text)
        earlier = namespace.flags.get(self.field.name)
        if earlier is not None and earlier.text != flag.text:
            both = " and ".join(dict.fromkeys((earlier.flag, flag.flag)))
            raise UsageError(
                f"{self.field.name} is given twice, with different values", where=both, hint="Give it once."
            )
        namespace.flags = {**namespace.flags, self.field.name: flag}


class ShowVersion(argparse.Action):
    """Prints the version."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print and exit."""
        standard_output().text(f"{parser.prog} {VERSION}\n", verbatim=True)
        parser.exit()
