"""The URL of a login's API: from the artifact, or else from the login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import ConfigurationError, Provenance
from qwen_schema.qwen_oauth import api_of_login, default_api
from qwen_schema.records import replace

from .cache import LOG_IN_AGAIN

if TYPE_CHECKING:
    from qwen_schema import ResolvedConfig

    from .cache import LoginCache
    from .login import Login

ORIGIN = "the Qwen OAuth login"


def with_api_of(artifact: ResolvedConfig, login: Login, cache: LoginCache) -> ResolvedConfig:
    """Return the artifact with the base URL for requests: the login's, if no other source sets one.

    Raises:
        ConfigurationError: if the login's URL is invalid.
    """
    if artifact.text("base_url") != default_api() or not login.resource_url:
        return artifact
    try:
        url = api_of_login(login.resource_url)
    except ValueError as error:
        raise ConfigurationError(
            f"the resource_url of the Qwen OAuth login cannot be used: {error}",
            where=cache.shown,
            hint=LOG_IN_AGAIN,
        ) from None
    if url == artifact.text("base_url"):
        return artifact
    return replace(
        artifact,
        config={**artifact.config, "base_url": url},
        provenance={**artifact.provenance, "base_url": Provenance("default", ORIGIN, "user")},
    )
