"""Starts the installed Qwen Code once, with a recorder as its proxy, and compares its request with the resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.scopes import SYSTEM, SYSTEM_DEFAULTS, TRUSTED_FOLDERS
from qwen_cfg.reading.installed_program import program_at
from qwen_cfg.rules.diagnostic import warning_text
from qwen_cfg.starting.program import program_named
from qwen_cfg.starting.qwen_arguments import PROMPT_FLAGS, other_arguments, typed_flags
from qwen_cfg.verification.authority import Authority
from qwen_cfg.verification.child import run
from qwen_cfg.verification.comparison import compare
from qwen_cfg.verification.copies import copy_all, workspace_of
from qwen_cfg.verification.expectation import Expectation, expectation_of
from qwen_cfg.verification.recorder import Recorder, recording
from qwen_cfg.writing.private_directory import make_private_directory
from qwen_schema import ConfigurationError, NotTrustedError, SettingsError, UsageError, declared_fields
from qwen_schema.proxy import is_direct
from qwen_schema.records import record
from qwen_schema.signals import delay_signals

from .compilation import compilation_of
from .projects_programs import projects_programs
from .request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from qwen_cfg.core.chosen_profile import InstalledProgram
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.verification.child import ProgramEnd
    from qwen_cfg.verification.comparison import Comparison
    from qwen_cfg.writing.private_directory import PrivateDirectory

    from .compilation import Compilation
    from .request import Process

QWEN_HOME = "QWEN_HOME"

# A host that receives no request. An empty list would count as not set, and env files could then set it.
_UNREACHABLE_HOST = "qwen-cfg.invalid"
# The rules about changes of requests that no field shows.
_REPORTED_RULES = ("QC125",)


@record
class Verification:
    """The result of a run.

    `refused` are the hosts that the recorder refused, `distrustful` the hosts whose certificate the program did not
    accept, and `notices` lines for the user.
    """

    program: Path
    installed: InstalledProgram
    expected: Expectation
    comparison: Comparison
    ended: ProgramEnd
    refused: tuple[str, ...]
    distrustful: tuple[str, ...]
    notices: tuple[str, ...]


def qwen_code(words: Sequence[str], process: Process) -> tuple[Path, InstalledProgram]:
    """Return the Qwen Code to start: the named program, or the `qwen` on the PATH.

    Raises:
        UsageError: if it does not exist, or is not a supported Qwen Code.
    """
    program = program_named(words[0] if words else "qwen", process.environ)
    installed = program_at(program, process.home.path)
    if installed.profile is None:
        why = installed.problem or f"it may be {' or '.join(installed.versions)}"
        raise UsageError(
            f"this is not Qwen Code, or its version is unknown: {why}",
            where=str(program),
            hint="Name Qwen Code: another program might not use the proxy, and send the key to its endpoint.",
        )
    if not installed.profile.reads_settings:
        raise UsageError(
            f"Qwen Code {' or '.join(installed.versions)} cannot be verified: it always writes to ~/.qwen",
            where=str(program),
            hint="Install Qwen Code 0.21 or later: npm install -g @qwen-code/qwen-code",
        )
    return program, installed


def verify(request: Request, words: Sequence[str], seconds: float) -> Verification:
    """Start Qwen Code once, and compare its request with the resolution. `words` are its name and arguments.

    Raises:
        UsageError: if there is no supported Qwen Code.
        ConfigurationError: if Qwen Code would use another proxy than the recorder, or TLS cannot be recorded.
        NotTrustedError: if a project's files name programs that Qwen Code would start.
    """
    process = request.process
    program, installed = qwen_code(words, process)
    profile = request.profile or (installed.profile.name if installed.profile is not None else None)
    its_request = Request(process, typed_flags(words[1:]), profile=profile, trust_project=request.trust_project)
    compilation = compilation_of(its_request)
    if not its_request.trusts_project:
        _require_no_programs(process, installed)
    resolution, expected = _expected_request(compilation)
    arguments = [*words[1:], *_prompt(words[1:])]
    directory = make_private_directory(process.state)
    workspace = workspace_of(process.cwd)
    restored: tuple[str, ...] = ()
    try:
        recorder = Recorder(_authority(expected, directory))
        with recording(recorder) as proxy:
            environ = _environment(process, directory, resolution, recorder, proxy)
            ended = run(program, arguments, environ, process.cwd, recorder.answered, seconds)
    finally:
        # A second Ctrl-C takes effect after this block.
        with delay_signals():
            restored = workspace.restore()
            directory.remove()
    warnings = () if resolution is None else _warnings(compilation)
    notices = (*warnings, *_no_proxy_notice(resolution, expected), *restored)
    comparison = compare(expected, recorder.sent, recorder.salt)
    return Verification(
        program, installed, expected, comparison, ended, recorder.refused, recorder.distrustful, notices
    )


def _expected_request(compilation: Compilation) -> tuple[Resolution | None, Expectation]:
    """Return the resolution and the request that follows from it, or no resolution and the reason to stop.

    Raises:
        ConfigurationError: if Qwen Code would use another proxy than the recorder.
    """
    try:
        resolution = compilation.resolution
        expected = expectation_of(resolution)
    except SettingsError as error:
        return None, Expectation(stop=str(error))
    _require_our_proxy(resolution)
    return resolution, expected


def _warnings(compilation: Compilation) -> Iterable[str]:
    return (warning_text(d) for d in compilation.diagnostics if d.code in _REPORTED_RULES)


def _prompt(words: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments for a single prompt; none if the user typed other arguments than flags of fields."""
    return () if other_arguments(words) else (PROMPT_FLAGS[0], "ping")


