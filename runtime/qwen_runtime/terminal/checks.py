"""The checks of typed values in the dialogue; the command line provides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_schema import Secret


class Checks(Protocol):
    """Checks a key before it is sent, and tests it with a request if `sends` is true.

    The key None means the present key of the dialogue.
    """

    @property
    def sends(self) -> bool:
        """Whether the settings are tested with a request."""

    def key_problem(self, key: str, base_url: str) -> str:
        """Return why a text cannot be the key for a base URL, without the text; empty if it can be."""

    def list_models(self, base_url: str, key: Secret | None) -> Sequence[str] | None:
        """Return the models that the server lists; None if it has no list.

        Raises:
            QwenCfgError: if the server refuses, fails, or cannot be reached.
        """

    def ask_model(self, base_url: str, key: Secret | None, model: str) -> None:
        """Ask a model for a one-word answer.

        Raises:
            QwenCfgError: if there is no answer.
        """


class NoChecks:
    """Accepts every key, and sends no request."""

    sends = False

    def key_problem(self, key: str, base_url: str) -> str:  # noqa: ARG002 - it is a protocol's
        """Return an empty text: any key is accepted."""
        return ""

    def list_models(self, base_url: str, key: Secret | None) -> Sequence[str] | None:  # noqa: ARG002
        """Return None: no list is requested."""
        return None

    def ask_model(self, base_url: str, key: Secret | None, model: str) -> None:
        """Do nothing."""
