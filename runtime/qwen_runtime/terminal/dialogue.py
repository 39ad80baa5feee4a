"""The dialogue about the provider, the endpoint and the model, and whether to save them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.change import Change, DialogueDefaults
from qwen_schema import Secret, declared_providers, printable
from qwen_schema.qwen_oauth import METHOD as LOGIN_METHOD
from qwen_schema.records import replace

from .checks import Checks, NoChecks
from .choices import ask_choice, problem_of
from .endpoint_dialogue import ask_endpoint
from .key_question import ask_key
from .plain_questions import PlainQuestions
from .provider_question import ask_provider
from .questions import Questions, without_echo

if TYPE_CHECKING:
    from qwen_schema import Provider

METHOD = "openai"


def ask_settings(
    current: DialogueDefaults,
    *,
    dumb: bool,
    color: bool,
    place: str = "/auth",
    checks: Checks | None = None,
    asks_where: bool = True,
) -> Change | None:
    """Ask for the settings one after the other, and return the change; None if the user cancels.

    Enter accepts the value in `current`, or else the default. An accepted key is not among the returned values, unless
    it is in a variable that this program does not read. A `dumb` terminal gets no escape sequences; `place` becomes the
    origin of the values, and `checks` checks them. With `asks_where`, the dialogue asks where to save them.
    """
    questions = _questions(dumb=dumb, color=color)
    try:
        # A key that is typed or pasted before its question appears is not shown, either.
        with without_echo(dumb=dumb):
            return dialogue(questions, current, place=place, checks=checks or NoChecks(), asks_where=asks_where)
    except (KeyboardInterrupt, EOFError):
        return None


def ask_new_key(base_url: str, checks: Checks, *, dumb: bool, color: bool) -> Secret | None:
    """Ask for a key for a base URL, and return it; None if the user cancels."""
    questions = _questions(dumb=dumb, color=color)
    try:
        with without_echo(dumb=dumb):
            return ask_key(questions, DialogueDefaults(), base_url, None, checks)
    except (KeyboardInterrupt, EOFError):
        return None


def _questions(*, dumb: bool, color: bool) -> Questions:
    if dumb:
        return PlainQuestions()
    from .edited_questions import EditedQuestions  # noqa: PLC0415 - the line editor is slow to import

    return EditedQuestions(color=color)


def dialogue(
    questions: Questions, current: DialogueDefaults, *, place: str, checks: Checks, asks_where: bool = True
) -> Change:
    """Ask all questions.

    Raises:
        KeyboardInterrupt, EOFError: if the user cancels.
    """
    if current.base_url and problem_of("base_url", current.base_url) is not None:
        current = replace(current, base_url="")
    provider = _provider(questions, current)
    if provider is None:
        log_in = not current.login or _wants_new_login(questions, current.login)
        return Change(place, {"auth_method": LOGIN_METHOD}, log_in=log_in)
    endpoint = ask_endpoint(questions, current, provider, checks)
    values: dict[str, str | Secret] = {"auth_method": METHOD}
    if endpoint.key is not None:
        values["api_key"] = endpoint.key
    values |= {"base_url": endpoint.base_url, "model": endpoint.model}
    return Change(place, values, keep=asks_where and _ask_keep(questions))


def _provider(questions: Questions, current: DialogueDefaults) -> Provider | None:
    """Return the provider that was named before, or that the user chooses; None for Qwen OAuth."""
    if current.provider:
        provider = declared_providers()[current.provider]
        return None if provider.login else provider
    return ask_provider(questions, current)


def _wants_new_login(questions: Questions, kept_in: str) -> bool:
    questions.tell(f"There is a login already, in {printable(kept_in)}.")
    return ask_choice(questions, "Login", ["use it", "log in again"]) == 2


def _ask_keep(questions: Questions) -> bool:
    questions.tell("Where should these settings be saved?")
    ways = ["in ./.qwen/.env, which only you can read and git ignores", "nowhere: they are for this session only"]
    return ask_choice(questions, "Keep", ways) == 1
