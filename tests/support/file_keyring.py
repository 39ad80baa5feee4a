"""A keyring in a JSON file; `keyring` loads it by its name in PYTHON_KEYRING_BACKEND, like any backend."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class FileKeyring(KeyringBackend):
    """The entries in the file that TEST_KEYRING names, by service and name; "locked" is a locked keyring."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        entries = json.loads(Path(os.environ["TEST_KEYRING"]).read_text())
        if entries == "locked":
            raise KeyringLocked("the words of the backend")
        found: str | None = entries.get(service, {}).get(username)
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        file = Path(os.environ["TEST_KEYRING"])
        entries = json.loads(file.read_text())
        file.write_text(json.dumps({**entries, service: {**entries.get(service, {}), username: password}}))


def keyring_env(path: Path, entries: object) -> dict[str, str]:
    """Write a keyring file, and return the variables with which a process uses it."""
    path.write_text(json.dumps(entries))
    return {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHON_KEYRING_BACKEND": "support.file_keyring.FileKeyring",
        "TEST_KEYRING": str(path),
    }
