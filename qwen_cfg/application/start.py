"""The start of a program with a resolved config, and the values that override the config in Qwen Code."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen_cfg.core.resolution import profile_named
from qwen_cfg.core.scopes import SYSTEM, SYSTEM_DEFAULTS
from qwen_cfg.core.settings import merge_scopes
from qwen_cfg.reading.disk import real
from qwen_cfg.reading.installed_program import NAMES, program_at
from qwen_cfg.reading.qwen_home import home_of
from qwen_cfg.reading.state_directory import STARTED
from qwen_cfg.rules.diagnostic import warning_text
from qwen_cfg.starting.environment import ChildEnvironment, child_environment
from qwen_cfg.starting.program import program_named
from qwen_cfg.starting.qwen_arguments import arguments_for, typed_flags
from qwen_cfg.starting.qwen_settings import private_settings
from qwen_schema import ConfigurationError, Secret, declared_profiles, show_value
from qwen_schema.fields import MAIN_FIELDS
from qwen_schema.records import field, record, replace

from .compilation import Compilation
from .request import Process, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from qwen_cfg.core.chosen_profile import InstalledProgram
    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.settings import Setting
    from qwen_schema import Profile, ResolvedConfig

    from .ready import KeyedConfig

# The path of the machine's own system settings, for a start inside a started program.
MACHINE = "QWEN_CFG_SYSTEM_SETTINGS_PATH"

# The fields that decide the endpoint and the content of requests in Qwen Code.
_COMPARED = (*MAIN_FIELDS, "proxy")
# The rules about effects in Qwen Code that no field of an artifact shows.
_REPORTED_RULES = ("QC125", "QC204")


@record
class Start:
    """A program with its arguments and its environment.

    `settings` are the system settings that it reads, which are first written to a private file; None for no settings.
    `machine` is the file of the machine's own system settings, which they replace.
    """

    program: Path
    words: tuple[str, ...]
    child: ChildEnvironment
    profile: Profile | None = None
    settings: Mapping[str, Any] | None = field(default=None, repr=False)
    notices: tuple[str, ...] = ()
    machine: Path | None = None
    is_qwen_code: bool = False

    def with_settings_at(self, path: Path) -> Start:
        """Return a start whose program reads the system settings at a path."""
        return replace(self, child=self.child.with_variables({SYSTEM: str(path)}))


def start_of(use: KeyedConfig, words: Sequence[str], process: Process) -> Start:
    """Return the start of a program with a config.

    Raises:
        UsageError: if the program does not exist.
        SettingsError: if Qwen Code would stop at the machine's settings.
    """
    program = program_named(words[0], process.environ)
    process, artifact = _without_outer_start(process), use.artifact
    bundle = artifact.text("ca_bundle")
    child = child_environment(artifact, use.key, process.environ, ca_bundle=str(_locate(use, bundle)) if bundle else "")
    start = Start(program, tuple(words), child)
    installed = program_at(program, process.home.path)
    if not installed.versions and program.name not in NAMES:
        return start
    profile, notices = _profile_of(installed)
    start = replace(start, profile=profile, notices=notices, is_qwen_code=True)
    if profile.reads_settings:
        return _with_settings(start, artifact, process)
    arguments = arguments_for(artifact, words[1:])
    return replace(start, words=(words[0], *arguments, *words[1:]), notices=(*notices, *_settings_notices(process)))


def overrides(start: Start, use: KeyedConfig, process: Process) -> tuple[str, ...]:
    """Return a line for each value that would override a config in Qwen Code.

    Raises:
        ConfigurationError: if the artifact's key would go to another endpoint.
    """
    if start.settings is None:
        return ()
    artifact, key = use.artifact, use.key
    compilation = _compilation(start, process)
    resolution = compilation.resolution
    private = compilation.world.standpoint.show(Path(start.child.environ[SYSTEM]))

    def of_machine(text: str) -> str:
        """Return a text with the path of the machine's own file instead of the private file."""
        return re.sub(rf"{re.escape(private)}(?::\d+)?", lambda _: f"{start.machine}", text)

    _require_endpoint(resolution, artifact, key, of_machine)
    expected = {name: artifact.config[name] for name in _COMPARED} | {"api_key": key}
    lines = [
        f"qwen-cfg: {name}: {decision.winner.origin} overrides it in Qwen Code{_values(decision, expected[name])}"
        for name in _COMPARED
        if (decision := resolution.decisions[name]).winner is not None and decision.value != expected[name]
    ]
    rules = [warning_text(d) for d in compilation.diagnostics if d.code in _REPORTED_RULES]
    return tuple(map(of_machine, (*lines, *rules)))


