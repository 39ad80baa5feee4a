"""The checks of `init` before it saves settings: whether a text can be a key, and whether the server accepts it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.rules.keys import doubt_about
from qwen_cfg.trust.gate import Gate
from qwen_schema import (
    DEFAULT_PROFILE,
    BadValue,
    Secret,
    declared_fields,
    endpoint_of,
    host_of,
    is_loopback,
    kind_of_pointer,
    parse_value,
    provider_of,
)
from qwen_schema.providers import key_issuers
from qwen_schema.records import record, replace

from .compilation import compilation_of, trust_store
from .ready import ready

if TYPE_CHECKING:
    from qwen_runtime import ReadyConfig

    from .request import Request, Texts

# A URL without its scheme.
_ADDRESS = re.compile(
    r"(?:localhost|[\w-]+(?:\.[\w-]+)+)(?::\d+)?(?:/[\w.-]+)*/v\d+(?:beta\d*)?(?:/openai)?/?", re.ASCII
)


@record
class Trial:
    """The checks of typed settings for a request. With `sends`, the settings are tested with a request to the server.

    With `keeps`, they are saved in a file of the project.
    """

    request: Request
    sends: bool = True
    keeps: bool = True

    def key_problem(self, key: str, base_url: str) -> str:
        """Return why a text cannot be the key for a base URL, without the text; empty if it can be."""
        if kind_of_pointer(key) == "command" and self.keeps:
            return "a file of a project may not name a command. Put it into ~/.qwen/.env, or export it."
        if kind_of_pointer(key) is not None:
            return ""
        if _ADDRESS.fullmatch(key.strip()):
            return "it is a URL, not a key. Enter it as the base URL."
        if not _is_url(base_url):
            # The error is reported when the base URL is used.
            return ""
        doubt = doubt_about(key, needs_key=not is_loopback(host_of(base_url)))
        if doubt is not None:
            return f"it {doubt[0]}. {doubt[1]}"
        return _other_provider(key, base_url)

    def list_models(self, base_url: str, key: Secret | None) -> tuple[str, ...] | None:
        """Return the models that the server lists; None if it has no list."""
        from qwen_runtime.doctor.trial import list_models  # noqa: PLC0415 - the HTTP client is slow to import

        return list_models(self._ready(base_url, key))

    def ask_model(self, base_url: str, key: Secret | None, model: str) -> None:
        """Ask a model for a one-word answer."""
        from qwen_runtime.doctor.trial import ask_one_word  # noqa: PLC0415

        ask_one_word(self._ready(base_url, key, model))

    def _ready(self, base_url: str, key: Secret | None, model: str | None = None) -> ReadyConfig:
        """Return the runtime's input to test typed settings; no file of the project affects it.

        Without a key, the exported key is used.
        """
        texts: dict[str, str | Secret] = {"auth_method": "openai", "base_url": base_url}
        texts |= {} if key is None else {"api_key": key}
        texts |= {} if model is None else {"model": model}
        # Under the profile `documented`, typed values are used, whatever Qwen Code's settings say.
        request = replace(self.request, profile=DEFAULT_PROFILE, choice=EnvFileChoice("none"), secret_from=None)
        # Values from a flag or the environment keep their origin, for the messages.
        method = {"auth_method": texts.pop("auth_method"), **self._machine_settings()}
        decisions = compilation_of(request.with_flags("init", method)).resolution.decisions
        new = {name: text for name, text in texts.items() if (w := decisions[name].winner) is None or w.text != text}
        typed = request.with_flags("init", {**method, **new})
        return ready(compilation_of(typed), Gate(trust_store(request.process)))

    def _machine_settings(self) -> Texts:
        """Return the settings of this machine, such as the proxy, from the user's own settings files."""
        here = compilation_of(replace(self.request, choice=EnvFileChoice("none"))).resolution.decisions
        names = [
            name for name, field in declared_fields().items() if field.machine and field.schema["type"] == "string"
        ]
        winners = {name: here[name].winner for name in names}
        return {name: w.revealed for name, w in winners.items() if w is not None and w.origin.layer == "settings"}


def try_out(trial: Trial, base_url: str, key: Secret | None, model: str) -> str:
    """Ask a server whether it accepts the key and has the model, and return the result as text.

    Raises:
        AuthenticationError: if the key is refused.
        ProviderError: if the server fails, cannot be reached, or does not have the model.
    """
    from qwen_runtime.wire.near_models import is_listed  # noqa: PLC0415 - the HTTP client is slow to import

    provider, where = provider_of(base_url), endpoint_of(base_url)
    listed = trial.list_models(base_url, key)
    if listed is not None and provider.lists_models and not provider.lists_to_anyone and is_listed(model, listed):
        if not provider.is_declared:
            return f"tested: {where} lists the model {model}; whether it checks the key for that is not known"
        return f"tested: {where} accepts the key and lists the model {model}"
    trial.ask_model(base_url, key, model)
    return f"tested: {where} accepts the key, and the model {model} answers"


def _is_url(base_url: str) -> bool:
    try:
        parse_value(declared_fields()["base_url"], base_url)
    except BadValue:
        return False
    return True


def _other_provider(key: str, base_url: str) -> str:
    """Return the problem if a key clearly belongs to another provider; else empty."""
    provider, issuers = provider_of(base_url), key_issuers(key)
    if not issuers or not provider.is_declared or provider.title in issuers:
        return ""
    return f"it begins like the keys of {' and '.join(issuers)}, but the base URL is {provider.title}'s."
