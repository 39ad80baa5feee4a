"""The steps about models: whether the key can list them, and whether the configured model is in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_runtime.wire.connection import NoListError, models
from qwen_runtime.wire.near_models import is_listed, near_models
from qwen_runtime.wire.refusal_errors import ways_to_name
from qwen_schema import NotFoundError, ProviderError, printable, redact_unknown

from .step import StepResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from qwen_runtime.wire.connection import Connection

# The most names that are shown, and the most characters of each.
_MOST_SHOWN = 40
_LONGEST_NAME = 100

_NO_LIST = "Many servers have no list. --chat asks the model itself."


class ModelList:
    """The models in the endpoint's list, and the status of its answer; None if unknown."""

    def __init__(self) -> None:
        self.names: list[str] | None = None
        self.status: int | None = None

    def ask(self, connection: Connection) -> StepResult:
        """Request the models with the key.

        Raises:
            AuthenticationError: if the key is refused.
            ProviderError: if the answer is not a list, and does not say that there is none.
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
        """Check that the configured model is in the list, which is not empty.

        Raises:
            NotFoundError: if it is not.
        """
        settings = connection.settings
        model, names = settings.model, self.names or []
        if is_listed(model, names):
            return StepResult(f"{printable(model)} is in the list")
        if not connection.provider.lists_models:
            what = f"{printable(model)} is not in the list: this provider lists models, but requests name a deployment"
            return StepResult(what, "Test it with --chat.", "note")
        known = _name_list(_nearest_first(model, names))
        hint = f"The endpoint has {known}. Set another model with {ways_to_name(settings)}."
        what = f"the endpoint does not list the model {printable(model)}"
        raise NotFoundError(what, where=settings.place("model"), hint=hint)

    def note(self, response: httpx.Response) -> None:
        """Store the status of the endpoint's answer."""
        self.status = response.status_code


def _nearest_first(model: str, names: Sequence[str]) -> list[str]:
    """Return the names, first those similar to the model, then the others in their order."""
    return list(dict.fromkeys([*near_models(model, names), *names]))


def _name_list(names: Sequence[str]) -> str:
    """Return the server's names of models, shortened for display."""
    shown = ", ".join(printable(redact_unknown(name))[:_LONGEST_NAME] for name in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown
