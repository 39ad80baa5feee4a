"""From an answer that is no success to an error that a person understands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
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
from qwen_schema.qwen_oauth import qwen_oauth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_runtime.settings import Settings
    from qwen_schema import QwenCfgError

_QUOTED = 300
_ITS_WORDS = "Those are the provider's own words; the model and the base URL are what it judges by."
_WEB_PAGE = re.compile(r"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)

# Codes and words of providers: OpenAI, Azure, DashScope (alibabacloud.com/help/en/model-studio/error-code), Google,
# OpenRouter, vLLM and Ollama. What is in neither list goes by its status.
_NO_MODEL_CODES = {"model_not_found", "ModelNotFound", "DeploymentNotFound"}
_NO_MODEL = re.compile(
    r"model.{0,100}(not found|(does )?not exist|not a valid model)|(no such|unknown|invalid) model|not a valid model",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LONG = re.compile(
    r"context.{0,12}length|context window|context size|maximum context|too many tokens|prompt is too long"
    r"|range of input length|input is too long|exceeds? the (model|max)",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient[_ ]?(quota|balance|credit)|exceeded your current quota|free ?tier ?only|free allocated quota"
    r"|arrearage|billing_(not_active|hard_limit)|out of credit|payment required",
    re.IGNORECASE,
)
_RATE_CODE = re.compile(r"rate.?limit|^Throttling|too_many_requests|^(requests|tokens)$", re.IGNORECASE)
_KEY_CODES = {"invalid_api_key", "InvalidApiKey", "authentication_error", "API_KEY_INVALID", "invalid_authentication"}
_NO_KEY = re.compile(
    r"(invalid|incorrect|wrong) api[ _-]?key|api[ _-]?key.{0,20}(not valid|is invalid|incorrect)", re.I
)


@dataclass(frozen=True)
class Refusal:
    """An answer that is no success: its status, its headers (names in lower case), and its body as far as read."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)

    @property
    def is_web_page(self) -> bool:
        """Whether a page for a browser came: from a proxy, a captive portal, or a server that is no API."""
        return "text/html" in self.headers.get("content-type", "") or bool(_WEB_PAGE.match(self.body))

    @property
    def words(self) -> str:
        """What the provider says about it, in one line without a secret; nothing where it says nothing of use."""
        if self.is_web_page:
            return ""
        text = _first_text(self._document, ("error", "message"), ("message",), ("error",), ("detail",), ("msg",))
        return printable(redact_unknown(" ".join((text or self._plain).split())))[:_QUOTED]

    @property
    def code(self) -> str:
        """The provider's own code of the error, if it gives one."""
        return _first_text(self._document, ("error", "code"), ("error", "type"), ("code",), ("type",)) or ""

    @property
    def _document(self) -> Any:
        document = parsed(self.body)
        return document[0] if isinstance(document, list) and document else document

    @property
    def _plain(self) -> str:
        return "" if self.body.lstrip().startswith(("{", "[")) else self.body

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether the provider's code or words have something in them."""
        return bool(pattern.search(f"{self.code} {self.words}"))


def parsed(text: str) -> Any:
    """Return the JSON value that a server's text is; None if it is none, or nested beyond reason."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_out_of_quota(refusal: Refusal) -> bool:
    """Tell whether trying again helps nobody: what the account may use is used up."""
    if refusal.status == 402:
        return True
    is_rate = bool(_RATE_CODE.search(refusal.code)) or "retry-after" in refusal.headers
    return refusal.status in (0, 400, 403, 429) and not is_rate and refusal.says(_QUOTA)


def misses_model(refusal: Refusal) -> bool:
    """Tell whether the provider does not know the model that was asked for."""
    if refusal.status not in (0, 400, 404, 422):
        return False
    by_words = not _is_about_length(refusal) and refusal.says(_NO_MODEL)
    return refusal.code in _NO_MODEL_CODES or by_words


def _refuses_key(refusal: Refusal) -> bool:
    """Tell whether the key is refused; not every provider has the status for it (Google: 400)."""
    if refusal.status in (401, 403):
        return True
    return refusal.status in (0, 400) and (refusal.code in _KEY_CODES or refusal.says(_NO_KEY))


def error_of(refusal: Refusal, settings: Settings, *, url: str = "", remark: str = "") -> QwenCfgError:
    """Return what a refusal means to the person who configured this.

    A status of 0 is none: the error came with a success, or in a stream. `url` is what was asked; `remark` is what the
    command line knows about the key beside (which other key it hides).

    """
    said = ": ".join(part for part in (str(refusal.status or ""), refusal.words) if part)
    where = settings.place("base_url")
    if is_out_of_quota(refusal):
        return QuotaError(f"the account has nothing left to use ({said})", where=where, hint=_payer(settings))
    if _refuses_key(refusal):
        refused = _login_refused if settings.uses_login else _key_refused
        return refused(refusal, settings, said, remark)
    if refusal.status == 407:
        return ProviderError(
            f"the proxy wants a login ({said})",
            where=settings.place("proxy") if settings.proxy else where,
            hint="Name a proxy that needs none with --proxy, or reach the provider without it with --no-proxy.",
        )
    if refusal.is_web_page and refusal.status != 413 and refusal.status < 500:
        return NoCompletionError(
            f"a web page came instead of an answer ({refusal.status})",
            where=where,
            hint=f"A proxy or a captive portal may have answered, or {path_doubt(settings)}",
        )
    if misses_model(refusal):
        return NotFoundError(
            f"the provider has no model {settings.model} ({said})",
            where=settings.place("model"),
            hint=f"Name another one with {ways_to_name(settings)} (here with /model, in a conversation).",
        )
    return _by_status(refusal, settings, said, where, url)


def ways_to_name(settings: Settings) -> str:
    """Return what names another model under the method that is in use."""
    return "--model" if settings.uses_login else "--model or OPENAI_MODEL"


def path_is_unusual(base_url: str) -> bool:
    """Tell whether a base URL lacks what its provider's base URLs usually end in."""
    usual = provider_of(base_url).usual_path
    path = base_url.partition("?")[0].rstrip("/")
    return bool(usual) and not path.endswith(usual) and not re.search(r"/v\d+\w*$", path)


