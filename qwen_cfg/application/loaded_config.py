"""The config that `qwen_cfg.load` returns: typed, frozen, and with the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_schema import Provenance, ResolvedConfig, Secret

    from .request import Request


@record(kw_only=True)
class Config:
    """The resolved config, or the config of an artifact, with an attribute for every field; times are in seconds.

    `api_key` is None for a Qwen OAuth login. `ca_bundle` is an absolute path; None for the usual authorities.
    `profile` is the name of the profile in use, and `origins` has the origin of each field's value. `warnings` are the
    warnings that `qwen-cfg run` would show before it sends anything.
    """

    auth_method: str
    base_url: str
    model: str
    api_key: Secret | None
    proxy: str
    no_proxy: tuple[str, ...]
    ca_bundle: Path | None
    timeout: float
    max_retries: int
    debug: bool
    excluded_variables: tuple[str, ...]
    qwen_oauth_url: str
    usage_statistics: bool
    usage_statistics_endpoint: str
    profile: str
    origins: Mapping[str, Provenance] = field(repr=False, compare=False)
    warnings: tuple[str, ...] = field(repr=False, compare=False)
    proxy_login: Secret | None = field(repr=False)
    _artifact: ResolvedConfig = field(repr=False, compare=False)
    _request: Request = field(repr=False, compare=False)

    def client_kwargs(self, *, is_async: bool = False) -> dict[str, Any]:
        """Return the arguments for `openai.OpenAI(**…)`, or with `is_async` for `openai.AsyncOpenAI(**…)`.

        They contain the key itself; only its `repr` is masked. Their HTTP client does not read the environment and does
        not follow redirects; it uses the resolved proxy and certificate authorities.

        Raises:
            ConfigurationError: if the method is not `openai`, the package is missing or too old, or the CA bundle or
                the proxy cannot be used.
        """
        from .openai_client import client_kwargs  # noqa: PLC0415 - not every caller uses the openai package

        return client_kwargs(self, is_async=is_async)

    def explain(self, *, everything: bool = False) -> str:
        """Return the origin of each value as text, without a key.

        The config is resolved again, with every place of the search. Without `everything`, fields with default values
        are only counted. For an artifact, the text has the recorded origins.
        """
        from . import explanations  # noqa: PLC0415 - few callers explain

        if self._request.config is None:
            return explanations.resolution_text(self._request, everything=everything)
        return explanations.artifact_text(self._request.config, self._artifact)

    def explain_data(self) -> dict[str, Any]:
        """Return the explanation as plain values: the output of `resolve --explain --format json`, or the artifact."""
        from . import explanations  # noqa: PLC0415

        if self._request.config is None:
            return explanations.resolution_data(self._request)
        return explanations.artifact_data(self._artifact)
