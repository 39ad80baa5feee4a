"""The question for the API key: what is exported is offered, and what can be no key is refused at once."""

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
    """A key that Enter takes: how the person is told of it, and the key; None where it stays where it is."""

    words: str
    key: Secret | None


def ask_key(
    questions: Questions, current: DialogueDefaults, base_url: str, typed: Secret | None, checks: Checks
) -> Secret | None:
    """Return the key for a base URL, or None if the one that is there is to be used.

    `typed` is one that was given in this dialogue before.
    """
    questions.tell(_about_keys(base_url))
    offer = _offer(questions, current, base_url, typed, checks)
    if offer is not None:
        questions.tell(offer.words)
    text = _accepted_key(questions, base_url, checks, _NEEDED, may_be_empty=offer is not None)
    return Secret(text) if text or offer is None else offer.key


def ask_other_key(questions: Questions, base_url: str, checks: Checks) -> Secret:
    """Return another key for a base URL whose server has refused one: nothing is offered again."""
    provider = provider_of(base_url)
    if provider.key_page:
        questions.tell(f"Keys of {provider.title}: {provider.key_page}")
    return Secret(_accepted_key(questions, base_url, checks, _REFUSED, may_be_empty=False))


def _accepted_key(questions: Questions, base_url: str, checks: Checks, needed: str, *, may_be_empty: bool) -> str:
    """Ask until a key is typed that can be one, and return it; with `may_be_empty`, it may be the empty text."""
    while True:
        text = _unquoted(questions, questions.hidden("API key"))
        if not text and may_be_empty:
            return ""
        if not text:
            questions.warn(needed)
        elif not is_accepted(questions, "api_key", text):
            continue
        elif problem := checks.key_problem(text, base_url):
            questions.warn(f"That cannot be the key: {problem}")
        else:
            questions.tell(f"The key is {_shown(text)}.")
            return text


def _about_keys(base_url: str) -> str:
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
        return _Offer(f"Enter keeps the key that you gave: {_shown(typed.reveal())}.", typed)
    if current.key and _is_of_current(current, base_url):
        return _Offer(f"There is a key already: {printable(current.key)}. Enter keeps it.", None)
    for name, key in _exported(current, base_url):
        problem = checks.key_problem(key.reveal(), base_url)
        if not problem:
            return _of_variable(name, key)
        questions.tell(f"{name} is exported, and not offered: {problem}")
    return None


def _is_of_current(current: DialogueDefaults, base_url: str) -> bool:
    """Tell whether a base URL is of the provider whose key there is."""
    return not current.base_url or provider_of(current.base_url).name == provider_of(base_url).name


def _exported(current: DialogueDefaults, base_url: str) -> Iterator[tuple[str, Secret]]:
    """Yield the variables that may hold a key for a base URL: the provider's own before the usual one."""
    for name in (*provider_of(base_url).key_variables, _usual_variable()):
        if name in current.exported:
            yield name, current.exported[name]


def _of_variable(name: str, key: Secret) -> _Offer:
    shown = f"{name} is exported: {_shown(key.reveal())}."
    if name == _usual_variable():
        return _Offer(f"{shown} Enter uses it, and it stays there.", None)
    return _Offer(f"{shown} Enter takes it.", key)


def _usual_variable() -> str:
    return declared_fields()["api_key"].variables[0].name


def _shown(key: str) -> str:
    return printable(safe_text(declared_fields()["api_key"], key))


def _unquoted(questions: Questions, typed: str) -> str:
    """Return what was typed or pasted without the blanks and the quotes around it."""
    text = typed.strip()
    if len(text) < 2 or text[0] not in _QUOTES or text[-1] != text[0]:
        return text
    questions.tell("The quotes around it are removed.")
    return text[1:-1].strip()
