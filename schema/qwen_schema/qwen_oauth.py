"""The service behind Qwen OAuth, as declared in `qwen_oauth.toml`, and the base URL of a login's API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .fields import declared_fields
from .formats import check_login_url
from .hosts import is_safe_endpoint
from .providers import declared_providers
from .records import field, record
from .tables.qwen_oauth import QWEN_OAUTH

if TYPE_CHECKING:
    from collections.abc import Mapping

METHOD = "qwen-oauth"


@record
class QwenOAuth:
    """The declared service; `qwen_oauth.toml` describes each value."""

    client_id: str
    scope: str
    device_code: str
    token: str
    providers: tuple[str, ...]
    closed_on: str
    headers: Mapping[str, str] = field(default_factory=dict)


@cache
def qwen_oauth() -> QwenOAuth:
    """Return the declared service."""
    return QwenOAuth(**{**QWEN_OAUTH, "providers": tuple(QWEN_OAUTH["providers"])})


def api_of_login(resource_url: str) -> str:
    """Return the base URL for a login's `resource_url`, which is often only a host, without a scheme and without `/v1`.

    Raises:
        ValueError: if it is not an https URL (http only on this machine); the message has the problem.
    """
    text = resource_url.strip().rstrip("/")
    if "?" in text or "#" in text:
        raise ValueError("it has a query or a fragment")
    url = text if "://" in text else f"https://{text}"
    check_login_url(url)
    return url if url.lower().endswith("/v1") else f"{url}/v1"


def is_declared_api(base_url: str) -> bool:
    """Return whether a login may be sent to a base URL without asking: a declared host over https, or this machine."""
    hosts = {host for name in qwen_oauth().providers for host in declared_providers()[name].hosts}
    return is_safe_endpoint(base_url, hosts)


def default_api() -> str:
    """Return the base URL under Qwen OAuth if neither the user nor the login names one."""
    return str(declared_fields()["base_url"].default_under(METHOD))
