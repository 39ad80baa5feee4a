"""The runtime's input: a resolved config with its key or login."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from qwen_schema import provider_of
from qwen_schema.records import field, record

from .settings import Settings, settings_of
from .wire.authentication import KeyAuth
from .wire.client import make_client
from .wire.connection import Connection

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import ResolvedConfig, Secret

    from .wire.exchange import Observe


@record
class ReadyConfig:
    """A resolved config with its key, or with a login.

    `base` is the start of the artifact's relative paths, `home` the directory of `~`. `remark` is a fact about the key
    (which other key it hides) for the message that the key was refused; `notices` are shown at once. Without a key, the
    artifact refers to a Qwen OAuth login, and `state` is the directory of the request counts. `observe` is called after
    every request to the model. `ca_variables` are those of `Settings`.
    """

    artifact: ResolvedConfig
    key: Secret | None = field(repr=False)
    base: Path
    home: Path | None
    remark: str = ""
    notices: tuple[str, ...] = ()
    state: Path | None = None
    observe: Observe | None = field(default=None, repr=False)
    ca_variables: tuple[str, ...] = ()

    @cached_property
    def settings(self) -> Settings:
        """The artifact's fields, typed."""
        return settings_of(self.artifact, base=self.base, home=self.home, ca_variables=self.ca_variables)

    def connect(self) -> Connection:
        """Return a connection; nothing is sent yet.

        Raises:
            ConfigurationError: if the CA bundle cannot be used.
        """
        settings, url = self.settings, self.settings.base_url
        if self.key is not None:
            client = make_client(settings, KeyAuth(self.key, provider_of(url), url))
            return Connection(settings, provider_of(url), client, self.remark)
        from .oauth import Tokens, cache_of  # noqa: PLC0415 - most requests have a key
        from .oauth.authentication import LoginAuth  # noqa: PLC0415
        from .oauth.server import AuthorizationServer  # noqa: PLC0415
        from .wire.quota import RequestLog  # noqa: PLC0415

        tokens = Tokens(cache_of(settings), AuthorizationServer(settings))
        client = make_client(settings, LoginAuth(tokens, url))
        requests = RequestLog(self.state)
        return Connection(settings, provider_of(url), client, requests=requests, login_notices=tokens.notices)
