"""The steps that ask for the models: whether the key may, and whether the configured model is among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.wire.connection import NoListError, models
from qwen_runtime.wire.near_models import near_models
from qwen_runtime.wire.refusal_errors import ways_to_name
from qwen_schema import NotFoundError, ProviderError, printable, redact_unknown

from .step import StepResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from qwen_runtime.wire.connection import Connection

# How many names are shown, and how many characters of each.
_MOST_SHOWN = 40
_LONGEST_NAME = 100

_NO_LIST = "Many servers have no list. --chat asks the model itself."


class ModelList:
    """The models that the endpoint lists, and the status with which it answered; None is what is not known."""

    def __init__(self) -> None:
        self.names: list[str] | None = None
        self.status: int | None = None

    def ask(self, connection: Connection) -> StepResult:
        """Ask for the models with the key.

        Raises:
            AuthenticationError: if the key is refused.
            ProviderError: if what comes is neither a list nor the word that there is none.
        """
        connection.client.event_hooks = {"response": [self.note]}
        try:
            self.names = models(connection)
        except ProviderError as error:
            if self.status in (404, 405):
                return StepResult(
                    f"the endpoint has no list of models ({self.status})", f"{_NO_LIST} {error.hint}", "note"
                )
            if isinstance(error, NoListError):
                return StepResult("the endpoint's answer is not a list of models", _NO_LIST, "note")
            raise
        count = f"{len(self.names)} model{'' if len(self.names) == 1 else 's'}"
        return StepResult(f"the endpoint lists {count} ({self.status})")

    def look_for_model(self, connection: Connection) -> StepResult:
        """Tell whether the configured model is listed; the list is there and not empty.

        Raises:
            NotFoundError: if it is not.
        """
        settings = connection.settings
        model, names = settings.model, self.names or []
        if any(_is_called(name, model) for name in names):
            return StepResult(f"{printable(model)} is among them")
        if not connection.provider.lists_models:
            what = f"{printable(model)} is not among them: this provider lists models, but requests name a deployment"
            return StepResult(what, "Try it with --chat.", "note")
        hint = (
            f"The endpoint has {_name_list(_nearest_first(model, names))}. Name another with {ways_to_name(settings)}."
        )
        what = f"the endpoint does not list the model {printable(model)}"
        raise NotFoundError(what, where=settings.place("model"), hint=hint)

    def note(self, response: httpx.Response) -> None:
        """Remember how the endpoint answered."""
        self.status = response.status_code


def _is_called(listed: str, model: str) -> bool:
    """Tell whether a list means a model: Gemini puts `models/` before the names, and Ollama `:latest` behind them."""
    return model in (listed, listed.removeprefix("models/"), listed.removesuffix(":latest"))


def _nearest_first(model: str, names: Sequence[str]) -> list[str]:
    """Return the names in their order, after those that are called much like the model."""
    return list(dict.fromkeys([*near_models(model, names), *names]))


def _name_list(names: Sequence[str]) -> str:
    """Return what the server calls its models, as far as that is of use to a person."""
    shown = ", ".join(printable(redact_unknown(name))[:_LONGEST_NAME] for name in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown
