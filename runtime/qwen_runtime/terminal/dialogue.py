"""The dialogue that asks a person for the method, the key, the base URL and the model, and whether to keep them."""

from __future__ import annotations

from qwen_runtime.change import Change, DialogueDefaults
from qwen_schema import (
    BadValue,
    Secret,
    declared_fields,
    looks_like_key,
    parse_value,
    printable,
    provider_of,
    safe_text,
    show_value,
)
from qwen_schema.qwen_oauth import METHOD as LOGIN_METHOD
from qwen_schema.spellings import TELLTALE_LENGTH

from .plain_questions import PlainQuestions
from .questions import Questions, without_echo

METHOD = "openai"

_QUOTES = "'\"`"


def ask_settings(
    current: DialogueDefaults, *, dumb: bool, color: bool, place: str = "/auth", only_key: bool = False
) -> Change | None:
    """Ask for the settings, one after the other, and return what they are to be; None if the person thinks better.

    `current` is what there is: Enter accepts it, and else the default. A key that is accepted is not among the values
    that are returned. A `dumb` terminal gets no escape sequences; `place` is where the values then come from. With
    `only_key`, it is about an API key alone, and nobody is asked where that is kept.
    """
    questions = _questions(dumb=dumb, color=color)
    try:
        # A key that is typed or pasted before its question is there is not shown either.
        with without_echo(dumb=dumb):
            return dialogue(questions, current, place=place, only_key=only_key)
    except (KeyboardInterrupt, EOFError):
        return None


def _questions(*, dumb: bool, color: bool) -> Questions:
    if dumb:
        return PlainQuestions()
    from .edited_questions import EditedQuestions  # noqa: PLC0415 - the line editor is slow to import

    return EditedQuestions(color=color)


def dialogue(questions: Questions, current: DialogueDefaults, *, place: str, only_key: bool) -> Change:
    """Ask everything.

    Raises:
        KeyboardInterrupt, EOFError: if the person thinks better of it.
    """
    if not only_key and ask_method(questions) == LOGIN_METHOD:
        log_in = not current.login or _wants_new_login(questions, current.login)
        return Change(place, {"auth_method": LOGIN_METHOD}, log_in=log_in)
    values: dict[str, str | Secret] = {"auth_method": METHOD}
    key = _ask_key(questions, current)
    if key is not None:
        values["api_key"] = key
    values["base_url"] = _ask_text(questions, "base_url", "Base URL", current.base_url, key)
    values["model"] = _ask_text(questions, "model", "Model", current.model, key)
    return Change(place, values, keep=not only_key and _ask_keep(questions))


def ask_method(questions: Questions) -> str:
    """Return the method that the person chooses."""
    questions.tell("How do you authenticate?")
    questions.tell("  1  with an API key, at any OpenAI-compatible provider")
    questions.tell("  2  with Qwen OAuth, in the browser")
    return LOGIN_METHOD if _ask_number(questions, "Method") == 2 else METHOD


def _wants_new_login(questions: Questions, kept_in: str) -> bool:
    questions.tell(f"There is a login already, in {printable(kept_in)}.")
    questions.tell("  1  use it")
    questions.tell("  2  log in again")
    return _ask_number(questions, "Login") == 2


def _ask_key(questions: Questions, current: DialogueDefaults) -> Secret | None:
    """Return the key that is typed, or None if the one that is there is to be used."""
    questions.tell(_about_keys(_default("base_url", current.base_url)))
    if current.key:
        questions.tell(f"There is a key already: {printable(current.key)}. Enter keeps it.")
    while True:
        typed = questions.hidden("API key")
        text = _unquoted(questions, typed)
        if not text and current.key:
            return None
        if not text:
            questions.warn("A key is needed. For a local server that asks for none, any value will do.")
        elif _is_accepted(questions, "api_key", text):
            questions.tell(f"The key is {safe_text(declared_fields()['api_key'], text)}.")
            return Secret(text)


def _about_keys(base_url: str) -> str:
    provider = provider_of(base_url)
    if not provider.key_page:
        return "The key comes from your provider. For a local server that asks for none, any value will do."
    return f"Keys of {provider.title}: {provider.key_page}"


def _unquoted(questions: Questions, typed: str) -> str:
    """Return what was typed or pasted without the blanks and the quotes around it."""
    text = typed.strip()
    if len(text) < 2 or text[0] not in _QUOTES or text[-1] != text[0]:
        return text
    questions.tell("The quotes around it are removed.")
    return text[1:-1].strip()


def _ask_text(questions: Questions, name: str, question: str, current: str, key: Secret | None) -> str | Secret:
    """Return what is typed for a field, or what stands there if Enter accepts it."""
    default = _default(name, current)
    while True:
        text = questions.open(question, printable(default)).strip() or default
        if _holds_key(text, key):
            questions.warn("This looks like the API key, which belongs to the previous question.")
        elif _is_accepted(questions, name, text):
            return text


def _holds_key(text: str, key: Secret | None) -> bool:
    """Tell whether a key was typed where something else is asked for; a short one may stand there with reason."""
    if looks_like_key(text):
        return True
    return key is not None and len(key.reveal()) >= TELLTALE_LENGTH and key.reveal() in text


def _default(name: str, current: str) -> str:
    """Return what a field has now if that is valid, or else its default."""
    field = declared_fields()[name]
    default = field.default_under(METHOD)
    assert default is not None  # noqa: S101 - it is declared
    return current if current and _problem(name, current) is None else show_value(default)


def _is_accepted(questions: Questions, name: str, text: str) -> bool:
    """Tell whether a text is a value of a field, and the person what is wrong with it if it is none."""
    problem = _problem(name, text)
    if problem is not None:
        questions.warn(f"That cannot be used: {problem.wrong}. Right would be {problem.expected}.")
    return problem is None


def _problem(name: str, text: str) -> BadValue | None:
    try:
        parse_value(declared_fields()[name], text)
    except BadValue as problem:
        return problem
    return None


def _ask_keep(questions: Questions) -> bool:
    questions.tell("Where should these settings be saved?")
    questions.tell("  1  in ./.qwen/.env, which only you can read and git ignores")
    questions.tell("  2  nowhere: they are for this session only")
    return _ask_number(questions, "Keep") == 1


def _ask_number(questions: Questions, question: str) -> int:
    """Return 1 or 2; Enter means 1."""
    while True:
        text = questions.open(question, "1").strip() or "1"
        if text in ("1", "2"):
            return int(text)
        questions.warn("Type 1 or 2.")
