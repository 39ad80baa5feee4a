"""The first question of the dialogue: the provider whose API is used with a key, or Qwen OAuth."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qwen_schema import declared_fields, provider_of
from qwen_schema.providers import offered_providers
from qwen_schema.qwen_oauth import qwen_oauth

from .choices import ask_choice

if TYPE_CHECKING:
    from qwen_runtime.change import DialogueDefaults
    from qwen_schema import Provider

    from .questions import Questions


def ask_provider(questions: Questions, current: DialogueDefaults) -> Provider | None:
    """Return the chosen provider; None for Qwen OAuth.

    Enter chooses the provider of the present base URL, or else the provider whose own variable contains a key.
    """
    providers = tuple(offered_providers().values())
    names = [*offered_providers(), "qwen-oauth"]
    usual = provider_of(current.base_url).name if current.base_url else _provider_with_key(current)
    default = names.index(usual) + 1 if usual in names else 1
    questions.tell("Which provider do you use?")
    oauth = f"Qwen OAuth, a login in the browser (its free tier ended on {qwen_oauth().closed_on})"
    options = [*(_option(provider) for provider in providers), oauth]
    number = ask_choice(questions, "Provider", options, default=default, names=names)
    return providers[number - 1] if number <= len(providers) else None


def _provider_with_key(current: DialogueDefaults) -> str:
    """Return the first provider whose own variable has a key; empty if there is none, or the usual one has a key."""
    if declared_fields()["api_key"].variables[0].name in current.exported:
        return ""
    offered = offered_providers().items()
    return next((name for name, p in offered if any(v in current.exported for v in p.key_variables)), "")


def _option(provider: Provider) -> str:
    if not provider.is_declared:
        return "another OpenAI-compatible server, a local one too"
    return f"{provider.title}: {provider.base_url or f'https://{urlsplit(provider.base_url_form).netloc}/…'}"
