"""The question for the API key: exported keys are offered, and a text that cannot be a key is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import Secret, declared_fields, is_loopback, printable, provider_of, safe_text
from qwen_schema.hosts import host_of
from qwen_schema.records import record

from .choices import is_accepted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_runtime.change import DialogueDefaults

    from .checks import Checks
    from .questions import Questions

_QUOTES = "'\"`"
_NEEDED = "A key is needed. For a local server that asks for none, any value will do."
_REFUSED = "Another key is needed: the server refused the one before. Ctrl-C cancels."


@record
class _Offer:
    """A key that Enter accepts: its description, and the key; None for the present key."""

    words: str
    key: Secret | None


def ask_key(
    questions: Questions, current: DialogueDefaults, base_url: str, typed: Secret | None, checks: Checks
) -> Secret | None:
    """Return the key for a base URL; None for the present key.

    `typed` is a key that was typed earlier in this dialogue.
    """
    questions.tell(_key_text(base_url))
    offer = _offer(questions, current, base_url, typed, checks)
    if offer is not None:
        questions.tell(offer.words)
    text = _ask_valid_key(questions, base_url, checks, _NEEDED, may_be_empty=offer is not None)
    return Secret(text) if text or offer is None else offer.key


def ask_other_key(questions: Questions, base_url: str, checks: Checks) -> Secret:
    """Return another key for a base URL after a refused key; no key is offered."""
    provider = provider_of(base_url)
    if provider.key_page:
        questions.tell(f"Keys of {provider.title}: {provider.key_page}")
    return Secret(_ask_valid_key(questions, base_url, checks, _REFUSED, may_be_empty=False))


def _ask_valid_key(questions: Questions, base_url: str, checks: Checks, needed: str, *, may_be_empty: bool) -> str:
    """Ask until the typed text can be a key, and return it; with `may_be_empty`, it may be empty."""
    while True:
        text = _unquote(questions, questions.hidden("API key"))
        if not text and may_be_empty:
            return ""
        if not text:
            questions.warn(needed)
        elif not is_accepted(questions, "api_key", text):
            continue
        elif problem := checks.key_problem(text, base_url):
            questions.warn(f"That cannot be the key: {problem}")
        else:
            questions.tell(f"The key is {_display_key(text)}.")
            return text


def _key_text(base_url: str) -> str:
    provider = provider_of(base_url)
    if provider.key_page:
        return f"Keys of {provider.title}: {provider.key_page}"
    if is_loopback(host_of(base_url)):
        return "A local server mostly asks for no key: any value will do."
    return "The key comes from your provider. For a local server that asks for none, any value will do."


def _offer(
    questions: Questions, current: DialogueDefaults, base_url: str, typed: Secret | None, checks: Checks
) -> _Offer | None:
    if typed is not None:
        return _Offer(f"Enter keeps the key that you gave: {_display_key(typed.reveal())}.", typed)
    if current.key and _is_of_current(current, base_url):
        return _Offer(f"There is a key already: {printable(current.key)}. Enter keeps it.", None)
    for name, key in _exported_keys(current, base_url):
        problem = checks.key_problem(key.reveal(), base_url)
        if not problem:
            return _offer_of_variable(name, key)
        questions.tell(f"{name} is exported, and not offered: {problem}")
    return None


def _is_of_current(current: DialogueDefaults, base_url: str) -> bool:
    """Return whether a base URL belongs to the provider of the present key."""
    return not current.base_url or provider_of(current.base_url).name == provider_of(base_url).name


def _exported_keys(current: DialogueDefaults, base_url: str) -> Iterator[tuple[str, Secret]]:
    """Yield the exported keys for a base URL with their variables: the provider's own before the usual one."""
    for name in (*provider_of(base_url).key_variables, _usual_variable()):
        if name in current.exported:
            yield name, current.exported[name]


def _offer_of_variable(name: str, key: Secret) -> _Offer:
    shown = f"{name} is exported: {_display_key(key.reveal())}."
    if name == _usual_variable():
        return _Offer(f"{shown} Enter uses it, and it stays there.", None)
    return _Offer(f"{shown} Enter takes it.", key)


def _usual_variable() -> str:
    return declared_fields()["api_key"].variables[0].name


def _display_key(key: str) -> str:
    return printable(safe_text(declared_fields()["api_key"], key))


def _unquote(questions: Questions, typed: str) -> str:
    """Return a typed or pasted text without the blanks and quotes around it."""
    text = typed.strip()
    if len(text) < 2 or text[0] not in _QUOTES or text[-1] != text[0]:
        return text
    questions.tell("The quotes around it are removed.")
    return text[1:-1].strip()
