"""A home with a Qwen OAuth login, and prompts that use it from this process or the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cli.process import Outcome, run

from qwen_cfg import resolve
from qwen_cfg.core.artifact import to_artifact
from qwen_runtime import ReadyConfig
from qwen_runtime.oauth import Login, LoginCache, Tokens, cache_of, with_api_of
from qwen_runtime.oauth.server import AuthorizationServer as ServerClient
from qwen_runtime.session import Session
from qwen_runtime.settings import settings_of
from support.prompts import ask, opened, pieces

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_runtime.settings import Settings
    from qwen_schema import ResolvedConfig
    from support.authorization import AuthorizationServer

ANSWER = "pong from coder-model"


@dataclass(frozen=True)
class Home:
    """A home with a login at one server; `url` may name the server differently."""

    path: Path
    server: AuthorizationServer
    url: str = ""

    @cached_property
    def artifact(self) -> ResolvedConfig:
        url = self.url or self.server.url
        values = {"auth_method": "qwen-oauth", "qwen_oauth_url": url, "timeout": 20.0, "max_retries": 0}
        return to_artifact(resolve(environ={}, cwd=self.path, home=self.path, values=values, search=False))

    @cached_property
    def settings(self) -> Settings:
        return settings_of(self.artifact, base=self.path, home=self.path)

    @property
    def cache(self) -> LoginCache:
        return cache_of(self.settings)

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.cache, ServerClient(self.settings))

    @property
    def login(self) -> Login:
        login = self.cache.read()
        assert login is not None
        return login

    @property
    def files(self) -> list[str]:
        """The names of the files in the login's directory."""
        return sorted(file.name for file in self.cache.path.parent.iterdir())

    def write_login(self, document: dict[str, Any]) -> bytes:
        """Write a login to the home, and return the content of the file."""
        self.cache.path.parent.mkdir(exist_ok=True)
        self.cache.path.write_text(json.dumps(document))
        self.cache.path.chmod(0o600)
        return self.cache.path.read_bytes()

    def ask(self) -> str:
        """Send a prompt from this process with the login, and return the answer."""
        artifact = with_api_of(self.artifact, self.login, self.cache)
        opened.append(Session(ReadyConfig(artifact, None, self.path, self.path).connect()))
        return "".join(pieces(ask(opened[-1])[0]))

    @property
    def argv(self) -> list[str]:
        """The command line for a prompt with the login."""
        return ["run", "-p", "hi", "--auth-type", "qwen-oauth", "--qwen-oauth-url", self.server.url]

    def run(self, **options: Any) -> Outcome:
        return run(*self.argv, cwd=self.path, home=self.path, **options)
