"""The user's approvals, saved in the state directory: real paths of files, with digests of the approved values."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen_schema import ConfigurationError, OutputError
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.records import asdict, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .concern import Concern

FORMAT = 1
_NAME = "trust.json"
_INVALID = "its content is not valid"

# The names of fields in the file, if they differ.
_JSON_NAMES = {"settings_digest": "shown", "credential_digest": "handed_over"}


@record
class TrustEntry:
    """A trusted file: approved for a host and the digests of its values, or approved as a file of another user.

    `reference` describes the credential. It is empty, like the credential's digest, if only prompts are sent.
    """

    path: str
    host: str = ""
    settings_digest: str = ""
    credential_digest: str = ""
    owner: int | None = None
    reference: str = ""


def trust_entry(concern: Concern) -> TrustEntry:
    """Return the entry for the approval of a concern."""
    digests = (concern.settings_digest, concern.credential_digest)
    return TrustEntry(str(concern.file), concern.host, *digests, reference=concern.reference)


class TrustStore:
    """The entries of one user. `directory` is the state directory; without one, nothing is trusted or saved."""

    def __init__(self, directory: Path | None) -> None:
        self._file = None if directory is None else directory / _NAME

    @property
    def file(self) -> Path | None:
        """The file that holds the entries."""
        return self._file

    def entries(self) -> tuple[TrustEntry, ...]:
        """Return every entry, the oldest first.

        Raises:
            ConfigurationError: if the file exists and cannot be read.
        """
        if self._file is None:
            return ()
        try:
            return _entries(read_file(self._file, require=_require_safe).decode())
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            why = str(error.strerror)
        except Unreadable as error:
            why = f"it {error}"
        except _InvalidFile as error:
            why = str(error)
        except (ValueError, KeyError, TypeError, RecursionError):
            why = _INVALID
        raise ConfigurationError(
            f"the approvals cannot be read: {why}",
            where=str(self._file),
            hint="Move the file away; you are then asked again about each approval.",
        )

    def covers(self, concern: Concern) -> bool:
        """Return whether the user has approved a concern."""
        return any(covers(entry, concern) for entry in self.entries())

    def allows_owner(self, path: Path, owner: int) -> bool:
        """Return whether the user has approved a file of this owner."""
        return any(entry.path == str(path) and entry.owner == owner for entry in self.entries())

    def add(self, entry: TrustEntry) -> None:
        """Save an entry.

        Raises:
            OutputError: if the file cannot be written.
        """
        with self._locked():
            self._write((*(known for known in self.entries() if known != entry), entry))

    def revoke(self, paths: tuple[Path, ...] | None) -> tuple[TrustEntry, ...]:
        """Remove and return the approvals at and below some paths; all of them if `paths` is None."""
        if not self.entries():
            return ()
        with self._locked():
            known = self.entries()
            gone = known if paths is None else tuple(e for e in known if any(_is_at(Path(e.path), p) for p in paths))
            if gone:
                self._write(tuple(entry for entry in known if entry not in gone))
        return gone

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the file against changes by other processes during a block.

        Raises:
            OutputError: if there is no state directory, or the lock cannot be made.
        """
        from qwen_schema.folders import any_link  # noqa: PLC0415 - rarely needed
        from qwen_schema.save import open_lock  # noqa: PLC0415

        if self._file is None:
            raise OutputError("there is no state directory to save it in", hint="Set HOME, or XDG_STATE_HOME.")
        try:
            descriptor = open_lock(self._file.with_name(f"{_NAME}.lock"), any_link)
        except OSError as error:
            raise OutputError(f"it cannot be saved: {error.strerror}", where=str(self._file)) from None
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _write(self, entries: tuple[TrustEntry, ...]) -> None:
        import json  # noqa: PLC0415

        from qwen_schema.folders import any_link  # noqa: PLC0415 - rarely needed
        from qwen_schema.save import save  # noqa: PLC0415

        assert self._file is not None  # noqa: S101 - callers have checked it
        document = {"format": FORMAT, "trusted": [_document_of(entry) for entry in entries]}
        save(self._file, json.dumps(document, indent=2) + "\n", may_follow=any_link, private=True)


def _lock(descriptor: int) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not needed to read
    except ImportError:  # Windows
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def covers(entry: TrustEntry, concern: Concern) -> bool:
    """Return whether an approval covers a concern: the same file, settings and host, and no more data."""
    approved = (entry.path, entry.host, entry.settings_digest)
    same = approved == (str(concern.file), concern.host, concern.settings_digest)
    return same and concern.credential_digest in ("", entry.credential_digest)


def _require_safe(status: os.stat_result) -> None:
    if os.name == "posix" and (status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022):
        raise _InvalidFile("other users may have written it")


def _entries(text: str) -> tuple[TrustEntry, ...]:
    import json  # noqa: PLC0415

    document = json.loads(text)
    if document["format"] != FORMAT or not isinstance(document["trusted"], list):
        raise _InvalidFile("it has another form, possibly of a newer version")
    entries = tuple(_entry_in(stored) for stored in document["trusted"])
    for entry in entries:
        texts = (entry.path, entry.host, entry.settings_digest, entry.credential_digest, entry.reference)
        if not all(isinstance(part, str) for part in texts) or not isinstance(entry.owner, int | None):
            raise _InvalidFile(_INVALID)
    return entries


def _document_of(entry: TrustEntry) -> dict[str, object]:
    return {_JSON_NAMES.get(name, name): value for name, value in asdict(entry).items()}


def _entry_in(stored: dict[str, Any]) -> TrustEntry:
    names = {stored_name: name for name, stored_name in _JSON_NAMES.items()}
    return TrustEntry(**{names.get(name, name): value for name, value in {**stored}.items()})


class _InvalidFile(ValueError):  # noqa: N818 - it is reported as another error
    """The file's content or its permissions are not those of a file that this program wrote for this user."""


def _is_at(path: Path, place: Path) -> bool:
    real = Path(os.path.realpath(place))
    return path == real or path.is_relative_to(real)
