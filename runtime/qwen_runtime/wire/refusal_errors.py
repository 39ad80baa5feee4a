"""Converts an error answer to an error in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from qwen_schema import (
    AuthenticationError,
    ContextTooLongError,
    NoCompletionError,
    NotFoundError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RequestRefusedError,
    endpoint_of,
    host_of,
    is_loopback,
    printable,
    provider_of,
    redact_unknown,
)
from qwen_schema.added_paths import added_path_of
from qwen_schema.qwen_oauth import qwen_oauth

from .failures import login_advice
from .refusal import LONGEST_QUOTE
from .refusal_kinds import (
    denies_model,
    is_about_length,
    is_out_of_quota,
    is_rate_limited,
    misses_model,
    names_key,
    refuses_country,
    refuses_key,
)

if TYPE_CHECKING:
    from qwen_runtime.settings import Settings
    from qwen_schema import QwenCfgError

    from .refusal import Refusal


def error_of(refusal: Refusal, settings: Settings, *, url: str = "", remark: str = "") -> QwenCfgError:
    """Return the error for a refusal, with a hint about the configuration.

    A status of 0 means that the error was in a success, or in a stream. `url` is the requested URL; `remark` is a fact
    about the key (which other key it hides).
    """
    reason, where = refusal.reason, settings.place("base_url")
    if is_out_of_quota(refusal):
        return QuotaError(
            f"the account's quota or balance is used up ({reason})", where=where, hint=_quota_hint(settings)
        )
    if refuses_key(refusal):
        refused = _login_error if settings.uses_login else _key_error
        return refused(refusal, settings, reason, remark)
    if refusal.status == 407:
        return ProviderError(
            f"the proxy {'refuses the login' if settings.proxy_login is not None else 'requires a login'} ({reason})",
            where=settings.place("proxy") if settings.proxy else where,
            hint=login_advice(settings),
        )
    if refusal.is_web_page and refusal.status != 413 and refusal.status < 500:
        return NoCompletionError(
            f"the answer is a web page ({reason})",
            where=where,
            hint=f"A proxy or a captive portal may have answered, or {path_doubt(settings)}",
        )
    if refuses_country(refusal):
        return RequestRefusedError(
            f"the provider does not serve this country or region ({reason})",
            where=where,
            hint="Use another model or provider, or a proxy (--proxy) in a country that it serves.",
        )
    if denies_model(refusal) or misses_model(refusal):
        return _model_error(refusal, settings)
    return _status_error(refusal, settings, reason, where, url)


def _model_error(refusal: Refusal, settings: Settings) -> NotFoundError:
    model, where, ways = settings.model, settings.place("model"), ways_to_name(settings)
    if denies_model(refusal):
        return NotFoundError(
            f"the key has no access to the model {model} ({refusal.reason})",
            where=where,
            hint=f"Enable the model in the provider's console, or set another model with {ways}.",
        )
    return NotFoundError(
        f"the provider has no model {model} ({refusal.reason})", where=where, hint=f"Set another model with {ways}."
    )


def ways_to_name(settings: Settings) -> str:
    """Return the ways to name another model under the method in use."""
    return "--model" if settings.uses_login else "--model, OPENAI_MODEL or qwen-cfg set model"


def path_is_unusual(base_url: str) -> bool:
    """Return whether a base URL lacks the usual ending of its provider's base URLs."""
    path = base_url.partition("?")[0].rstrip("/")
    return not provider_of(base_url).has_usual_path(base_url) and not re.search(r"/v\d+\w*$", path)


