"""The first question of the dialogue: whose API is used, with a key, or with Qwen OAuth."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qwen_schema import provider_of
from qwen_schema.providers import offered_providers
from qwen_schema.qwen_oauth import qwen_oauth

from .choices import ask_choice

if TYPE_CHECKING:
    from qwen_schema import Provider

    from .questions import Questions


def ask_provider(questions: Questions, base_url: str) -> Provider | None:
    """Return the provider that is chosen, or None for Qwen OAuth; Enter means the one of the base URL, if there is."""
    providers = tuple(offered_providers().values())
    names = [*offered_providers(), "qwen-oauth"]
    current = provider_of(base_url).name if base_url else ""
    default = names.index(current) + 1 if current in names else 1
    questions.tell("Which provider do you use?")
    oauth = f"Qwen OAuth, a login in the browser (its free tier ended on {qwen_oauth().closed_on})"
    options = [*(_option(provider) for provider in providers), oauth]
    number = ask_choice(questions, "Provider", options, default=default, names=names)
    return providers[number - 1] if number <= len(providers) else None


def _option(provider: Provider) -> str:
    if not provider.is_declared:
        return "another OpenAI-compatible server, a local one too"
    return f"{provider.title}: {provider.base_url or f'https://{urlsplit(provider.base_url_form).netloc}/…'}"
