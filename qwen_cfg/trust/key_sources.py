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
class KeySource:
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


def key_sources_of(origins: Iterable[Origin]) -> tuple[KeySource, ...]:
    """Return the places of values and of the variables in them, in order."""
    return tuple(_key_source(origin.variable, origin.path, origin.file or "") for origin in _every(origins))


def key_sources_of_reference(reference: SecretReference, base: Path, home: Path | None) -> tuple[KeySource, ...]:
    """Return the file that a secret reference names, if it names one."""
    if reference.path is None:
        return ()
    base, home = Path(os.path.realpath(base)), home and Path(os.path.realpath(home))
    return (_key_source(reference.variable, locate_path(reference.path, base=base, home=home), reference.path),)


def _every(origins: Iterable[Origin]) -> Iterable[Origin]:
    for origin in origins:
        yield origin
        yield from _every(origin.behind)


def _key_source(variable: str | None, path: Path | None, shown: str) -> KeySource:
    if path is None:
        return KeySource(variable)
    real = os.path.realpath(path)
    # The paths of the working directory and the home contain no links, so a leading `..` is exact.
    return KeySource(variable, real, shown, real != os.path.abspath(path))  # noqa: PTH100 - no link is followed here
