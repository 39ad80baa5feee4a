"""The file of the login, which Qwen Code and this program share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError, OutputError
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.folders import any_link, open_directory, outside_projects
from qwen_schema.save import save

from .login import login_document, login_of

if TYPE_CHECKING:
    from qwen_runtime.settings import Settings
    from qwen_schema.folders import MayFollow

    from .login import Login

# The hint for an unusable login.
LOG_IN_AGAIN = "Log in again: qwen-cfg auth login, or /auth in a conversation"
LOG_IN_OR_KEY = f"{LOG_IN_AGAIN}. Or use an API key: OPENAI_API_KEY."

LOCK_NAME = "oauth_creds.lock"


def _number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        # Python's own message is for programmers.
        raise ValueError("a number has too many digits") from None


class BrokenLoginError(ConfigurationError):
    """The file exists, but contains no login."""


class LoginCache:
    """The login of one user. `shown` is the file's name in messages; `may_follow` decides about links."""

    def __init__(self, path: Path, shown: str, may_follow: MayFollow = any_link) -> None:
        self.path = path
        self.shown = shown
        self._may_follow = may_follow

    @property
    def lock_path(self) -> Path:
        """The lock that both programs take before they refresh the tokens."""
        return self.path.with_name(LOCK_NAME)

    def read(self) -> Login | None:
        """Return the login; None if there is no file.

        Raises:
            BrokenLoginError: if the file contains no login.
            ConfigurationError: if the file cannot be read.
        """
        try:
            return login_of(json.loads(read_file(self.path).decode("utf-8-sig"), parse_int=_number))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Unreadable as error:
            wrong = f"it {error}"
        except OSError as error:
            raise ConfigurationError(
                f"the Qwen OAuth login cannot be read: {error.strerror}",
                where=self.shown,
                hint="Check its permissions.",
            ) from None
        except RecursionError:
            wrong = "it is not a JSON object"
        except json.JSONDecodeError:
            wrong = "it is not JSON"
        except ValueError as error:
            wrong = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise BrokenLoginError(
            f"the file of the Qwen OAuth login is invalid: {wrong}", where=self.shown, hint=LOG_IN_OR_KEY
        ) from None

    def write(self, login: Login) -> None:
        """Save a login whole or not at all, readable only by the user.

        Raises:
            OutputError: if the file cannot be written.
        """
        document = json.dumps(login_document(login), indent=2)
        save(self.path, document, may_follow=self._may_follow, private=True, make=True)

    def require_place(self) -> None:
        """Check that a login can be saved, before the user logs in.

        Raises:
            OutputError: if the login cannot be saved.
        """
        directory, wrong = self.path.parent, ""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = Path(os.path.realpath(self.path))
            if target.exists() and not target.is_file():
                wrong = "its path is not a file"
            elif not os.access(target.parent, os.W_OK | os.X_OK) or not os.access(directory, os.W_OK | os.X_OK):
                wrong = "its directory is not writable"
        except OSError as error:
            wrong = str(error.strerror)
        if wrong:
            raise OutputError(
                f"the login cannot be saved: {wrong}",
                where=self.shown,
                hint="Make the path writable, and log in again.",
            )

    def set_aside(self) -> str:
        """Rename an invalid file and return its new name; an empty text if the file cannot be renamed."""
        numbers = ("", *(f"-{number}" for number in range(2, 100)))
        for number in numbers:
            name = f"{self.path.name}.broken{number}"
            target = self.path.with_name(name)
            if not os.path.lexists(target):
                try:
                    self.path.rename(target)
                except OSError:
                    return ""
                return self.shown.removesuffix(self.path.name) + name
        return ""

    def remove(self) -> bool:
        """Remove the login, and return whether there was a file.

        Raises:
            OutputError: if the file cannot be removed.
        """
        try:
            # For a link, the target is removed, because it contains the tokens.
            with open_directory(self.path, self._may_follow) as (folder, name):
                folder.unlink(name)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise removal_error(f"the login cannot be removed: {error.strerror}", self.shown) from None
        return True


def removal_error(what: str, shown: str) -> OutputError:
    """Return the error for a login that cannot be removed."""
    hint = "You are still logged in. Make its directory writable, or remove the file yourself."
    return OutputError(what, where=shown, hint=hint)


def cache_of(settings: Settings) -> LoginCache:
    """Return the cache that the settings name."""
    shown, home = settings.api_key.path or "", settings.home
    path = settings.locate(shown)
    is_in_home = home is not None and path.parent == home / ".qwen"
    return LoginCache(path, shown, any_link if is_in_home else outside_projects(home))
