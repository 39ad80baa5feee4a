"""The known providers, built once from the declarations in `providers.toml`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from .hosts import host_of
from .records import field, record
from .tables.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

Caching = Literal["marked", "automatic", "unknown"]

# The beginnings of keys of well-known providers without a declaration: docs.claude.com, console.groq.com/docs,
# docs.x.ai, huggingface.co/docs/hub/security-tokens, docs.perplexity.ai.
_KEYS_OF_OTHERS = {
    "sk-ant-": "Anthropic",
    "gsk_": "Groq",
    "xai-": "xAI",
    "hf_": "Hugging Face",
    "pplx-": "Perplexity",
}

# The variables that the programs of well-known providers without a declaration read the key from.
_VARIABLES_OF_OTHERS = {
    "ANTHROPIC_API_KEY": "Anthropic",
    "DEEPSEEK_API_KEY": "DeepSeek",
    "GROQ_API_KEY": "Groq",
    "HF_TOKEN": "Hugging Face",
    "MISTRAL_API_KEY": "Mistral",
    "MOONSHOT_API_KEY": "Moonshot AI",
    "SILICONFLOW_API_KEY": "SiliconFlow",
    "TOGETHER_API_KEY": "Together AI",
    "XAI_API_KEY": "xAI",
    "ZHIPUAI_API_KEY": "Zhipu AI",
}


@record
class Provider:
    """The provider at a base URL; `providers.toml` describes each value."""

    name: str
    title: str
    hosts: tuple[str, ...]
    host_endings: tuple[str, ...]
    key_header: Literal["authorization", "api-key"]
    caching: Caching
    usual_path: str
    key_page: str
    key_remark: str = ""
    base_url: str = ""
    base_url_form: str = ""
    model: str = ""
    lists_models: bool = True
    lists_to_anyone: bool = False
    key_beginnings: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    other_bases: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    terms_page: str = ""
    privacy_page: str = ""
    terms_remark: str = ""
    training_remark: str = ""
    login: str = ""

    def serves(self, host: str) -> bool:
        """Return whether a host, as the client uses it, is this provider's; it may end in the dot of the root."""
        host = host.removesuffix(".")
        return host in self.hosts or any(host.endswith(ending) for ending in self.host_endings)

    @property
    def is_declared(self) -> bool:
        """Whether the provider is declared with hosts of its own; false for the one that stands for all other hosts."""
        return "" not in self.host_endings

    def has_other_base(self, base_url: str) -> bool:
        """Return whether a valid base URL is one of the further base URLs in this provider's documents."""
        return f"{host_of(base_url)}{_path_of(base_url)}".endswith(self.other_bases)

    def has_usual_path(self, base_url: str) -> bool:
        """Return whether a valid base URL has this provider's usual path, a sibling of it, or is a further base URL."""
        path, parent = _path_of(base_url), self.usual_path.rpartition("/")[0]
        is_below = path.endswith(self.usual_path) or bool(parent and f"{parent}/" in path)
        return is_below or self.has_other_base(base_url)


@cache
def declared_providers() -> Mapping[str, Provider]:
    """Return every declared provider by name, in the order in which their hosts are compared."""
    return {name: _provider(name, values) for name, values in PROVIDERS.items()}


def _provider(name: str, declaration: dict[str, Any]) -> Provider:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in declaration.items()}
    return Provider(name=name, **values)


def _path_of(base_url: str) -> str:
    return urlsplit(base_url).path.rstrip("/")


def provider_of(base_url: str) -> Provider:
    """Return the provider at a valid base URL."""
    host = host_of(base_url)
    return next(provider for provider in declared_providers().values() if provider.serves(host))


def provider_of_login(auth_method: str) -> Provider | None:
    """Return the provider that an authentication method logs in to; None if the method uses a key."""
    return next((provider for provider in declared_providers().values() if provider.login == auth_method), None)


def offered_providers() -> Mapping[str, Provider]:
    """Return the providers that a user can choose, by name and in order, without providers with a login."""
    return {name: provider for name, provider in declared_providers().items() if not provider.login}


def provider_at(host: str) -> Provider | None:
    """Return the provider that declares exactly this host; None if no provider does."""
    return next((provider for provider in declared_providers().values() if host in provider.hosts), None)


def key_issuers(key: str) -> tuple[str, ...]:
    """Return the titles of the providers whose keys begin like this key; empty if the beginning is a common one."""
    declared = [p.title for p in declared_providers().values() if key.startswith(p.key_beginnings)]
    return (*declared, *(title for beginning, title in _KEYS_OF_OTHERS.items() if key.startswith(beginning)))


def key_variables() -> dict[str, str]:
    """Return the variables from which providers' own programs read the key, with the provider's title."""
    declared = {name: p.title for p in declared_providers().values() for name in p.key_variables}
    return {**declared, **_VARIABLES_OF_OTHERS}
