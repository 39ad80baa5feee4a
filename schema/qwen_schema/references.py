"""Follows a secret reference to the secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .artifact import SecretReference
from .bounded import Unreadable
from .envfile import file_values
from .errors import NotTrustedError, SecretReferenceError
from .fields import declared_fields
from .pointers import kind_of_pointer, parts_of_pointer, program_of
from .records import field, record
from .secret import Secret
from .values import BadValue, parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .envfile import Dialect


@record
class Surroundings:
    """The context in which a process follows references: environment, flags, and the base of relative paths and `~`.

    `flags` has the secrets from this process's command line, by the flag as the user wrote it. `user_files` are the
    user's own env files, which may name a command. `may_run_commands` says whether a reference in the artifact may name
    one, because the user has approved that artifact's commands.
    """

    environ: Mapping[str, str] = field(repr=False)
    flags: Mapping[str, Secret]
    base: Path
    home: Path | None
    dialect: Dialect = "dotenv"
    user_files: tuple[Path, ...] = ()
    may_run_commands: bool = False

    @property
    def user_settings(self) -> tuple[Path, ...]:
        """The user's settings files, in the directories of the user's env files, and the system's settings file."""
        homes = [] if self.home is None else [self.home / ".qwen"]
        beside = [file.parent for file in self.user_files if file.parent != self.home]
        directories = dict.fromkeys([*homes, *beside, Path("/etc/qwen-code")])
        return tuple(directory / "settings.json" for directory in directories)


