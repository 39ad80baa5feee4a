"""The question for the model: the listed models are offered, and any other name can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.wire.near_models import is_listed
from qwen_schema import Secret, declared_fields, looks_like_key, printable, provider_of, show_value
from qwen_schema.spellings import TELLTALE_LENGTH

from .choices import LOOKS_LIKE_KEY, is_accepted, problem_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_runtime.change import DialogueDefaults

    from .questions import Questions

# How many models are shown with a number, and how many characters of a name.
_MOST_SHOWN = 12
_LONGEST_SHOWN = 60


def ask_model(
    questions: Questions, current: DialogueDefaults, base_url: str, key: Secret | None, listed: Sequence[str]
) -> str:
    """Return the chosen or typed model; Enter chooses the first one offered."""
    usable = [name for name in listed if problem_of("model", name) is None and not holds_key(name, key)]
    present = _present_model(current, base_url)
    usual = present or _usual_model(base_url)
    offered = _usual_first(usual, usable)
    # A model that was named stays the first choice, listed or not.
    default = present or (offered[0] if offered else usual)
    for number, name in enumerate(offered[:_MOST_SHOWN], 1):
        questions.tell(f"  {number}  {_display_name(name)}")
    if len(offered) > _MOST_SHOWN:
        questions.tell(f"  and {len(offered) - _MOST_SHOWN:,} more; any name may be typed")
    while True:
        text = questions.open("Model", _display_name(default)).strip() or default
        name = _model_with_number(text, offered)
        if not name:
            questions.warn("The name of a model is needed, or of a deployment where the provider asks for that.")
        elif holds_key(name, key):
            questions.warn(LOOKS_LIKE_KEY)
        elif is_accepted(questions, "model", name):
            return name


def holds_key(text: str, key: Secret | None) -> bool:
    """Return whether a text contains the key; a short key may occur by chance and is ignored."""
    if looks_like_key(text):
        return True
    return key is not None and len(key.reveal()) >= TELLTALE_LENGTH and key.reveal() in text


def _present_model(current: DialogueDefaults, base_url: str) -> str:
    """Return the present model if it belongs to the provider; else empty."""
    is_same = not current.base_url or provider_of(current.base_url).name == provider_of(base_url).name
    return current.model if current.model and is_same and problem_of("model", current.model) is None else ""


def _usual_model(base_url: str) -> str:
    """Return the provider's usual model, or the default if the provider is unknown."""
    provider = provider_of(base_url)
    if provider.is_declared:
        return provider.model
    return show_value(declared_fields()["model"].default_under("openai") or "")


def _usual_first(usual: str, listed: Sequence[str]) -> list[str]:
    """Return the models of a list, with the usual model first if it is listed."""
    return list(dict.fromkeys([*([usual] if is_listed(usual, listed) else []), *listed]))


def _model_with_number(text: str, offered: Sequence[str]) -> str:
    """Return the model with a number; any other text is returned unchanged."""
    if text in offered or not (text.isascii() and text.isdigit()):
        return text
    number = int(text[:9])
    return offered[number - 1] if 1 <= number <= min(len(offered), _MOST_SHOWN) else text


def _display_name(name: str) -> str:
    text = printable(name)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
