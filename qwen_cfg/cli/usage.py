"""Usage statistics of a command line: nothing, unless the user has switched them on; then they are sent at its end."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.paths import home_level_files
from qwen_schema import declared_fields, declared_profiles
from qwen_schema.ending import Termination

if TYPE_CHECKING:
    import argparse

    from qwen_runtime import ReadyConfig
    from qwen_runtime.usage_statistics import CommandUsage, RequestUsage

    from .output import Output
    from .usage_settings import Settings

FIELD = "usage_statistics"


@dataclass
class Ran:
    """A command that is run: its name, its options once they are parsed, and when it began."""

    command: str
    args: argparse.Namespace | None = None
    started: float = field(default_factory=time.monotonic)


# What the command line has done so far: its requests to models, and the artifact that was given and let through.
_requests: list[RequestUsage] = []
_accepted: list[ReadyConfig] = []


def begin(command: str) -> Ran:
    """Begin with a command, which has done nothing so far."""
    _requests.clear()
    _accepted.clear()
    return Ran(command)


def observe(request: RequestUsage) -> None:
    """Take notice of a request to a model. Nothing comes of it where statistics are off."""
    _requests.append(request)


def accepted(given: ReadyConfig) -> ReadyConfig:
    """Return an artifact that was given and let through, having taken notice of it: it says whether they are on."""
    _accepted.append(given)
    return given


def end(ran: Ran, exit_code: int, error: BaseException | None, output: Output, *, debug: bool) -> None:
    """Send the statistics of a command that has ended, if they are on. How it ended stays as it is, whatever happens.

    With `debug` it is told in one line that they could not be sent, and why.
    """
    seconds = time.monotonic() - ran.started
    # What is wrong with the configuration has been told by the command.
    with suppress(Exception, KeyboardInterrupt, Termination):
        settings = _settings(ran.args)
        if settings is not None:
            _send(settings, _command(ran, exit_code, error, seconds), output, debug=debug)


def _settings(args: argparse.Namespace | None) -> Settings | None:
    """Return the settings if statistics are on. Where they cannot be, nothing is read and nothing is imported."""
    if getattr(args, "config", None) is not None:
        return _of_artifact()
    is_said = _is_said(args)
    if not is_said and not _may_be_in_file(args):
        return None
    from .usage_settings import settings_of  # noqa: PLC0415 - few need it

    return settings_of(args, is_said=is_said)


def _of_artifact() -> Settings | None:
    """Return what the artifact says that --config names; one that was not let through says nothing."""
    given = _accepted[-1] if _accepted else None
    if given is None or given.artifact.config[FIELD] is not True:
        return None
    from .usage_settings import Settings  # noqa: PLC0415 - few need it

    return Settings(given.artifact, given.artifact.provenance[FIELD].origin, given.base, given.home)


def _is_said(args: argparse.Namespace | None) -> bool:
    """Tell whether a flag or the environment says something about it."""
    variables = declared_fields()[FIELD].variables
    return FIELD in getattr(args, "given", {}) or any(os.environ.get(variable.name) for variable in variables)


def _may_be_in_file(args: argparse.Namespace | None) -> bool:
    """Tell whether there is an env file that could switch it on: one that is named, or one of the home."""
    files = home_level_files(Path(os.path.expanduser("~")))  # noqa: PTH111 - Path.home() raises where there is none
    if getattr(args, "env_file", None) or any(os.path.lexists(file) for file in files):
        return True
    return any(os.environ.get(profile.directory_variable) for profile in declared_profiles().values())


def _command(ran: Ran, exit_code: int, error: BaseException | None, seconds: float) -> CommandUsage:
    from qwen_runtime.usage_statistics import CommandUsage  # noqa: PLC0415 - the runtime is slow to import

    # A command may have told the error of its request itself, and returned the exit code.
    told = _requests[-1].error if _requests and exit_code else ""
    return CommandUsage(ran.command, int(exit_code), told if error is None else type(error).__name__, seconds)


def _send(settings: Settings, command: CommandUsage, output: Output, *, debug: bool) -> None:
    from qwen_runtime.usage_export import send  # noqa: PLC0415 - the runtime is slow to import

    if not settings.endpoint:
        output.notice(
            f"qwen-cfg: {settings.place}: usage statistics are on and have nowhere to go, so none are sent\n"
            "  Name a collector with --usage-statistics-endpoint or QWEN_CFG_USAGE_STATISTICS_ENDPOINT."
        )
        return
    try:
        failure = send(command, _requests, settings.config, base=settings.base, home=settings.home)
    except ImportError:
        output.notice(
            f"qwen-cfg: {settings.place}: usage statistics are on, and the library that sends them is not installed\n"
            "  Install it: pip install 'qwen-cfg[otel]'"
        )
        return
    except Exception as error:
        failure = type(error).__name__
    if failure and debug:
        output.notice(f"qwen-cfg: usage statistics could not be sent to {settings.endpoint}: {failure}")
