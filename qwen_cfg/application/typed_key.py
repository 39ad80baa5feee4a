"""The trust questions before a typed key is written to the project's env file, which may already set an endpoint."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import Standpoint
from qwen_cfg.core.world import EnvFileChoice, FlagValue
from qwen_cfg.trust import Concern, display_host, is_known_or_loopback
from qwen_cfg.trust.key_sources import KeySource
from qwen_cfg.writing.save_env_file import env_file_of
from qwen_schema import DEFAULT_PROFILE, BadValue, ConfigurationError, Secret, declared_fields, parse_value
from qwen_schema.envfile import DIALECTS, last_of_each, read_env_text, reader_of
from qwen_schema.records import replace

from .compilation import compilation_of
from .exported_keys import usual_variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from qwen_cfg.trust.gate import Gate
    from qwen_schema.envfile import Assignment

    from .compilation import Compilation
    from .request import Request

# The origin of a key that is written into the project's env file, in the question about the endpoint beside it.
TYPED_HERE = "qwen-cfg set"

_LATER = Secret("typed later")


def require_typed_key(request: Request, gate: Gate, variable: str, key: Secret = _LATER) -> None:
    """Ask about every endpoint in the env file to which a key in one of its variables could be sent.

    Once the key and an endpoint are in one file, it is unknown who wrote which of them. So the endpoint of the file
    needs an approval, even if a variable, another method or a provider entry overrides it now, and in every dialect,
    since an artifact can select its own.

    Raises:
        ConfigurationError: if an endpoint is not valid, since another program may still use it.
        NotTrustedError: if an endpoint is not trusted.
    """
    for concern in _concerns(request, variable, key):
        gate.require(concern)


def vouch_for_typed_key(request: Request, gate: Gate, variable: str, typed: Collection[str]) -> None:
    """Approve the endpoint beside a key if the user typed it (`typed`), so that no question about it follows."""
    # The user did not type an endpoint that is not valid.
    with suppress(ConfigurationError):
        for concern in _concerns(request, variable, _LATER):
            gate.vouch(concern, typed)


def _concerns(request: Request, variable: str, key: Secret) -> Iterator[Concern]:
    if variable != usual_variable():
        yield from _concerns_of_other_method(request, variable)
        return
    for dialect in DIALECTS:
        compilation = _env_file_alone(replace(request, dialect=dialect), key)
        endpoint = compilation.resolution.decisions["base_url"]
        if endpoint.problem is not None and endpoint.winner is not None:
            raise _invalid_url_error(str(endpoint.winner.origin))
        if compilation.concern is not None:
            yield compilation.concern


def _env_file_alone(request: Request, key: Secret) -> Compilation:
    """Return the compilation with a key and only the env file's own endpoint."""
    hiding = {v.name for name in ("base_url", "auth_method") for v in declared_fields()[name].variables}
    environ = {name: text for name, text in request.process.environ.items() if name not in hiding}
    return compilation_of(
        replace(
            request,
            process=replace(request.process, environ=environ),
            flags={"api_key": FlagValue(TYPED_HERE, key), "auth_method": FlagValue(TYPED_HERE, "openai")},
            choice=EnvFileChoice(),
            profile=DEFAULT_PROFILE,
            secret_from=None,
        )
    )


def _concerns_of_other_method(request: Request, variable: str) -> Iterator[Concern]:
    """Yield the concerns about the endpoints of a key variable whose method only Qwen Code supports."""
    process = request.process
    path = env_file_of(process.cwd)
    shown = Standpoint(process.cwd, process.home.path).show(path)
    text = read_env_text(path, shown)
    for dialect in DIALECTS:
        assignments = last_of_each(reader_of(dialect)(text))
        for name in _endpoint_variables(variable):
            if name in assignments and assignments[name].value:
                yield from _endpoint_concern(assignments[name], path, shown, variable)


def _endpoint_variables(variable: str) -> tuple[str, ...]:
    """Return the variables of the base URL that are read under the methods of a key variable."""
    fields = declared_fields()
    methods = {method for v in fields["api_key"].variables if v.name == variable for method in v.under}
    return tuple(v.name for v in fields["base_url"].variables if methods & set(v.under))


def _endpoint_concern(assignment: Assignment, path: Path, shown: str, variable: str) -> Iterator[Concern]:
    place = f"{shown}:{assignment.line} {assignment.name}"
    try:
        parse_value(declared_fields()["base_url"], assignment.value)
    except BadValue:
        raise _invalid_url_error(place) from None
    if is_known_or_loopback(assignment.value):
        return
    real = os.path.realpath(path)
    yield Concern(
        file=Path(real),
        place=place,
        settings=(("base_url", assignment.value),),
        host=display_host(assignment.value),
        credential="key",
        reference=f"the key typed at {TYPED_HERE}",
        whose=f"Your API key ({TYPED_HERE}) would be sent there along with your prompts.",
        key_sources=(KeySource(variable, real, shown, real != str(path)),),
    )


def _invalid_url_error(place: str) -> ConfigurationError:
    return ConfigurationError(
        "the base URL is not valid, and other programs may send the key to it; nothing was changed",
        where=place,
        hint="Set the endpoint that you mean first: qwen-cfg set base_url URL",
    )
