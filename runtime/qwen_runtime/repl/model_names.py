"""The models of the endpoint, for completion; they are requested once, in the background."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qwen_runtime.wire.connection import models
from qwen_schema import QwenCfgError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qwen_runtime.ready import ReadyConfig

SECONDS = 5.0
# A list that users can read; an aggregator has hundreds of models.
_MOST = 500


@dataclass
class ModelNames:
    """The known models of each endpoint and key."""

    _endpoint: object = None
    _names: tuple[str, ...] = ()
    _asking: threading.Thread | None = field(default=None, repr=False)

    def known(self, ready: ReadyConfig) -> tuple[str, ...]:
        """Return the known names at the endpoint of a config, without a request."""
        return self._names if self._endpoint == _endpoint(ready) else ()

    def note(self, ready: ReadyConfig, names: Iterable[str]) -> None:
        """Store a received list, without names that cannot be typed."""
        typed = [name for name in names if name.isprintable() and name and " " not in name]
        self._endpoint, self._names = _endpoint(ready), tuple(typed[:_MOST])

    def ask(self, ready: ReadyConfig) -> None:
        """Start the request for the list, unless it was already made for this endpoint; never with a login."""
        if self._endpoint == _endpoint(ready) or ready.key is None:
            return
        self._endpoint, self._names = _endpoint(ready), ()
        self._asking = threading.Thread(target=self._list, args=(ready,), daemon=True)
        self._asking.start()

    @property
    def is_asking(self) -> bool:
        """Whether a request is running."""
        return self._asking is not None and self._asking.is_alive()

    def _list(self, ready: ReadyConfig) -> None:
        try:
            # Ctrl-C ends requests over the session's own connection.
            connection = ready.connect()
            try:
                names = models(connection, seconds=SECONDS)
            finally:
                connection.close()
        except QwenCfgError:
            # `/model` shows the reason.
            return
        if self._endpoint == _endpoint(ready):
            self.note(ready, names)


def _endpoint(ready: ReadyConfig) -> object:
    return ready.settings.base_url, ready.key
