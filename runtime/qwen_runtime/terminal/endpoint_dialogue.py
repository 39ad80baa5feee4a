"""The questions for an endpoint: base URL, key, a test request, and the model; a failure repeats a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_runtime.wire.near_models import is_listed
from qwen_schema import (
    AuthenticationError,
    NoCompletionError,
    NotFoundError,
    QwenCfgError,
    Secret,
    UnreachableError,
    endpoint_of,
    looks_like_key,
    printable,
    provider_of,
    redact,
)
from qwen_schema.added_paths import added_path_of, without_added_path
from qwen_schema.records import field, record, replace

from .choices import LOOKS_LIKE_KEY, ask_choice, is_accepted
from .key_question import ask_key, ask_other_key
from .model_question import ask_model

if TYPE_CHECKING:
    from qwen_runtime.change import DialogueDefaults
    from qwen_schema import Provider

    from .checks import Checks
    from .questions import Questions

Stage = Literal["base_url", "key", "list", "model", "chat", "end"]

_EXAMPLE = "http://localhost:11434/v1"


@record
class Endpoint:
    """The values so far. With `has_key`, the key None means the present key; `models` are the listed models.

    With `untried`, the user keeps the values without a successful request; with `is_refused`, the server refused the
    key.
    """

    base_url: str = ""
    key: Secret | None = field(default=None, repr=False)
    has_key: bool = False
    models: tuple[str, ...] | None = None
    model: str = ""
    untried: bool = False
    is_refused: bool = False


@record
class _Dialogue:
    questions: Questions
    current: DialogueDefaults
    provider: Provider
    checks: Checks


def ask_endpoint(questions: Questions, current: DialogueDefaults, provider: Provider, checks: Checks) -> Endpoint:
    """Ask for the values of a provider's endpoint, until a request succeeds or the user keeps them anyway.

    Raises:
        KeyboardInterrupt, EOFError: if the user cancels.
    """
    asked = _Dialogue(questions, current, provider, checks)
    steps = {"base_url": _base_url, "key": _key, "list": _list, "model": _model, "chat": _chat}
    endpoint, stage = Endpoint(untried=not checks.sends), "base_url"
    while stage != "end":
        endpoint, stage = steps[stage](asked, endpoint)
    return endpoint


def _base_url(asked: _Dialogue, endpoint: Endpoint) -> tuple[Endpoint, Stage]:
    questions, default = asked.questions, endpoint.base_url or _usual_url(asked)
    form = asked.provider.base_url_form
    if not default:
        questions.tell(f"Replace the words in capital letters: {form}" if form else f"For example {_EXAMPLE}")
    while True:
        text = questions.open("Base URL", printable(default)).strip() or default
        if looks_like_key(text):
            questions.warn(LOOKS_LIKE_KEY)
        elif not text:
            questions.warn("The base URL is needed: the provider's documents name it.")
        elif text == form:
            questions.warn("The words in capital letters stand for your own. Replace them.")
        elif is_accepted(questions, "base_url", text):
            if (added := added_path_of(text)) is None:
                break
            default = without_added_path(text)
            questions.warn(f"{added} is added to the base URL with each request. Enter leaves it out.")
    keeps_key = endpoint.has_key and provider_of(text).name == provider_of(endpoint.base_url).name
    key = endpoint.key if keeps_key else None
    new = replace(endpoint, base_url=text, models=None, has_key=keeps_key, key=key, is_refused=False)
    return new, "list" if keeps_key else "key"


def _usual_url(asked: _Dialogue) -> str:
    """Return the present base URL if it is the provider's, or else the provider's usual one."""
    current = asked.current.base_url
    return current if current and provider_of(current).name == asked.provider.name else asked.provider.base_url


def _key(asked: _Dialogue, endpoint: Endpoint) -> tuple[Endpoint, Stage]:
    if endpoint.is_refused:
        key: Secret | None = ask_other_key(asked.questions, endpoint.base_url, asked.checks)
    else:
        key = ask_key(asked.questions, asked.current, endpoint.base_url, endpoint.key, asked.checks)
    return replace(endpoint, key=key, has_key=True, is_refused=False), "model" if endpoint.untried else "list"


def _list(asked: _Dialogue, endpoint: Endpoint) -> tuple[Endpoint, Stage]:
    asked.questions.tell(f"Testing: asking {endpoint_of(endpoint.base_url)} for its models.")
    try:
        names = asked.checks.list_models(endpoint.base_url, endpoint.key)
    except QwenCfgError as error:
        return _next_stage(error, asked, endpoint, "list")
    if names is None:
        asked.questions.tell("The server has no list of models. The model that you name will be tested.")
        return replace(endpoint, models=None), "model"
    count = f"{len(names):,} model{'' if len(names) == 1 else 's'}" if names else "no models"
    asked.questions.tell(f"The server answers, and lists {count}.")
    return replace(endpoint, models=tuple(names)), "model"


def _model(asked: _Dialogue, endpoint: Endpoint) -> tuple[Endpoint, Stage]:
    provider = provider_of(endpoint.base_url)
    offered = (endpoint.models or ()) if provider.lists_models else ()
    current = replace(asked.current, model=endpoint.model) if endpoint.model else asked.current
    model = ask_model(asked.questions, current, endpoint.base_url, endpoint.key, offered)
    is_known = is_listed(model, offered) and not provider.lists_to_anyone
    return replace(endpoint, model=model), "end" if is_known or endpoint.untried else "chat"


def _chat(asked: _Dialogue, endpoint: Endpoint) -> tuple[Endpoint, Stage]:
    asked.questions.tell("Testing: asking the model for one word.")
    try:
        asked.checks.ask_model(endpoint.base_url, endpoint.key, endpoint.model)
    except QwenCfgError as error:
        return _next_stage(error, asked, endpoint, "chat")
    asked.questions.tell("The model answers.")
    return endpoint, "end"


def _next_stage(error: QwenCfgError, asked: _Dialogue, endpoint: Endpoint, stage: Stage) -> tuple[Endpoint, Stage]:
    """Show the failure, and return the next stage: the question whose answer is the likely reason."""
    asked.questions.warn(f"That failed: {_safe(error.what)}.")
    # The user who typed the key knows where it comes from.
    is_refused = isinstance(error, AuthenticationError)
    hint = provider_of(endpoint.base_url).key_remark if is_refused else _safe(error.hint)
    if hint:
        asked.questions.warn(hint)
    ways: dict[Stage, str] = {"key": "type another key", "base_url": "type another base URL"}
    if stage == "chat":
        ways["model"] = "choose another model"
    ways |= {stage: "try again", "end": "keep these settings, although the test failed"}
    places = list(ways)
    default = places.index(_likely_stage(error, endpoint, stage)) + 1
    chosen = places[ask_choice(asked.questions, "Next", list(ways.values()), default=default) - 1]
    if chosen == "end":
        return replace(endpoint, untried=True), "end" if endpoint.model and stage == "chat" else "model"
    return replace(endpoint, is_refused=is_refused), chosen


def _likely_stage(error: QwenCfgError, endpoint: Endpoint, stage: Stage) -> Stage:
    if isinstance(error, AuthenticationError):
        return "key"
    if isinstance(error, NotFoundError) and stage == "chat" and endpoint.models is not None:
        return "model"
    return "base_url" if isinstance(error, UnreachableError | NotFoundError | NoCompletionError) else stage


def _safe(text: str) -> str:
    return printable(redact(text))