def _authority(expected: Expectation, directory: PrivateDirectory) -> Authority | None:
    """Return a certificate authority; None if its library is missing and the endpoint does not use https."""
    try:
        return Authority(directory.write)
    except ConfigurationError:
        if expected.base_url.startswith("https:"):
            raise
        return None


def _environment(
    process: Process, directory: PrivateDirectory, resolution: Resolution | None, recorder: Recorder, proxy: str
) -> dict[str, str]:
    """Return the environment of the program: the user's, with the recorder as the proxy and copies of its files."""
    environ: dict[str, str] = dict(process.environ)
    for name in (v.name for v in declared_fields()["proxy"].variables):
        environ[name] = proxy
    for name in (v.name for v in declared_fields()["no_proxy"].variables):
        environ[name] = _UNREACHABLE_HOST
    if recorder.authority is not None:
        environ["NODE_EXTRA_CA_CERTS"] = str(recorder.authority.file)
    return {**environ, **_copy_files(process, directory, resolution)}


def _copy_files(process: Process, directory: PrivateDirectory, resolution: Resolution | None) -> Mapping[str, str]:
    """Copy the files that the program may write, and return the variables that name the copies."""
    load = None if resolution is None else resolution.settings
    places = {scope.file.scope: scope.file.path for scope in (() if load is None else load.scopes)}
    own = _qwen_directory(process, resolution)
    copies = copy_all(directory.path, own, places.get("system"), places.get("system defaults"))
    found = {QWEN_HOME: str(copies.home)}
    if places:
        found |= {SYSTEM: str(copies.machine), SYSTEM_DEFAULTS: str(copies.defaults)}
    rules = None if resolution is None else resolution.variables.value(TRUSTED_FOLDERS)
    return found | ({} if rules is None else {TRUSTED_FOLDERS: rules.text})


def _qwen_directory(process: Process, resolution: Resolution | None) -> Path | None:
    """Return the user's Qwen directory; None without a home."""
    moved = None if resolution is None else resolution.directory.moved_to
    home = process.home.path
    return moved if moved is not None else None if home is None else home / ".qwen"


def _require_our_proxy(resolution: Resolution) -> None:
    """Check that no flag and no settings set a proxy, which Qwen Code would use instead of the recorder.

    Raises:
        ConfigurationError: if one of them does.
    """
    winner = resolution.decisions["proxy"].winner
    settings = None if resolution.settings is None else resolution.settings.at("proxy")
    by_flag = winner is not None and winner.origin.layer == "flag"
    if by_flag or (settings is not None and settings.is_true):
        place = str(winner.origin) if by_flag and winner is not None else settings.place if settings is not None else ""
        raise ConfigurationError(
            "Qwen Code would use this proxy instead of the recorder on this machine",
            where=place,
            hint="Nothing was started. Remove the proxy for this run, or set it in HTTPS_PROXY instead.",
        )


def _no_proxy_notice(resolution: Resolution | None, expected: Expectation) -> tuple[str, ...]:
    """Return a notice if the list of hosts without a proxy has the endpoint, and so was not used."""
    if resolution is None or not expected.base_url:
        return ()
    decision = resolution.decisions["no_proxy"]
    winner, exceptions = decision.winner, decision.items
    if winner is None or not exceptions or not is_direct(expected.base_url, exceptions):
        return ()
    return (f"{winner.origin} was not used in this run: with it, requests would not go to the recorder",)


def _require_no_programs(process: Process, installed: InstalledProgram) -> None:
    """Check that no file of a project names programs, which Qwen Code starts without asking.

    Raises:
        NotTrustedError: if one does.
    """
    assert installed.profile is not None  # noqa: S101 - `qwen_code` checked it
    for found in projects_programs(process, process.environ, installed.profile):
        raise NotTrustedError(
            f"not trusted: {found.shown} decides what Qwen Code starts or sends without asking: {found.names}",
            hint="Nothing was started. If you trust them: --trust-project",
        )
