"""The places of the data that would be sent: files by their real paths, with the variables in use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import locate_path
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qwen_cfg.core.origin import Origin
    from qwen_schema import SecretReference


@record
class Keeper:
    """A file or the environment that affects a value.

    `variable` is the variable that is read there, if any. `real` is the path of the file without links, `shown` the
    path for display. `is_link` says that the file, or a directory above it, is a link.
    """

    variable: str | None
    real: str | None = None
    shown: str = ""
    is_link: bool = False

    @property
    def words(self) -> str:
        """A remark with the target of the link."""
        return f"({self.shown} is a link to {self.real})"


def keepers_of(origins: Iterable[Origin]) -> tuple[Keeper, ...]:
    """Return the places of values and of the variables in them, in order."""
    return tuple(_keeper(origin.variable, origin.path, origin.file or "") for origin in _every(origins))


def keepers_of_reference(reference: SecretReference, base: Path, home: Path | None) -> tuple[Keeper, ...]:
    """Return the file that a secret reference names, if it names one."""
    if reference.path is None:
        return ()
    base, home = Path(os.path.realpath(base)), home and Path(os.path.realpath(home))
    return (_keeper(reference.variable, locate_path(reference.path, base=base, home=home), reference.path),)


def _every(origins: Iterable[Origin]) -> Iterable[Origin]:
    for origin in origins:
        yield origin
        yield from _every(origin.behind)


def _keeper(variable: str | None, path: Path | None, shown: str) -> Keeper:
    if path is None:
        return Keeper(variable)
    real = os.path.realpath(path)
    # The paths of the working directory and the home contain no links, so a leading `..` is exact.
    return Keeper(variable, real, shown, real != os.path.abspath(path))  # noqa: PTH100 - no link is followed here