def _require_endpoint(
    resolution: Resolution, artifact: ResolvedConfig, key: Secret, named: Callable[[str], str]
) -> None:
    sent, url = resolution.decisions["api_key"].value, resolution.decisions["base_url"]
    if sent == key and url.value != artifact.text("base_url") and url.winner is not None:
        raise ConfigurationError(
            f"Qwen Code would send the key to {url.winner.text} instead of {artifact.text('base_url')}",
            where=named(str(url.winner.origin)),
            hint="Nothing was started. A key is sent only to the base URL of its own config.",
        )


def _with_settings(start: Start, artifact: ResolvedConfig, process: Process) -> Start:
    """Return a start with private system settings, which replace the machine's own."""
    # Without a proxy, a project's file may not set one.
    more = {} if artifact.text("proxy") else {"NO_PROXY": "*", "no_proxy": "*"}
    start = replace(start, child=start.child.with_variables(more))
    load = _compilation(start, process).resolution.settings
    scopes = () if load is None else load.scopes
    own = next((scope.file.path for scope in scopes if scope.file.scope == "system"), None)
    defaults = next((scope.file.path for scope in scopes if scope.file.scope == "system defaults"), None)
    others: Mapping[str, Setting] = merge_scopes(
        [scope.settings for scope in scopes if scope.settings is not None and scope.file.scope != "system"]
    )
    settings = private_settings(artifact, None if own is None else _machine_settings(own), others)
    places = {} if defaults is None else {SYSTEM_DEFAULTS: str(defaults)}
    places |= {} if own is None else {MACHINE: str(own)}
    return replace(start, child=start.child.with_variables(places), settings=settings, machine=own)


def _without_outer_start(process: Process) -> Process:
    """Return the process without the private settings of an outer start, which are not the machine's own."""
    named, state = process.environ.get(SYSTEM, ""), process.state
    if state is None or not named.startswith(f"{state / STARTED}{os.sep}"):
        return process
    kept = {name: text for name, text in process.environ.items() if name not in (SYSTEM, MACHINE)}
    machine = process.environ.get(MACHINE)
    return replace(process, environ=kept if machine is None else {**kept, SYSTEM: machine})


def _machine_settings(path: Path) -> Any:
    """Return the machine's own system settings; None if the file does not exist."""
    from qwen_schema.bounded import Unreadable  # noqa: PLC0415 - few machines have them
    from qwen_schema.jsonc import JsonError  # noqa: PLC0415
    from qwen_schema.settings_file import read_settings  # noqa: PLC0415

    try:
        return read_settings(path)
    except FileNotFoundError:
        return None
    except (OSError, Unreadable, JsonError) as error:
        raise ConfigurationError(f"the system's settings cannot be read: {error}", where=str(path)) from None


def _compilation(start: Start, process: Process) -> Compilation:
    """Return the compilation for Qwen Code in its environment, with the arguments that the user typed for it."""
    assert start.profile is not None  # noqa: S101 - callers have checked it
    environ = start.child.environ
    here = Process(environ, process.cwd, home_of(environ))
    flags = typed_flags(start.words[1:])
    return Compilation(Request(here, flags, profile=start.profile.name), allows=lambda _path, _owner: True)


def _profile_of(installed: InstalledProgram) -> tuple[Profile, tuple[str, ...]]:
    if installed.profile is not None:
        return installed.profile, ()
    newest = list(declared_profiles())[-1]
    why = installed.problem or f"it may be {' or '.join(installed.versions)}"
    return profile_named(newest), (
        f"qwen-cfg: the version of this Qwen Code is unknown ({why}); it is started as {newest}",
    )


def _settings_notices(process: Process) -> Iterator[str]:
    """Yield notices about settings files that an older Qwen Code reads by rules that are unknown here."""
    home = process.home.path
    files = (process.cwd / ".qwen" / "settings.json", *([] if home is None else [home / ".qwen" / "settings.json"]))
    for file in files:
        if os.path.lexists(file):
            yield f"qwen-cfg: {file}: this Qwen Code reads these settings; a provider entry may override this config"


def _locate(use: KeyedConfig, path: str) -> Path:
    return real(use.locate(path))


def _values(decision: Decision, expected: Any) -> str:
    """Return the two values as text; empty for keys."""
    if decision.field.secret or decision.value is None or isinstance(decision.value, Secret):
        return ""
    return f": {show_value(decision.value)} in place of {show_value(expected) or 'none'}"
