"""The file that keeps the login, which Qwen Code and this program share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError, OutputError
from qwen_schema.bounded import Unreadable, read_file
from qwen_schema.folders import anywhere, outside_projects, reached
from qwen_schema.save import save

from .login import login_document, login_of

if TYPE_CHECKING:
    from qwen_runtime.settings import Settings
    from qwen_schema.folders import MayFollow

    from .login import Login

# What to do where a login is of no use.
LOG_IN_AGAIN = "Log in again: qwen-cfg auth login, or /auth in a conversation"
LOG_IN_OR_KEY = f"{LOG_IN_AGAIN}. Or use an API key: OPENAI_API_KEY."

LOCK_NAME = "oauth_creds.lock"


def _number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        # Python's own words are for its programmers.
        raise ValueError("a number in it has too many digits") from None


class BrokenLoginError(ConfigurationError):
    """The file is there, and holds no login."""


class LoginCache:
    """The login of one user. `shown` is how the file is written in messages; `may_follow` tells of links to it."""

    def __init__(self, path: Path, shown: str, may_follow: MayFollow = anywhere) -> None:
        self.path = path
        self.shown = shown
        self._may_follow = may_follow

    @property
    def lock_path(self) -> Path:
        """The lock that both programs take before they exchange the tokens."""
        return self.path.with_name(LOCK_NAME)

    def read(self) -> Login | None:
        """Return the login; None if there is no file.

        Raises:
            BrokenLoginError: if there is one, and it holds no login.
            ConfigurationError: if it cannot be read.
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
            wrong = "it is no JSON object"
        except json.JSONDecodeError:
            wrong = "it is no JSON"
        except ValueError as error:
            wrong = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise BrokenLoginError(
            f"the file of the Qwen OAuth login is invalid: {wrong}", where=self.shown, hint=LOG_IN_OR_KEY
        ) from None

    def write(self, login: Login) -> None:
        """Keep a login, so that nobody ever sees half of it and nobody else can read it.

        Raises:
            OutputError: if it cannot be written.
        """
        document = json.dumps(login_document(login), indent=2)
        save(self.path, document, may_follow=self._may_follow, private=True, make=True)

    def require_place(self) -> None:
        """Make sure that a login can be kept, before a person is asked to log in.

        Raises:
            OutputError: if it cannot.
        """
        directory, wrong = self.path.parent, ""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = Path(os.path.realpath(self.path))
            if target.exists() and not target.is_file():
                wrong = "there is something else in its place"
            elif not os.access(target.parent, os.W_OK | os.X_OK) or not os.access(directory, os.W_OK | os.X_OK):
                wrong = "you may not write there"
        except OSError as error:
            wrong = str(error.strerror)
        if wrong:
            raise OutputError(
                f"the login cannot be saved: {wrong}", where=self.shown, hint="Make room for it, and log in again."
            )

    def set_aside(self) -> str:
        """Move a broken file out of the way, keeping it, and return its new name; empty if it cannot be moved."""
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
        """Forget the login; tell whether there was a file.

        Raises:
            OutputError: if it cannot be removed.
        """
        try:
            # Of a link, what it leads to: that is where the tokens are.
            with reached(self.path, self._may_follow) as (folder, name):
                folder.unlink(name)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise still_there(f"the login cannot be removed: {error.strerror}", self.shown) from None
        return True


def still_there(what: str, shown: str) -> OutputError:
    """Return what a person is told when a login cannot be removed."""
    hint = "You are still logged in. Make its directory writable for you, or remove the file yourself."
    return OutputError(what, where=shown, hint=hint)


def cache_of(settings: Settings) -> LoginCache:
    """Return the cache that the settings refer to."""
    shown, home = settings.api_key.path or "", settings.home
    path = settings.locate(shown)
    is_in_home = home is not None and path.parent == home / ".qwen"
    return LoginCache(path, shown, anywhere if is_in_home else outside_projects(home))
