"""Rules about the API key itself: one that is a placeholder, is written badly, or is another provider's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, host_of, is_loopback, kind_of_pointer
from qwen_schema import patterns as re
from qwen_schema.providers import key_issuers, provider_at

from .diagnostic import Finding, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution

# What local servers are given where a client insists on a key (the documents of Ollama, LM Studio, vLLM, llama.cpp).
_MADE_UP = re.compile(
    r"(?:sk-)?(?:ollama|lm-?studio|empty|none|null|dummy|fake|test|local|no-key(?:-required)?|not[-_](?:needed|required|used)"
    r"|unused|1234)|token-abc123|n/?a|x|-",
    re.IGNORECASE,
)

_LONGEST_PLACEHOLDER = 256
_QUOTES = "'\"`"
_LEFTOVERS = (
    (r".*\s#", "has a comment behind it, which is sent as a part of it", "Put the comment in a line of its own."),
    (r"https?://", "is a URL, not a key", "Put the key there; the URL is the base URL's (OPENAI_BASE_URL)."),
    (
        r"(?:export\s+|set\s+)?[A-Z_]*_KEY\s*[=:]",
        "begins with a variable's name, which is sent too",
        "Leave the name out.",
    ),
    (r".*\s", "has a blank in it, and what follows the blank is sent too", "Put the key alone there."),
    (r".*[,;\\]$", "ends in a character that belongs to no key", "Leave out what follows the key."),
)
_BEARER = re.compile(r"bearer\s", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    # <your key>, {{ key }}, ${KEY}, %KEY%: what was to be replaced, or is expanded by nobody
    r"<.*>|\[.*\]|\$?\{.*\}|\$\w+|%\w+%"
    # ..., ****, sk-xxxx, sk-…, sk-proj-...
    r"|(?:[a-z]{2,6}[-_])*[x*.…•_-]{3,}|(?:[a-z]{2,6}-)+…|.*x{6,}.*|.*\*{3,}.*|(?:[a-z]{2,6}-)+.{0,8}(?:\.{3}|…)"
    # your-api-key, sk-your-key, my_openai_key, put-key-here
    r"|(?:.*[^a-z])?your(?:[^a-z].*|(?:api|openai|key|token).*)|my[-_ ]?(?:openai|api|secret)?[-_ ]?(?:api)?[-_ ]?key"
    r"|.*key[-_ ]?here|(?:sk-)?(?:change|replace|insert|enter|paste|put)[-_ ]?(?:me|this|with|your|key|api|here).*"
    r"|(?:todo|fixme|tbd|xxx)\b.*|(?:.*[^a-z])?placeholder(?:[^a-z].*)?"
    # api-key, OPENAI_API_KEY: the name of a key
    r"|(?:the[-_ ])?(?:openai[-_ ]?|modelscope[-_ ]?|dashscope[-_ ]?)?(?:api[-_ ]?key|access[-_ ]?token)",
    re.IGNORECASE | re.DOTALL,
)


def is_made_up(text: str) -> bool:
    """Tell whether a text is only there because a key has to be: no server that needs one takes it."""
    return bool(_MADE_UP.fullmatch(text))


def is_key(text: str) -> bool:
    """Tell whether a text is meant to be a key itself, and not a word in place of one or where one is kept."""
    return bool(text) and not is_made_up(text) and kind_of_pointer(text) is None


def key_in(file: EnvFile) -> Candidate | None:
    """Return the key that an env file holds itself, if it holds one."""
    offers = file.offers.values()
    return next((c for c in offers if isinstance(c.text, Secret) and is_key(c.revealed)), None)


def doubtful_key(resolution: Resolution) -> Iterator[Finding]:
    """The key is what an example says in place of one, or has something around it that belongs to no key."""
    key, base_url = _key(resolution), _base_url(resolution)
    if key is None:
        return
    # A server on this machine takes any key, mostly.
    needs_key = not base_url or not is_loopback(host_of(base_url))
    doubt = doubt_about(key.revealed, needs_key=needs_key)
    if doubt is not None:
        yield Finding(f"The API key from {key.origin} {doubt[0]}.", doubt[1], "api_key", *place_of(key))


def foreign_key(resolution: Resolution) -> Iterator[Finding]:
    """The key begins as those of one provider do, and the base URL is another one's."""
    key, base_url = _key(resolution), _base_url(resolution)
    provider = provider_at(host_of(base_url)) if base_url else None
    issuers = () if key is None else key_issuers(key.revealed)
    if key is None or provider is None or not issuers or provider.title in issuers:
        return
    origin = resolution.decisions["base_url"].winner
    said = f" ({origin.origin})" if origin is not None else ""
    yield Finding(
        f"The API key from {key.origin} begins as those of {' and '.join(issuers)} do, and the base URL{said} is "
        f"{provider.title}'s: {host_of(base_url)}.",
        "Set the base URL and the key of the same provider, in the same place: the key would be sent to the wrong one.",
        "api_key",
        *place_of(key),
    )


def doubt_about(text: str, *, needs_key: bool) -> tuple[str, str] | None:
    """Return what is doubtful about a key and what to do; never a part of it."""
    inner = text.strip().strip(_QUOTES)
    if _BEARER.match(inner.strip()):
        return "begins with 'Bearer ', which is sent before it anyway", "Leave that word out."
    if inner != text.strip():
        return "has a quote at its beginning or end, which is sent as a part of it", "Leave the quotes out."
    if needs_key and len(inner) <= _LONGEST_PLACEHOLDER and _PLACEHOLDER.fullmatch(inner):
        return "looks like a placeholder, not like a key", "Put the key itself in its place."
    return next(((wrong, hint) for form, wrong, hint in _LEFTOVERS if re.match(form, inner)), None)


def _key(resolution: Resolution) -> Candidate | None:
    """Return the key that would be sent, if it is one and not where another is kept."""
    key = resolution.decisions["api_key"].winner
    if key is None or resolution.options.secret_from is not None or resolution.auth_method != "openai":
        return None
    return key if is_key(key.revealed) else None


def _base_url(resolution: Resolution) -> str:
    """Return the base URL; empty where it is not valid."""
    value = resolution.decisions["base_url"].value
    return value if isinstance(value, str) else ""
