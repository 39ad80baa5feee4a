"""The settings that `init` writes without a dialogue: from flags, the named provider and the environment."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from qwen_cfg.core.world import EnvFileChoice, FlagValue
from qwen_schema import (
    ConfigurationError,
    Secret,
    UsageError,
    declared_providers,
    did_you_mean,
    looks_like_key,
    provider_of,
)
from qwen_schema.qwen_oauth import METHOD as LOGIN_METHOD
from qwen_schema.records import replace

from .change import texts_of
from .compilation import compilation_of
from .exported_keys import exported_keys, usual_variable
from .login import NoLoginError, login_place_under

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.merge import Decision
    from qwen_schema import Provider

    from .compilation import Compilation
    from .request import Request
    from .trial import Trial

SAVED_FIELDS = ("api_key", "base_url", "model")
KEY_FROM = "--key-from"

_MOST_READ = 64 * 1024


def with_key_from(request: Request, name: str) -> Request:
    """Return a request with the key from a variable, or from standard input if the name is `-`.

    Raises:
        UsageError: if there is no key.
    """
    key = FlagValue(KEY_FROM, Secret(key_named(request, name)))
    # A key in the usual variable is not copied.
    return request if name == usual_variable() else replace(request, flags={**request.flags, "api_key": key})


def key_named(request: Request, name: str) -> str:
    """Return the key from a variable, or from standard input if the name is `-`.

    Raises:
        UsageError: if there is no key. An invalid name is not repeated, since it may be a key.
    """
    if name == "-":
        return _standard_input()
    if looks_like_key(name) or not (name.isascii() and name.isidentifier()):
        raise UsageError("expected the name of a variable, or - for standard input", where=KEY_FROM)
    key = request.process.environ.get(name, "")
    if not key:
        near = did_you_mean(name, exported_keys(request.process.environ, with_usual=True))
        raise UsageError(f"the variable {name} is not set, or empty", where=KEY_FROM, hint=near.strip())
    return key


def _standard_input() -> str:
    if sys.stdin is None:
        raise UsageError("standard input is closed", where=f"{KEY_FROM} -")
    try:
        os.set_blocking(sys.stdin.fileno(), True)
        line = sys.stdin.buffer.readline(_MOST_READ)
    except OSError as error:
        raise UsageError(f"standard input cannot be read: {error.strerror}", where=f"{KEY_FROM} -") from None
    key = line.decode("utf-8-sig", "surrogateescape").strip()
    if not key:
        raise UsageError("there is no key on standard input", where=f"{KEY_FROM} -")
    return key


def init_settings(request: Request, provider: Provider | None, trial: Trial) -> dict[str, str | Secret]:
    """Return the texts by field from flags and the named provider; values of the environment are not copied.

    Raises:
        ConfigurationError: if there is no key, a value is not valid, or the text cannot be a key.
        UsageError: if the base URL is another provider's, or the provider has no common base URL and none is given.
    """
    if provider is not None and provider.login:
        return _login_texts(request)
    texts: dict[str, str | Secret] = {name: request.flags[name].text for name in SAVED_FIELDS if name in request.flags}
    # An empty flag counts as not given.
    texts = {name: text for name, text in texts.items() if isinstance(text, Secret) or text}
    if provider is not None:
        texts |= _provider_texts(request, provider, texts)
    if "api_key" not in texts and not request.process.environ.get(usual_variable()):
        raise ConfigurationError(
            "there is no API key, and no terminal to ask for one",
            where=f"--openai-api-key, {usual_variable()}",
            hint=f"Name the variable that holds the key: {KEY_FROM} VARIABLE (- for standard input). Or name "
            "where it is stored: --openai-api-key keyring:SERVICE/NAME",
        )
    from qwen_runtime import Change  # noqa: PLC0415 - the HTTP client is slow to import

    valid = texts_of(Change("the command line", texts))
    _refuse_key(request, valid, trial)
    return valid


def _login_texts(request: Request) -> dict[str, str | Secret]:
    """Return the method for an existing login.

    Raises:
        NoLoginError: if there is no login.
    """
    if not login_place_under(request).existing_path:
        raise NoLoginError(
            "there is no Qwen OAuth login, and no terminal to log in at",
            where="--provider",
            hint="Log in, in a terminal: qwen-cfg auth login. Or name a provider whose API takes a key.",
        )
    return {"auth_method": LOGIN_METHOD}


def _provider_texts(request: Request, provider: Provider, texts: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    """Return the texts that a provider adds: its base URL, its usual model, and the key in its own variable."""
    more: dict[str, str | Secret] = {}
    url = texts.get("base_url")
    if url is None and not provider.base_url:
        form = f", of this form: {provider.base_url_form}" if provider.base_url_form else ""
        raise UsageError(
            f"{provider.title} needs a base URL of your own{form}", where="--provider", hint="Give --openai-base-url."
        )
    if url is None:
        more["base_url"] = provider.base_url
    elif str(url).startswith("http") and (other := provider_of(str(url))).is_declared and other.name != provider.name:
        raise UsageError(f"the base URL is {other.title}'s, not {provider.title}'s", where="--openai-base-url")
    if "model" not in texts and provider.model:
        more["model"] = provider.model
    own = exported_keys(request.process.environ, with_usual=False)
    key = next((own[name] for name in provider.key_variables if name in own), None)
    return more | ({"api_key": key} if key is not None and "api_key" not in texts else {})


def _refuse_key(request: Request, texts: Mapping[str, str | Secret], trial: Trial) -> None:
    """Check that the text can be the key for the endpoint.

    Raises:
        ConfigurationError: if it cannot be.
    """
    given = texts.get("api_key")
    key = given.reveal() if isinstance(given, Secret) else request.process.environ.get(usual_variable(), "")
    where = usual_variable() if given is None else getattr(request.flags.get("api_key"), "flag", "--provider")
    base_url = endpoint_in(request, texts)[0]
    problem = trial.key_problem(key, base_url)
    if problem:
        raise ConfigurationError(f"this cannot be the API key: {problem.rstrip('.')}", where=where)


def endpoint_in(request: Request, texts: Mapping[str, str | Secret]) -> tuple[str, str]:
    """Return the base URL and the model that result from texts, the environment, and the settings of Qwen Code."""
    return endpoint_of(compilation_with(request, texts).resolution.decisions)


def endpoint_of(decisions: Mapping[str, Decision]) -> tuple[str, str]:
    """Return the base URL and the model of decisions; each is empty if it is not set."""
    winners = (decisions["base_url"].winner, decisions["model"].winner)
    base_url, model = ("" if winner is None else winner.revealed for winner in winners)
    return base_url, model


def compilation_with(request: Request, texts: Mapping[str, str | Secret]) -> Compilation:
    """Return the compilation as if the texts were already in the first env file, of the working directory."""
    here = replace(request, choice=EnvFileChoice("none")) if texts else request
    return compilation_of(here.with_flags("init", {"auth_method": "openai", **texts}))


def provider_named(name: str | None) -> Provider | None:
    """Return the provider with a name of `--provider`; None if there is no name."""
    return None if name is None else declared_providers()["qwen" if name == LOGIN_METHOD else name]
