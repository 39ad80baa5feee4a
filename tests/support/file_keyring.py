"""A keyring in a JSON file; `keyring` loads it by its name in PYTHON_KEYRING_BACKEND, like any backend."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class FileKeyring(KeyringBackend):
    """The entries in the file that TEST_KEYRING names, by service and name. A file with "locked" is locked."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        held = json.loads(Path(os.environ["TEST_KEYRING"]).read_text())
        if held == "locked":
            raise KeyringLocked("the words of the backend")
        found: str | None = held.get(service, {}).get(username)
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        file = Path(os.environ["TEST_KEYRING"])
        held = json.loads(file.read_text())
        file.write_text(json.dumps({**held, service: {**held.get(service, {}), username: password}}))


def keyring_env(path: Path, held: object) -> dict[str, str]:
    """Write a file, and return the variables that make it the keyring of a process."""
    path.write_text(json.dumps(held))
    return {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHON_KEYRING_BACKEND": "support.file_keyring.FileKeyring",
        "TEST_KEYRING": str(path),
    }
