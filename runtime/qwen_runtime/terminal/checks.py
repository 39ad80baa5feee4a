"""What the dialogue has others find out about what is typed: the command line hands it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qwen_schema import Secret


class Checks(Protocol):
    """Looks at a key before it is sent, and sends it. `sends` tells whether a server may be asked at all.

    A key that is None is the one that the dialogue was told of: it stays where it is.
    """

    @property
    def sends(self) -> bool:
        """Whether the settings are tried with a request."""

    def key_problem(self, key: str, base_url: str) -> str:
        """Return why a text cannot be the key for a base URL, in words without the text; empty if it can be."""

    def list_models(self, base_url: str, key: Secret | None) -> Sequence[str] | None:
        """Return the models that the server lists, or None if it has no list.

        Raises:
            QwenCfgError: if the server refuses, fails, or cannot be reached.
        """

    def ask_model(self, base_url: str, key: Secret | None, model: str) -> None:
        """Ask a model for a word.

        Raises:
            QwenCfgError: if no answer comes.
        """


class NoChecks:
    """Checks nothing, and asks no server."""

    sends = False

    def key_problem(self, key: str, base_url: str) -> str:  # noqa: ARG002 - it is a protocol's
        """Return nothing."""
        return ""

    def list_models(self, base_url: str, key: Secret | None) -> Sequence[str] | None:  # noqa: ARG002
        """Return no list."""
        return None

    def ask_model(self, base_url: str, key: Secret | None, model: str) -> None:
        """Ask nothing."""
