"""What the user trusts, remembered in the state directory: files by their real paths, for what was shown of them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError, OutputError

if TYPE_CHECKING:
    from .concern import Concern

FORMAT = 1
_NAME = "trust.json"
_PRIVATE_DIRECTORY = 0o700


@dataclass(frozen=True)
class Trusted:
    """One file that is trusted: for a host and the digest of what was shown, or for belonging to another user."""

    path: str
    host: str = ""
    digest: str = ""
    owner: int | None = None


class TrustStore:
    """The entries of one user. `directory` is the state directory; without one, nothing is trusted or remembered."""

    def __init__(self, directory: Path | None) -> None:
        self._file = None if directory is None else directory / _NAME

    @property
    def file(self) -> Path | None:
        """The file that holds the entries."""
        return self._file

    def entries(self) -> tuple[Trusted, ...]:
        """Return every entry, the oldest first.

        Raises:
            ConfigurationError: if the file is there and cannot be read.
        """
        if self._file is None:
            return ()
        try:
            document = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(Trusted(**entry) for entry in document["trusted"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not what was written there"
            raise ConfigurationError(
                f"what is trusted cannot be read: {why}", where=str(self._file), hint="Move the file away."
            ) from None

    def covers(self, concern: Concern) -> bool:
        """Tell whether the user has said yes to this."""
        path = str(concern.file)
        return any(entry.path == path and entry.digest in concern.covering for entry in self.entries())

    def allows_owner(self, path: Path, owner: int) -> bool:
        """Tell whether a file may belong to another user."""
        return any(entry.path == str(path) and entry.owner == owner for entry in self.entries())

    def add(self, entry: Trusted) -> None:
        """Remember an entry.

        Raises:
            OutputError: if it cannot be written.
        """
        self._write((*(known for known in self.entries() if known != entry), entry))

    def revoke(self, paths: tuple[Path, ...] | None) -> tuple[Trusted, ...]:
        """Forget what is trusted at and below some paths, or everything, and return what that was."""
        known = self.entries()
        gone = known if paths is None else tuple(e for e in known if any(_is_at(Path(e.path), path) for path in paths))
        if gone:
            self._write(tuple(entry for entry in known if entry not in gone))
        return gone

    def _write(self, entries: tuple[Trusted, ...]) -> None:
        from ..save import save  # noqa: PLC0415 - rarely needed

        if self._file is None:
            raise OutputError("there is no directory to remember it in", hint="Set HOME, or XDG_STATE_HOME.")
        try:
            self._file.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"it cannot be remembered: {error.strerror}", where=str(self._file)) from None
        document = {"format": FORMAT, "trusted": [asdict(entry) for entry in entries]}
        save(self._file, json.dumps(document, indent=2) + "\n", private=True)


def _is_at(path: Path, place: Path) -> bool:
    real = Path(os.path.realpath(place))
    return path == real or path.is_relative_to(real)