def follow(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the API key that a reference names. A pointer in that place is followed once.

    Raises:
        SecretReferenceError: if there is no value, an empty one, or one that cannot be a key.
        EnvFileError: if the env file that it names cannot be read.
        NotTrustedError: if a pointer names a command that the user has not approved.
    """
    found = look_up(reference, here)
    pointer = None if reference.kind == "literal" else reference_of_pointer(found.reveal())
    if pointer is None:
        return found
    if pointer.kind == "command" and not _may_run(reference, here):
        raise _not_trusted_error(reference, pointer)
    key = _fetch(pointer, here)
    _require_key(pointer, key)
    if kind_of_pointer(key.reveal()) is not None:
        what = f"the API key from {pointer} is a pointer to another place, which is not followed"
        raise _refusal(pointer, what, "Use that other pointer directly.")
    return key


def look_up(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the text that a reference names: a key, or a pointer to a key. No command is run, and no keyring is read.

    Raises:
        SecretReferenceError: if there is no value, an empty one, or one that cannot be a key.
        EnvFileError: if the env file that it names cannot be read.
    """
    found = _secret_at(reference, here)
    _require_key(reference, found)
    return found


def reference_of_pointer(text: str) -> SecretReference | None:
    """Return a pointer as a reference; None if the text is a key.

    Raises:
        ValueError: if the pointer is invalid; the message has the problem.
    """
    kind = kind_of_pointer(text)
    if kind is None:
        return None
    parts = parts_of_pointer(text)
    return SecretReference(kind, service=parts.get("service"), name=parts.get("name"), command=parts.get("command"))


def _secret_at(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the text that a reference names; an empty secret if there is none."""
    match reference.kind:
        case "environment":
            return Secret(here.environ.get(reference.variable or "", ""))
        case "env-file":
            return _from_env_file(reference, here)
        case "settings":
            return _from_settings(reference, here)
        case "flag":
            return here.flags.get(reference.flag or "", Secret(""))
        case "literal":
            return reference.value or Secret("")
        case "keyring" | "command":
            return Secret(reference.pointer or "")
        case "oauth-cache":
            raise _refusal(reference, "a Qwen OAuth login is not an API key", "Name a key with --secret-from.")


def _require_key(reference: SecretReference, found: Secret) -> None:
    """Raise an error unless the text is a key or a pointer to a key."""
    if not found.reveal():
        raise _refusal(
            reference,
            f"the API key should come from {reference}, but it is not set there",
            "Set it there, or name another place with --secret-from.",
        )
    try:
        parse_value(declared_fields()["api_key"], found.reveal())
    except BadValue as problem:
        what = f"the API key from {reference} is not valid: {problem.wrong}"
        raise _refusal(reference, what, f"Expected {problem.expected}.") from None


def _may_run(reference: SecretReference, here: Surroundings) -> bool:
    """Return whether the place of a reference may name a command; a place that a project's file can fill may not."""
    match reference.kind:
        case "environment" | "flag":
            return True
        case "env-file":
            path = locate_path(reference.path or "", base=here.base, home=here.home)
            return real_place(path) in map(real_place, here.user_files)
    return here.may_run_commands


def real_place(path: Path) -> Path:
    """Return a path whose directories have no links and no `..`; the file itself may be a link."""
    return Path(os.path.realpath(path.parent)) / path.name


def _fetch(pointer: SecretReference, here: Surroundings) -> Secret:
    from .fetching import from_command, from_keyring  # noqa: PLC0415 - few keys are fetched

    if pointer.kind == "keyring":
        return from_keyring(pointer.service or "", pointer.name or "")
    return from_command(pointer.command or "", here.environ)


def _not_trusted_error(reference: SecretReference, pointer: SecretReference) -> NotTrustedError:
    namer = "the artifact" if reference.kind == "command" else f"{reference.path}, which is not a file of your own,"
    return NotTrustedError(
        f"{namer} names a command for the API key; the command was not run",
        where=_where(reference),
        hint=f"To run `{program_of(pointer.command or '')}`, name it yourself: --secret-from 'command:…', with "
        "the whole command. Or name another place with --secret-from.",
    )


def _refusal(reference: SecretReference, what: str, hint: str) -> SecretReferenceError:
    return SecretReferenceError(what, where=_where(reference), hint=hint)


def _where(reference: SecretReference) -> str:
    if reference.kind == "command":
        return f"command:{program_of(reference.command or '')}"
    return reference.path or reference.variable or reference.flag or reference.pointer or ""


def locate_path(path: str, *, base: Path, home: Path | None) -> Path:
    """Return a path of an artifact (`./`, `../`, `~/` or absolute) as a path on this machine."""
    if path.startswith("~/") and home is not None:
        return home / path[2:]
    return base / path


def names_in_pointer(pointer: str) -> list[str]:
    """Return the names of a JSON Pointer (RFC 6901)."""
    return [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]


def _from_settings(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the text at a JSON Pointer (RFC 6901) in a settings file.

    Variables in the user's own settings files are replaced from the environment, in a project's file they are refused.
    """
    from .jsonc import JsonError, javascript_text  # noqa: PLC0415 - few keys are in settings
    from .settings_file import read_settings  # noqa: PLC0415
    from .settings_text import (  # noqa: PLC0415
        Allowance,
        TooMuchTextError,
        expand_variables,
        is_one_variable,
        variables_in,
    )

    shown = reference.path or ""
    path = locate_path(shown, base=here.base, home=here.home)
    names = names_in_pointer(reference.pointer_in_file or "")
    try:
        found = read_settings(path).at_pointer(names)
    except (OSError, Unreadable, JsonError) as error:
        wrong = error.strerror if isinstance(error, OSError) else str(error)
        what = f"the settings file that the artifact names for the API key cannot be read: {wrong}"
        raise SecretReferenceError(what, where=shown, hint="Correct the file, or use --secret-from.") from None
    value = "" if found is None or isinstance(found.value, (dict, tuple)) else javascript_text(found.value)
    known = [name for name in variables_in(value) if name in here.environ]
    if known and real_place(path) not in map(real_place, here.user_settings):
        what = "the API key uses a variable of the environment, but the file belongs to a project"
        raise SecretReferenceError(what, where=shown, hint="To use the variable: --secret-from environment:NAME")
    if is_one_variable(value) and not known:
        what = "the API key in the settings file is a variable that is not set in the environment"
        raise SecretReferenceError(what, where=shown, hint="Export the variable, or use --secret-from.")
    try:
        allowance = Allowance()
        look_up = lambda name: None if name not in here.environ else allowance.spend(here.environ[name])  # noqa: E731
        return Secret(expand_variables(value, look_up)[0])
    except TooMuchTextError as error:
        raise SecretReferenceError(f"the settings file cannot be used: {error}", where=shown) from None


def _from_env_file(reference: SecretReference, here: Surroundings) -> Secret:
    shown = reference.path or ""
    path = locate_path(shown, base=here.base, home=here.home)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises an error for a name that is too long
        raise SecretReferenceError(
            "the env file that the artifact names for the API key does not exist",
            where=shown,
            hint="Paths in an artifact start from its directory. Create the file, or use --secret-from.",
        )
    return Secret(file_values(path, shown, here.dialect).get(reference.variable or "", ""))
