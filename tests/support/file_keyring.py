"""A keyring that is a JSON file: `keyring` loads it by its name in PYTHON_KEYRING_BACKEND, as it would any other."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class FileKeyring(KeyringBackend):
    """Holds what the file named by TEST_KEYRING says, by service and name. A file that says "locked" is locked."""

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
    """Return the variables that make a file the keyring of a process, having written it."""
    path.write_text(json.dumps(held))
    return {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHON_KEYRING_BACKEND": "support.file_keyring.FileKeyring",
        "TEST_KEYRING": str(path),
    }
