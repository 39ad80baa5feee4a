"""The Python interface: resolves the fields in a given world, or loads a config for use in this process."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import (
    ConfigurationError,
    Secret,
    UsageError,
    Value,
    declared_fields,
    did_you_mean_field,
    locate_path,
    show_value,
    show_word,
)
from qwen_schema.records import replace

from .application.compilation import Compilation
from .application.flags import flags_in
from .application.request import Process, Request
from .core.world import EnvFileChoice, FlagValue
from .reading.ownership import foreign_owner
from .reading.qwen_home import Home, home_of
from .trust.gate import TRUST_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qwen_schema.envfile import Dialect

    from .application.check_result import CheckResult
    from .application.load_config import Trust
    from .application.loaded_config import Config
    from .core.resolution import Resolution
    from .core.world import GitStatus
    from .reading.world import AsksGit


def _no_git(path: Path) -> GitStatus | None:  # noqa: ARG001 - in place of git
    """Return None, without asking git."""
    return None


def resolve(  # noqa: PLR0913 - the world has as many parts
    argv: Sequence[str] = (),
    *,
    environ: Mapping[str, str],
    cwd: str | os.PathLike[str],
    home: str | os.PathLike[str] | None,
    values: Mapping[str, Value | list[str] | Secret] | None = None,
    profile: str | None = None,
    dialect: Dialect = "dotenv",
    env_file: str | os.PathLike[str] | None = None,
    search: bool = True,
    git_status: AsksGit = _no_git,
) -> Resolution:
    """Resolve every field in the given world; reads files, but not `os.environ`, and starts no program.

    Args:
        argv: flags as on the command line (`["--model", "gpt-4o-mini"]`).
        environ: the environment, in place of `os.environ`.
        cwd: the directory in which the search for an env file starts.
        home: the home directory; None for no home.
        values: values of fields by name, instead of flags.
        profile: `documented` or `qwen-code-0.21`. None for the one in QWEN_CFG_PROFILE of `environ`, else the one of
                the `qwen` on its PATH, else `documented`.
        dialect: the dialect of env files, `dotenv` (the npm package) or `python` (python-dotenv).
        env_file: the env file to read instead of a search, relative to `cwd`.
        search: False to read no env file, unless `env_file` names one.
        git_status: returns git's status of an env file (`tracked`, `ignored` or `not ignored`; None outside of a work
                tree), for the rules about keys in git. By default, git is not asked, and they find nothing.

    Returns:
        The resolution: a decision per field, the search, and the excluded variables. Required fields may have no value.

    Raises:
        UsageError: if a flag, a field or the profile is unknown, or a value has a type that no field has.
        ConfigurationError: if `cwd` is not a directory.
        EnvFileError: if an env file cannot be read, or the named one does not exist.
    """
    chosen = EnvFileChoice("flag", Path(env_file)) if env_file is not None else None
    request = Request(
        Process(environ, Path(cwd), Home(None if home is None else Path(home))),
        {**flags_in(argv), **_values(values or {})},
        chosen or EnvFileChoice("search" if search else "none"),
        profile,
        dialect,
    )
    owner_of = partial(foreign_owner, environ=environ)
    return Compilation(request, "survey", git_status=git_status, owner_of=owner_of).resolution


def load(
    path: str | os.PathLike[str] | None = None,
    *,
    trust: Trust = "deny",
    cwd: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    values: Mapping[str, Value | list[str] | Secret] | None = None,
    profile: str | None = None,
    secret_from: str | None = None,
) -> Config:
    """Return the config for this directory, or that of an artifact, with its key, ready to be used.

    It is what `qwen-cfg run` would use here, or with `--config`. Nothing is sent, printed or remembered. Files are
    read, git may be started, and so is a command that the user named in place of the key.

    Args:
        path: an artifact, or a directory with a `qwen.toml`; relative to `cwd`. None to resolve in `cwd`.
        trust: what to do where `run` would ask whether a project's file may decide where the key or prompts go. `deny`
            refuses it, whatever was approved before. `known` accepts what the user approved at a terminal or with
            `qwen-cfg trust`, and everything where QWEN_CFG_TRUST_PROJECT is set. `allow` accepts everything.
        cwd: the directory to resolve in, in place of the working directory.
        environ: the environment, in place of `os.environ`, which is then not read. Without HOME in it, there is no
            home.
        values: fields by name with their values, which override every other source. With an artifact, only the API key
            is allowed, if it was a flag when the artifact was written.
        profile: the version of Qwen Code to follow, as for `resolve`; an artifact has its own.
        secret_from: where to take the key from instead, in the form of `--secret-from` (`environment:MY_KEY`).

    Raises:
        UsageError: if an argument is not known, or cannot be combined with an artifact.
        ConfigurationError: if a value is missing or not valid, or the key cannot be read. Its subclasses are
            EnvFileError, SettingsError, SecretReferenceError, and ArtifactError for a file that is no artifact.
        NotTrustedError: if it would need an approval that `trust` does not give, or a file is another user's.
    """
    from .application.load_config import TRUST, load_artifact, load_here  # noqa: PLC0415 - not what `resolve` needs

    if trust not in TRUST:
        raise UsageError(f"unknown trust {show_word(str(trust))}", hint=f"Expected one of {', '.join(TRUST)}.")
    process = _process(cwd, environ, remembers=trust != "deny")
    request = _request(process, values, profile, secret_from, trust_project=trust == "allow")
    if path is None:
        return load_here(request, trust)
    return load_artifact(_at(request, path), trust)


def check(
    path: str | os.PathLike[str],
    *,
    strict: bool = False,
    cwd: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> CheckResult:
    """Resolve again what an artifact was made from, and return the differences, as `qwen-cfg check` does.

    Nothing is sent, printed or written. Files are read, and git may be started.

    Args:
        path: the artifact, or a directory with a `qwen.toml`; relative to `cwd`.
        strict: compare the origins too, and count a key or a file that is missing here as a difference.
        cwd: where `path` starts, in place of the working directory.
        environ: the environment, in place of `os.environ`, as for `load`.

    Raises:
        ArtifactError: if the file is no artifact.
        ConfigurationError: if what resolves here is not valid, or incomplete for another reason than a missing key.
        NotTrustedError: if an env file is another user's.
    """
    from .application.check_result import check  # noqa: PLC0415 - not what `resolve` needs

    return check(_at(_request(_process(cwd, environ), None, None, None), path), strict=strict)


def _process(
    cwd: str | os.PathLike[str] | None, environ: Mapping[str, str] | None, *, remembers: bool = True
) -> Process:
    """Return the calling process, or a process with another environment and directory.

    Without `remembers`, QWEN_CFG_TRUST_PROJECT is removed from its environment.
    """
    given = os.environ if environ is None else environ
    kept = {name: text for name, text in given.items() if remembers or name != TRUST_VARIABLE}
    has_home = environ is None or not {"HOME", "USERPROFILE"}.isdisjoint(environ)
    home = home_of(kept) if has_home else Home(None, "the environment that was given has no HOME")
    return Process(kept, _directory(cwd), home, remembers)


def _directory(cwd: str | os.PathLike[str] | None) -> Path:
    """Return the directory to work in, with its links resolved.

    Raises:
        ConfigurationError: if the working directory has been deleted.
    """
    try:
        return Path(os.path.realpath(Path.cwd() if cwd is None else Path.cwd() / cwd))
    except FileNotFoundError:
        raise ConfigurationError("the working directory cannot be found", hint="Name one with cwd=.") from None


def _request(
    process: Process,
    values: Mapping[str, Value | list[str] | Secret] | None,
    profile: str | None,
    secret_from: str | None,
    *,
    trust_project: bool = False,
) -> Request:
    from .application.secret_from import secret_reference  # noqa: PLC0415 - not what `resolve` needs

    reference = None if secret_from is None else secret_reference(secret_from)
    return Request(process, _values(values or {}), profile=profile, secret_from=reference, trust_project=trust_project)


def _at(request: Request, path: str | os.PathLike[str]) -> Request:
    """Return a request with the artifact of a path. Paths in the environment start from where the caller is."""
    from .writing.artifact_file import ARTIFACT_NAME  # noqa: PLC0415 - not what `resolve` needs

    process, name = request.process, os.fspath(path)
    if "\0" in name:
        raise UsageError("the path contains a NUL character", where="path")
    if (process.cwd / name).is_dir():
        name = str(Path(name) / ARTIFACT_NAME)
    paths = [field for field in declared_fields().values() if field.schema.get("format") == "file-path"]
    named = {variable.name for field in paths for variable in field.variables if process.environ.get(variable.name)}
    places = {n: str(locate_path(process.environ[n], base=process.cwd, home=process.home.path)) for n in named}
    moved = replace(request, process=replace(process, environ={**process.environ, **places}))
    return replace(moved.at(Path(name)), config=name)


def _values(values: Mapping[str, Value | list[str] | Secret]) -> dict[str, FlagValue]:
    unknown = [name for name in values if name not in declared_fields()]
    if unknown:
        raise UsageError(
            f"unknown: {', '.join(unknown)}",
            hint=f"{did_you_mean_field(unknown[0])}The fields are {', '.join(declared_fields())}.",
        )
    return {name: FlagValue(declared_fields()[name].flags[0], _text(name, value)) for name, value in values.items()}


def _text(name: str, value: Value | list[str] | Secret) -> str | Secret:
    secret = declared_fields()[name].secret
    if isinstance(value, Secret):
        return value if secret else value.reveal()
    items = tuple(value) if isinstance(value, list) else value
    if not isinstance(items, str | bool | int | float | tuple) or (
        isinstance(items, tuple) and not all(isinstance(item, str) for item in items)
    ):
        raise UsageError(
            f"unsupported type {type(value).__name__}", where=name, hint="To leave the field unset, omit it."
        )
    return Secret(show_value(items)) if secret else show_value(items)
