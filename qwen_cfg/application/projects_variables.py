"""The variables with which a project's env files decide what Qwen Code starts, or where it sends prompts."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import Standpoint
from qwen_schema.bounded import Unreadable
from qwen_schema.envfile import DIALECTS, last_of_each, read_env_text, reader_of
from qwen_schema.jsonc import JsonError
from qwen_schema.records import field, record
from qwen_schema.settings_file import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from qwen_schema import Profile

    from .request import Process

# Qwen Code reads them from a project's env file and from `env` of its settings, and hands them to what it starts. The
# loader of the system, git and ripgrep load libraries or settings that they name, which can run anything; Qwen Code
# starts the program of the IDE's server, and writes its system prompt, which a project can choose, over any file. Node
# and Google's library load code or start programs, too. Old versions refuse none of them, and let a project's file
# switch the check of certificates off.
_STARTING = frozenset((
    "BASH_ENV",
    "BROWSER",
    "BUN_CONFIG_REGISTRY",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "EDITOR",
    "GCONV_PATH",
    "GIT_ASKPASS",
    "GIT_COMMON_DIR",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
    "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LESSCLOSE",
    "LESSOPEN",
    "NODE_COMPILE_CACHE",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_REDIRECT_WARNINGS",
    "NODE_REPL_EXTERNAL_MODULE",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "NODE_V8_COVERAGE",
    "OMNI_USAGE_LOG",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "PAGER",
    "PATH",
    "QWEN_CODE_CLI",
    "QWEN_CODE_IDE_SERVER_PORT",
    "QWEN_CODE_IDE_SERVER_STDIO_COMMAND",
    "QWEN_CODE_SYSTEM_DEFAULTS_PATH",
    "QWEN_CODE_SYSTEM_SETTINGS_PATH",
    "QWEN_CODE_TRUSTED_FOLDERS_PATH",
    "QWEN_CODE_WARNINGS_FILE",
    "QWEN_HOME",
    "QWEN_SANDBOX",
    "QWEN_SANDBOX_IMAGE",
    "QWEN_SANDBOX_PROXY_COMMAND",
    "QWEN_UPDATE_BASE_URL",
    "QWEN_WRITE_SYSTEM_MD",
    "RIPGREP_CONFIG_PATH",
    "SHELL",
    "SHELLOPTS",
    "SSH_ASKPASS",
    "VISUAL",
    "XDG_CONFIG_HOME",
    "YARN_REGISTRY",
    "ZDOTDIR",
))  # fmt: skip
# git appends its traces, with the values of variables that it is given, to any file. bash takes functions from
# variables.
_FAMILIES = ("BASH_FUNC_", "GIT_TRACE")
# npm, by which Qwen Code updates itself, takes the registry and all else from them, in any case.
_NPM = "NPM_CONFIG_"
# They decide where prompts go as telemetry; those of OpenTelemetry count if Qwen Code's telemetry is on.
_TELEMETRY, _OTEL = "QWEN_TELEMETRY_", "OTEL_EXPORTER_OTLP_"
_SWITCH = f"{_TELEMETRY}ENABLED"


@record
class FileVariables:
    """An env file of a project, its displayed path, and its variables that decide what Qwen Code starts or sends."""

    path: Path
    shown: str
    texts: Mapping[str, str] = field(repr=False)


def starting_variables(
    names: Iterable[str], environ: Mapping[str, str], profile: Profile, *, with_otel: bool
) -> Iterator[str]:
    """Yield the names that decide what Qwen Code starts or sends.

    Names that it refuses, and those that the environment sets already, have no effect.
    """
    for name in names:
        if _counts(name, with_otel=with_otel) and not _is_refused(name, profile) and not environ.get(name):
            yield name


def _counts(name: str, *, with_otel: bool) -> bool:
    families = (*_FAMILIES, _TELEMETRY, _OTEL) if with_otel else (*_FAMILIES, _TELEMETRY)
    return name in _STARTING or name.startswith(families) or name.upper().startswith(_NPM)


def _is_refused(name: str, profile: Profile) -> bool:
    return (name.upper() if name.upper().startswith(_NPM) else name) in profile.refused_variables


def variables_of_files(process: Process, environ: Mapping[str, str], profile: Profile) -> Iterator[FileVariables]:
    """Yield the env files here and above that set such a variable, except those of the home.

    Qwen Code reads only the first one, but its version decides which one that is.

    Raises:
        EnvFileError: if a file cannot be read, although its permissions allow it.
    """
    standpoint = Standpoint(process.cwd, process.home.path)
    with_otel = is_telemetry_on(process, environ)
    for path in _places(process):
        if path.is_file() and os.access(path, os.R_OK):
            shown = standpoint.show(path)
            texts = _texts_of(path, shown)
            found = {name: texts[name] for name in starting_variables(texts, environ, profile, with_otel=with_otel)}
            if found:
                yield FileVariables(path, shown, found)


def is_telemetry_on(process: Process, environ: Mapping[str, str]) -> bool:
    """Return whether the user's own environment or settings switch the telemetry of Qwen Code on."""
    if environ.get(_SWITCH):
        return True
    home = process.home.path
    with suppress(OSError, Unreadable, JsonError):
        node = None if home is None else read_settings(home / ".qwen" / "settings.json").at("telemetry", "enabled")
        return node is not None and bool(node.value)
    return False


def _places(process: Process) -> Iterator[Path]:
    home = process.home.path
    real_home = None if home is None else os.path.realpath(home)
    for directory in (process.cwd, *process.cwd.parents):
        if os.path.realpath(directory) != real_home:
            yield from (directory / ".qwen" / ".env", directory / ".env")


def _texts_of(path: Path, shown: str) -> dict[str, str]:
    """Return the variables of an env file in every dialect."""
    text = read_env_text(path, shown)
    readings = (last_of_each(reader_of(dialect)(text)) for dialect in DIALECTS)
    return {name: one.value for found in readings for name, one in found.items() if one.value}
