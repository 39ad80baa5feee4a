"""One question to a model over the chat completions API, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from qwen_schema import AuthenticationError, ConfigurationError, ProviderError, redact_unknown

from .client import make_client

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import ResolvedConfig, Secret

_QUOTED = 300


@dataclass(frozen=True)
class Answer:
    """What the model said, and the name by which the provider calls that model."""

    text: str
    model: str


def ask(artifact: ResolvedConfig, key: Secret, prompt: str, *, base: Path, home: Path | None) -> Answer:
    """Send one prompt and return the answer.

    `base` is where relative paths of the artifact start, `home` what `~` stands for. Source of the request's form:
    OpenAI API reference, "Create chat completion".

    Raises:
        AuthenticationError: if the provider refuses the key (401, 403).
        ProviderError: if it cannot be reached, or answers with anything but a completion.
        ConfigurationError: if the artifact asks for what cannot be done here.
    """
    require_supported(artifact)
    url = endpoint(artifact.text("base_url"))
    body = {"model": artifact.text("model"), "messages": [{"role": "user", "content": prompt}]}
    with make_client(artifact, base=base, home=home) as client:
        try:
            response = client.post(url, json=body, headers={"Authorization": f"Bearer {key.reveal()}"})
        except httpx.HTTPError as error:
            raise _unreachable(error, artifact) from None
    _require_success(response, artifact)
    return _answer(response, artifact)


def require_supported(artifact: ResolvedConfig) -> None:
    """Refuse an artifact that asks for another way to authenticate than an API key.

    Raises:
        ConfigurationError: if it does.
    """
    if artifact.text("auth_method") != "openai":
        raise ConfigurationError(
            "this config logs in with Qwen OAuth, and run asks OpenAI-compatible providers with an API key only",
            where=f"auth_method ({artifact.provenance['auth_method'].origin})",
            hint="Set OPENAI_API_KEY, and use --auth-type openai.",
        )


def endpoint(base_url: str) -> httpx.URL:
    """Return where completions are asked for: the base URL with `chat/completions` added to its path."""
    url = httpx.URL(base_url)
    return url.copy_with(path=url.path.rstrip("/") + "/chat/completions")


def _require_success(response: httpx.Response, artifact: ResolvedConfig) -> None:
    if response.is_success:
        return
    said = redact_unknown(_said(response))
    where = _endpoint_and_origin(artifact)
    if response.status_code in (401, 403):
        raise AuthenticationError(
            f"the provider refused the key: {response.status_code} {said}",
            where=where,
            hint=f"The key comes from {artifact.api_key}. Is it a key of this provider?",
        )
    raise ProviderError(f"the provider answered {response.status_code}: {said}", where=where)


def _said(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])[:_QUOTED]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _answer(response: httpx.Response, artifact: ResolvedConfig) -> Answer:
    try:
        document: dict[str, Any] = response.json()
        text = document["choices"][0]["message"]["content"]
        return Answer(str(text), str(document.get("model", artifact.text("model"))))
    except (ValueError, KeyError, IndexError, TypeError):
        raise ProviderError(
            "the provider's answer is no chat completion",
            where=artifact.text("base_url"),
            hint="Does the base URL lack its path, such as /v1?",
        ) from None


def _unreachable(error: httpx.HTTPError, artifact: ResolvedConfig) -> ProviderError:
    return ProviderError(
        f"the provider cannot be reached: {redact_unknown(str(error)) or type(error).__name__}",
        where=_endpoint_and_origin(artifact),
        hint="Check the base URL and the network; --proxy and --ca-bundle say how to get there.",
    )


def _endpoint_and_origin(artifact: ResolvedConfig) -> str:
    return f"{artifact.text('base_url')} ({artifact.provenance['base_url'].origin})"
