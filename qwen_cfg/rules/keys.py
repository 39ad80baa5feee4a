"""Rules about the API key: a placeholder, a key with extra text, and a key of another provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, host_of, is_loopback, kind_of_pointer
from qwen_schema import patterns as re
from qwen_schema.providers import key_issuers, provider_at
from qwen_schema.unresolved_references import is_plain

from .diagnostic import Finding, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution

# Keys for local servers, if a client requires one (the documents of Ollama, LM Studio, vLLM, llama.cpp), and the names
# of "no value" in languages, which a script writes in place of a variable that is not set.
_MADE_UP = re.compile(
    r"(?:sk-)?(?:ollama|lm-?studio|empty|none|null|undefined|nil|dummy|fake|test|local|unused|1234|no-key(?:-required)?"
    r"|not[-_](?:needed|required|used))|token-abc123|n/?a|x|-",
    re.IGNORECASE,
)

# A longer text is none of these words, so the pattern, which is slow to compile, is skipped.
_LONGEST_MADE_UP = len("sk-no-key-required")

_LONGEST_PLACEHOLDER = 256
_QUOTES = "'\"`"
_LEFTOVERS = (
    (r".*\s#", "is followed by a comment, which is sent as part of the key", "Put the comment on its own line."),
    (r"https?://", "is a URL, not a key", "Set the key here, and the URL as the base URL (OPENAI_BASE_URL)."),
    (
        r"(?:export\s+|set\s+)?[A-Z_]*_KEY\s*[=:]",
        "begins with a variable's name, which is sent too",
        "Remove the name.",
    ),
    (r".*\s", "contains a blank, and the text after the blank is sent too", "Set only the key."),
    (r".*[,;\\]$", "ends in a character that no key contains", "Remove the text after the key."),
)
_BEARER = re.compile(r"bearer\s", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    # <your key>, {{ key }}, ${KEY}, %KEY%: text that was not replaced or expanded
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

# A placeholder in ASCII begins with a bracket or a variable sign, ends in filling characters, or has a word of these.
_FILLING = set("x*._-")
_WORDS = (
    *("your", "key", "change", "replace", "insert", "enter", "paste", "put", "todo", "fixme", "tbd", "xxx", "***"),
    *("placeholder", "token"),
)


def is_made_up(text: str) -> bool:
    """Return whether a text is a made-up word for servers without keys; no server that needs a key accepts it."""
    return len(text) <= _LONGEST_MADE_UP and _MADE_UP.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Return whether a text is meant as a key: not empty, not a made-up word, and not a pointer."""
    return bool(text) and not is_made_up(text) and kind_of_pointer(text) is None


def key_in(file: EnvFile) -> Candidate | None:
    """Return the first key in an env file; None if there is none."""
    offers = file.offers.values()
    return next((c for c in offers if isinstance(c.text, Secret) and is_key(c.revealed)), None)


def doubtful_key(resolution: Resolution) -> Iterator[Finding]:
    """The key is a placeholder from an example, or has extra characters around it."""
    key, base_url = _own_key(resolution), _base_url(resolution)
    if key is None:
        return
    if is_made_up(key.revealed):
        yield from _made_up_finding(key, base_url)
        return
    # A server on this machine usually accepts any key.
    needs_key = not base_url or not is_loopback(host_of(base_url))
    doubt = doubt_about(key.revealed, needs_key=needs_key)
    if doubt is not None:
        yield Finding(f"The API key from {key.origin} {doubt[0]}.", doubt[1], "api_key", *place_of(key))


def _made_up_finding(key: Candidate, base_url: str) -> Iterator[Finding]:
    """Yield the finding about a made-up word with the base URL of a known provider, which refuses it."""
    provider = provider_at(host_of(base_url)) if base_url else None
    if provider is None or is_loopback(host_of(base_url)):
        return
    yield Finding(
        f"The API key from {key.origin} is a word for servers without keys, but {provider.title} needs a key.",
        "Replace it with the key, or set the base URL of your own server.",
        "api_key",
        *place_of(key),
    )


def foreign_key(resolution: Resolution) -> Iterator[Finding]:
    """The key has the prefix of one provider, and the base URL belongs to another."""
    key, base_url = _key(resolution), _base_url(resolution)
    provider = provider_at(host_of(base_url)) if base_url else None
    issuers = () if key is None else key_issuers(key.revealed)
    if key is None or provider is None or not issuers or provider.title in issuers:
        return
    origin = resolution.decisions["base_url"].winner
    place = f" ({origin.origin})" if origin is not None else ""
    yield Finding(
        f"The API key from {key.origin} has the prefix of {' and '.join(issuers)}, but the base URL{place} is "
        f"{provider.title}'s: {host_of(base_url)}.",
        "Set the base URL and the key of the same provider in the same place; "
        "otherwise the key is sent to the wrong provider.",
        "api_key",
        *place_of(key),
    )


def doubt_about(text: str, *, needs_key: bool) -> tuple[str, str] | None:
    """Return the problem of a key and its fix, without any part of the key."""
    inner = text.strip().strip(_QUOTES)
    if _BEARER.match(inner.strip()):
        return "begins with 'Bearer ', which is added to every request anyway", "Remove that word."
    if inner != text.strip():
        return "begins or ends with a quote, which is sent as part of the key", "Remove the quotes."
    if needs_key and _may_be_placeholder(inner) and _PLACEHOLDER.fullmatch(inner):
        return "looks like a placeholder, not like a key", "Replace it with the key."
    if is_plain(inner):
        return None
    return next(((wrong, hint) for form, wrong, hint in _LEFTOVERS if re.match(form, inner)), None)


def _may_be_placeholder(text: str) -> bool:
    """Return whether a text may be a placeholder. The exact pattern takes longer to compile than most commands run."""
    if not text.isascii() or len(text) > _LONGEST_PLACEHOLDER:
        return len(text) <= _LONGEST_PLACEHOLDER
    lower = text.lower()
    return lower.startswith(tuple("<[{$%")) or set(lower[-3:]) <= _FILLING or any(word in lower for word in _WORDS)


def _key(resolution: Resolution) -> Candidate | None:
    """Return the key that would be sent; None if it is a made-up word or a pointer."""
    key = _own_key(resolution)
    return key if key is not None and resolution.auth_method == "openai" and is_key(key.revealed) else None


def _own_key(resolution: Resolution) -> Candidate | None:
    """Return the text that would be sent as the key, even if it is a made-up word; None for a pointer.

    If no method is set, that is the key that would be sent once openai is set.
    """
    key = resolution.decisions["api_key"].winner
    if key is None or resolution.options.secret_from is not None or resolution.auth_method not in (None, "openai"):
        return None
    return None if not key.revealed or kind_of_pointer(key.revealed) is not None else key


def _base_url(resolution: Resolution) -> str:
    """Return the base URL; an empty text if it is invalid."""
    value = resolution.decisions["base_url"].value
    return value if isinstance(value, str) else ""