def _by_status(refusal: Refusal, settings: Settings, said: str, where: str, url: str) -> QwenCfgError:
    status = refusal.status
    if 300 <= status < 400:
        target = _target(refusal, url or settings.base_url)
        hint = f"It points to {target}, which is not followed. If that is the provider, make it the base URL."
        return NoCompletionError(f"the provider redirects ({status})", where=where, hint=hint)
    if not status:
        hint = f"Those are its own words. Or {path_doubt(settings)}" if path_is_unusual(settings.base_url) else ""
        return ProviderError(f"the provider tells of an error ({said})", where=where, hint=hint or _ITS_WORDS)
    if status in (404, 405):
        hint = f"The path may be wrong: {path_doubt(settings)}"
        return NotFoundError(f"there is nothing at {url or 'this address'} ({said})", where=where, hint=hint)
    if status == 413 or _is_about_length(refusal):
        hint = "Shorten the prompt, or use /clear to start anew; another model may take more."
        return ContextTooLongError(f"the conversation is too long for the model ({said})", where=where, hint=hint)
    if status == 429:
        hint = "Wait a little; --max-retries says how often it is tried again."
        return RateLimitError(f"the provider asks for fewer requests ({said})", where=where, hint=hint)
    if 400 <= status < 500:
        return RequestRefusedError(f"the provider does not accept the request ({said})", where=where, hint=_ITS_WORDS)
    page = "A web page came with it, so that a gateway before it may be what fails. " if refusal.is_web_page else ""
    hint = f"{page}That is on the provider's side. Try again later, or use another endpoint."
    return ProviderError(f"the provider failed ({said})", where=where, hint=hint)


def _key_refused(refusal: Refusal, settings: Settings, said: str, remark: str) -> AuthenticationError:
    base_url = settings.base_url
    provider, host = provider_of(base_url), endpoint_of(base_url)
    doubts = [
        f"The key comes from {settings.api_key}, and the base URL from {settings.origin('base_url')}.",
        remark,
        "A web page came with it, so that a proxy may have refused it." if refusal.is_web_page else "",
        provider.key_remark,
        "Is it a key of this provider?" if not provider.key_page else f"Its keys: {provider.key_page}",
    ]
    return AuthenticationError(
        f"{host} refused the key ({said})", where=base_url, hint=" ".join(doubt for doubt in doubts if doubt)
    )


def _login_refused(refusal: Refusal, settings: Settings, said: str, _: str) -> AuthenticationError:
    page = "A web page came with it, so that a proxy may have refused it. " if refusal.is_web_page else ""
    return AuthenticationError(
        f"{endpoint_of(settings.base_url)} refused the Qwen OAuth login ({said})",
        where=settings.base_url,
        hint=f"{page}{about_refusal()} If yours is to be valid, log in again: qwen-cfg auth login",
    )


def about_refusal() -> str:
    """Return what has to be known where a login is refused: that may be for good."""
    return (
        f"The free tier of Qwen OAuth was closed on {qwen_oauth().closed_on}, and logins may be refused since. "
        "The other method is an API key: OPENAI_API_KEY (in a conversation, /auth changes the method)."
    )


def _payer(settings: Settings) -> str:
    if settings.uses_login:
        return f"The requests that a login grants are used up for now, or for good. {about_refusal()}"
    page = provider_of(settings.base_url).key_page
    return (
        f"The key comes from {settings.api_key}. Look at the account's plan and balance{f': {page}' if page else '.'}"
    )


def path_doubt(settings: Settings) -> str:
    """Return what may be wrong with the path of the base URL, as the end of a sentence."""
    base_url = settings.base_url
    if base_url.partition("?")[0].rstrip("/").endswith("/chat/completions"):
        return "the base URL ends in /chat/completions, which is added to it anyway."
    if path_is_unusual(base_url):
        return f"is {provider_of(base_url).usual_path} missing at the end of the base URL?"
    local = " (Is it the port of this server?)" if is_loopback(host_of(base_url)) else ""
    return f"the base URL may be another one than the provider's.{local}"


def _target(refusal: Refusal, url: str) -> str:
    """Return where a redirect leads, without what may be secret in it."""
    try:
        parts = urlsplit(urljoin(url, refusal.headers.get("location", "")))
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "what is no address"
    return printable(redact_unknown(f"{parts.scheme}://{host}{port}{parts.path}"))[:_QUOTED]


def _is_about_length(refusal: Refusal) -> bool:
    return "context_length" in refusal.code or (refusal.status in (400, 413, 422) and refusal.says(_TOO_LONG))


def _first_text(document: Any, *paths: tuple[str, ...]) -> str | None:
    for path in paths:
        value = document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str | int) and str(value).strip():
            return str(value)
        if path == ("detail",) and value:
            return json.dumps(value)
    return None
