"""The Python interface: give it the world, get a resolution back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import Secret, UsageError, Value, declared_fields, fields_meant, show_value

from .application.compilation import Compilation
from .application.flags import flags_in
from .application.request import Process, Request
from .core.world import EnvFileChoice, FlagValue
from .reading.ownership import foreign_owner
from .reading.qwen_home import Home

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from qwen_schema.envfile import Dialect

    from .core.resolution import Resolution
    from .core.world import GitStatus
    from .reading.world import AsksGit


def _not_asked(path: Path) -> GitStatus | None:  # noqa: ARG001 - in place of git
    """Say that nothing is known."""
    return None


def resolve(  # noqa: PLR0913 - the world has as many sides
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
    git_status: AsksGit = _not_asked,
) -> Resolution:
    """Resolve every field in the world that is given, and in no other.

    Files are read; `os.environ` is not read, and no program is started.

    Args:
        argv: flags as on the command line (`["--model", "gpt-4o-mini"]`).
        environ: the environment, in place of `os.environ`.
        cwd: the directory in which the search for an env file starts.
        home: the home directory, or None for none.
        values: fields by name with their values, as another way to give flags.
        profile: the generation of Qwen Code to follow, `documented` or `qwen-code-0.21`. None for the one that
            `environ` names in QWEN_CFG_PROFILE; else for that of the `qwen` on the PATH of `environ`, whose version is
            read from its package.json; else for `documented`.
        dialect: whose reading of env files counts, `dotenv` (the npm package) or `python` (python-dotenv).
        env_file: read this env file and search for none (relative to `cwd`).
        search: False to read no env file at all, unless `env_file` names one.
        git_status: what git does with an env file of the project (`tracked`, `ignored` or `not ignored`; None where it
            is in no work tree), for the rules about keys in git. Without it git is not asked, and those find nothing.

    Returns:
        The resolution: a decision per field, the search, and what was excluded. It may be incomplete.

    Raises:
        UsageError: if a flag, a field or the profile is not known, or a value is of no type that a field has.
        ConfigurationError: if `cwd` is no directory.
        EnvFileError: if the env file cannot be read, or the one that is named does not exist.
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


def _values(values: Mapping[str, Value | list[str] | Secret]) -> dict[str, FlagValue]:
    unknown = [name for name in values if name not in declared_fields()]
    if unknown:
        raise UsageError(
            f"unknown: {', '.join(unknown)}",
            hint=f"{fields_meant(unknown[0])}The fields are {', '.join(declared_fields())}.",
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
        raise UsageError(f"a {type(value).__name__} is no value", where=name, hint="Leave it out for none.")
    return Secret(show_value(items)) if secret else show_value(items)