def _status_error(refusal: Refusal, settings: Settings, reason: str, where: str, url: str) -> QwenCfgError:
    status = refusal.status
    if 300 <= status < 400:
        target = _target(refusal, url or settings.base_url)
        hint = f"The redirect to {target} is not followed. If that is the provider, use it as the base URL."
        return NoCompletionError(f"the provider redirects ({status})", where=where, hint=hint)
    if is_rate_limited(refusal):
        hint = "Wait a moment; --max-retries sets the number of retries."
        return RateLimitError(f"rate limited by the provider ({reason})", where=where, hint=hint)
    if not status:
        doubt = f"Or {path_doubt(settings)}" if path_is_unusual(settings.base_url) else ""
        hint = " ".join(part for part in (_own_words_hint(refusal), doubt) if part)
        return ProviderError(f"the provider reports an error ({reason})", where=where, hint=hint)
    if status in (404, 405):
        hint = f"The path may be wrong: {path_doubt(settings)}"
        return NotFoundError(f"not found: {url or 'this address'} ({reason})", where=where, hint=hint)
    if status == 413 or is_about_length(refusal):
        hint = "Shorten the prompt, start again with /clear, or use a model with a larger context."
        return ContextTooLongError(f"the conversation is too long for the model ({reason})", where=where, hint=hint)
    if 400 <= status < 500:
        return RequestRefusedError(
            f"the provider rejected the request ({reason})", where=where, hint=_own_words_hint(refusal)
        )
    page = "The answer is a web page, so a gateway may be at fault. " if refusal.is_web_page else ""
    hint = f"{page}The problem is with the provider. Try again later, or use another endpoint."
    return ProviderError(f"the provider failed ({reason})", where=where, hint=hint)


def _own_words_hint(refusal: Refusal) -> str:
    """Return the hint for an error that only the provider can explain."""
    own = "The message is the provider's own" if refusal.words else "The provider gives no reason"
    return f"{own}; check the model and the base URL."


def _key_error(refusal: Refusal, settings: Settings, reason: str, remark: str) -> AuthenticationError:
    base_url = settings.base_url
    provider, host = provider_of(base_url), endpoint_of(base_url)
    doubts = [
        f"The key comes from {settings.api_key}, and the base URL from {settings.origin('base_url')}.",
        remark,
        "The answer is a web page, so a proxy may have refused it." if refusal.is_web_page else "",
        provider.key_remark,
        "Check that the key belongs to this provider." if not provider.key_page else f"Its keys: {provider.key_page}",
    ]
    is_certain = refusal.status == 401 or names_key(refusal)
    refused = "refused the key" if is_certain else "refused the request, possibly because of the key"
    return AuthenticationError(
        f"{host} {refused} ({reason})", where=base_url, hint=" ".join(doubt for doubt in doubts if doubt)
    )


def _login_error(refusal: Refusal, settings: Settings, reason: str, _: str) -> AuthenticationError:
    page = "The answer is a web page, so a proxy may have refused it. " if refusal.is_web_page else ""
    return AuthenticationError(
        f"{endpoint_of(settings.base_url)} refused the Qwen OAuth login ({reason})",
        where=settings.base_url,
        hint=f"{page}{about_refusal()} If your login should be valid, log in again: qwen-cfg auth login",
    )


def about_refusal() -> str:
    """Return the hint for a refused login: the refusal may be permanent."""
    return (
        f"The free tier of Qwen OAuth was closed on {qwen_oauth().closed_on}, and the service may now refuse logins. "
        "The other method is an API key: OPENAI_API_KEY (in a conversation, /auth changes the method)."
    )


def _quota_hint(settings: Settings) -> str:
    if settings.uses_login:
        return f"The login's requests are used up, for now or permanently. {about_refusal()}"
    page = provider_of(settings.base_url).key_page
    return f"The key comes from {settings.api_key}. Check the account's plan and balance{f': {page}' if page else '.'}"


def path_doubt(settings: Settings) -> str:
    """Return the possible error in the path of the base URL, as the end of a sentence."""
    base_url = settings.base_url
    added = added_path_of(base_url)
    if added is not None:
        return f"the base URL ends in {added}, which every request adds again."
    if path_is_unusual(base_url):
        return f"is {provider_of(base_url).usual_path} missing at the end of the base URL?"
    local = " (Is it the port of this server?)" if is_loopback(host_of(base_url)) else ""
    return f"the base URL may not be the provider's.{local}"


def _target(refusal: Refusal, url: str) -> str:
    """Return the target of a redirect, without possible secrets."""
    try:
        parts = urlsplit(urljoin(url, refusal.headers.get("location", "")))
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an invalid address"
    return printable(redact_unknown(f"{parts.scheme}://{host}{port}{parts.path}"))[:LONGEST_QUOTE]
