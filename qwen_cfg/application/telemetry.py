"""Telemetry of a command: off by default; if the user switched it on, it is sent when the command has ended."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_schema.fields import declared_fields
from qwen_schema.profiles import declared_profiles
from qwen_schema.signals import Termination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from qwen_cfg.core.resolution import Resolution
    from qwen_runtime import ReadyConfig
    from qwen_runtime.settings import Settings
    from qwen_runtime.telemetry.measurement import Measurement
    from qwen_runtime.wire.exchange import Answer
    from qwen_schema import Secret

FIELD = "usage_statistics"
# All of them need reach user, so that no project's file can set them.
_NEEDED = (FIELD, "usage_statistics_endpoint", "proxy", "no_proxy", "ca_bundle")


class Switch:
    """The settings of telemetry: whether it is on, the origin of that (`place`), the endpoint and the proxy."""

    def __init__(
        self, config: Mapping[str, Any], place: str, base: Path, home: Path | None, proxy_login: Secret | None
    ) -> None:
        from qwen_schema import locate_path  # noqa: PLC0415 - not every command resolves

        self.is_on = config[FIELD] is True
        self.place = place
        self.endpoint: str = config["usage_statistics_endpoint"]
        self.proxy: str = config["proxy"]
        self.no_proxy: tuple[str, ...] = config["no_proxy"]
        self.proxy_login = proxy_login
        self.bundle = locate_path(config["ca_bundle"], base=base, home=home) if config["ca_bundle"] else None


# The env files of a home (`core.paths.home_level_files`), as strings, so that `pathlib` is loaded only if needed.
HOME_LEVEL = (".qwen/.env", ".env")

# The measurements of the command so far, and the settings of telemetry.
_measurements: list[Measurement] = []
_switches: list[Switch] = []


def begin() -> float:
    """Start the measurement of a command, and return the time (`time.monotonic`)."""
    _measurements.clear()
    _switches.clear()
    return time.monotonic()


def observe(settings: Settings, answer: Answer, error: str) -> None:
    """Record a request to a model; the record is discarded if telemetry is off."""
    from qwen_runtime.telemetry.measurement import of_request  # noqa: PLC0415 - the runtime is slow to import

    _measurements.extend(of_request(settings, answer, error))


def note_artifact(ready: ReadyConfig) -> ReadyConfig:
    """Return the runtime's input for a given artifact, and record the artifact's settings of telemetry."""
    artifact = ready.artifact
    origin = artifact.provenance[FIELD].origin
    _switches.append(Switch(artifact.config, origin, ready.base, ready.home, artifact.proxy_login))
    return ready


def note_resolution(resolution: Resolution) -> Resolution:
    """Return a command's resolution, and record its settings of telemetry; the first record counts."""
    decisions, world = {name: resolution.decisions[name] for name in _NEEDED}, resolution.world
    winner = decisions[FIELD].winner
    if winner is not None and not any(decision.problem for decision in decisions.values()):
        values = {name: decision.value for name, decision in decisions.items()}
        _switches.append(Switch(values, str(winner.origin), world.cwd, world.home, resolution.proxy_login))
    return resolution


def may_be_on() -> bool:
    """Return whether the environment sets telemetry, or a file of the home may set it."""
    names = [variable.name for variable in declared_fields()[FIELD].variables]
    if any(os.environ.get(name) for name in names):
        return True
    moving = [p.directory_variable for p in declared_profiles().values() if p.directory_variable]
    directories = ["~", *(os.environ[name] for name in moving if os.environ.get(name))]
    home, *moved = map(os.path.expanduser, directories)
    files = [*(f"{home}/{name}" for name in HOME_LEVEL), *(f"{directory}/.env" for directory in moved)]
    texts = [_text(file) for file in files if os.path.lexists(file)]
    return any(name.encode() in text for text in texts for name in (*names, *moving))


def end(
    name: str,
    started: float,
    exit_code: int,
    error: BaseException | None,
    resolve: Callable[[], object],
    *,
    debug: bool,
) -> tuple[str, ...]:
    """Send the telemetry of a command that has ended, if telemetry is on; return lines for the user.

    `resolve` is called for a command that has not resolved. With `debug`, the lines say why sending failed.
    """
    seconds = time.monotonic() - started
    # The command has already reported errors of the configuration, and its exit code does not change.
    with suppress(Exception, KeyboardInterrupt, Termination):
        if not _switches:
            resolve()
        if _switches and _switches[0].is_on:
            # A command may have reported the error of its request itself, and returned the exit code.
            error_type = str(_measurements[-1].attributes["error.type"]) if _measurements and exit_code else ""
            ended_by = error_type if error is None else type(error).__name__
            return _send(_switches[0], name, exit_code, ended_by, seconds, debug=debug)
    return ()


def _send(switch: Switch, name: str, exit_code: int, error: str, seconds: float, *, debug: bool) -> tuple[str, ...]:
    from qwen_runtime.telemetry.export import send  # noqa: PLC0415 - the runtime is slow to import
    from qwen_runtime.telemetry.measurement import of_command  # noqa: PLC0415

    if not switch.endpoint:
        return (
            f"qwen-cfg: {switch.place}: usage statistics are on but no collector is set, so none are sent",
            "  Name a collector with --usage-statistics-endpoint or QWEN_CFG_USAGE_STATISTICS_ENDPOINT.",
        )
    measured = [*_measurements, of_command(name, int(exit_code), error, seconds)]
    failure = send(measured, switch.endpoint, switch, switch.bundle)
    return (
        (f"qwen-cfg: usage statistics could not be sent to {switch.endpoint}: {failure}",) if failure and debug else ()
    )


def _text(name: str) -> bytes:
    from pathlib import Path  # noqa: PLC0415 - few homes have such a file

    from qwen_schema.bounded import Unreadable, read_file  # noqa: PLC0415

    with suppress(OSError, Unreadable):
        return read_file(Path(name))
    return b""
