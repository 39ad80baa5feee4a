"""How a secret reference is followed to the secret."""

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
from .records import record
from .secret import Secret
from .values import BadValue, parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .envfile import Dialect


@record
class Surroundings:
    """Where a process follows references: its environment, its flags, and where relative paths and `~` lead.

    `flags` holds the secrets that were given on this process's command line, by the flag as it was spelled.
    `user_files` are the env files that may name a command: the user's own. `may_run_commands` tells whether a
    reference of the artifact may, because the user has asked for that artifact's commands.
    """

    environ: Mapping[str, str]
    flags: Mapping[str, Secret]
    base: Path
    home: Path | None
    dialect: Dialect = "dotenv"
    user_files: tuple[Path, ...] = ()
    may_run_commands: bool = False

    @property
    def user_settings(self) -> tuple[Path, ...]:
        """The settings files of the user, beside the env files of the user's `.qwen`, and that of the system."""
        homes = [] if self.home is None else [self.home / ".qwen"]
        beside = [file.parent for file in self.user_files if file.parent != self.home]
        directories = dict.fromkeys([*homes, *beside, Path("/etc/qwen-code")])
        return tuple(directory / "settings.json" for directory in directories)


def follow(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the API key that a reference names. What stands there may be a pointer, which is followed once.

    Raises:
        SecretReferenceError: if nothing, an empty value, or what cannot be a key stands there.
        EnvFileError: if the env file that it names cannot be read.
        NotTrustedError: if a command would have to be run that the user has not asked for.
    """
    found = look_up(reference, here)
    pointer = None if reference.kind == "literal" else reference_of_pointer(found.reveal())
    if pointer is None:
        return found
    if pointer.kind == "command" and not _may_run(reference, here):
        raise _not_trusted(reference, pointer)
    key = _fetched(pointer, here)
    _require_key(pointer, key)
    if kind_of_pointer(key.reveal()) is not None:
        what = f"the API key from {pointer} points to yet another place, and is not followed there"
        raise _refusal(pointer, what, "Name that place itself.")
    return key


def look_up(reference: SecretReference, here: Surroundings) -> Secret:
    """Return what stands where a reference leads: a key, or the pointer to one. Nothing is run or asked for it.

    Raises:
        SecretReferenceError: if nothing, an empty value, or what cannot be a key stands there.
        EnvFileError: if the env file that it names cannot be read.
    """
    found = _found(reference, here)
    _require_key(reference, found)
    return found


def reference_of_pointer(text: str) -> SecretReference | None:
    """Return the reference that a pointer stands for; None if the text is a key.

    Raises:
        ValueError: if it is a pointer that is not well-formed, with what is wrong.
    """
    kind = kind_of_pointer(text)
    if kind is None:
        return None
    parts = parts_of_pointer(text)
    return SecretReference(kind, service=parts.get("service"), name=parts.get("name"), command=parts.get("command"))


def _found(reference: SecretReference, here: Surroundings) -> Secret:
    """Return what stands where a reference leads; the empty secret if nothing does."""
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
    """Refuse what is empty, and what is neither a key nor a pointer to one."""
    if not found.reveal():
        raise _refusal(
            reference,
            f"the API key is to come from {reference}, and there is none",
            "Set it there, or say where else it is with --secret-from.",
        )
    try:
        parse_value(declared_fields()["api_key"], found.reveal())
    except BadValue as problem:
        what = f"the API key from {reference} is not valid: {problem.wrong}"
        raise _refusal(reference, what, f"Expected {problem.expected}.") from None


def _may_run(reference: SecretReference, here: Surroundings) -> bool:
    """Tell whether the place that a reference leads to may name a command: none that a project's file can fill."""
    match reference.kind:
        case "environment" | "flag":
            return True
        case "env-file":
            path = locate_path(reference.path or "", base=here.base, home=here.home)
            return real_place(path) in map(real_place, here.user_files)
    return here.may_run_commands


def real_place(path: Path) -> Path:
    """Return a path without links and `..` on the way to it; the file itself may be a link."""
    return Path(os.path.realpath(path.parent)) / path.name


def _fetched(pointer: SecretReference, here: Surroundings) -> Secret:
    from .fetching import from_command, from_keyring  # noqa: PLC0415 - few keys live elsewhere

    if pointer.kind == "keyring":
        return from_keyring(pointer.service or "", pointer.name or "")
    return from_command(pointer.command or "", here.environ)


def _not_trusted(reference: SecretReference, pointer: SecretReference) -> NotTrustedError:
    namer = "the artifact" if reference.kind == "command" else f"{reference.path}, which is not a file of your own,"
    return NotTrustedError(
        f"{namer} names a command for the API key, and it was not run",
        where=_where(reference),
        hint=f"If `{program_of(pointer.command or '')}` is to be run, say so yourself: --secret-from 'command:…', with "
        "the whole command. Or name another place of the key with --secret-from.",
    )


def _refusal(reference: SecretReference, what: str, hint: str) -> SecretReferenceError:
    return SecretReferenceError(what, where=_where(reference), hint=hint)


def _where(reference: SecretReference) -> str:
    if reference.kind == "command":
        return f"command:{program_of(reference.command or '')}"
    return reference.path or reference.variable or reference.flag or reference.pointer or ""


def locate_path(path: str, *, base: Path, home: Path | None) -> Path:
    """Return where a path of an artifact (`./`, `../`, `~/` or absolute) leads on this machine."""
    if path.startswith("~/") and home is not None:
        return home / path[2:]
    return base / path


def names_in_pointer(pointer: str) -> list[str]:
    """Return the names of a JSON Pointer (RFC 6901)."""
    return [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]


def _from_settings(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the text at a JSON Pointer (RFC 6901) in a settings file.

    The variables in the user's own are those of the environment; a project's takes no variable in.
    """
    from .jsonc import JsonError, written  # noqa: PLC0415 - few keys live there
    from .settings_file import read_settings  # noqa: PLC0415
    from .settings_text import (  # noqa: PLC0415
        Allowance,
        TooMuchTextError,
        expanded,
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
        raise SecretReferenceError(what, where=shown, hint="Mend the file, or use --secret-from.") from None
    value = "" if found is None or isinstance(found.value, (dict, tuple)) else written(found.value)
    known = [name for name in variables_in(value) if name in here.environ]
    if known and real_place(path) not in map(real_place, here.user_settings):
        what = "the API key takes in a variable of the environment, and the file is a project's"
        raise SecretReferenceError(what, where=shown, hint="If it is to be used: --secret-from environment:NAME")
    if is_one_variable(value) and not known:
        what = "the API key in the settings file is a variable, which the environment does not have"
        raise SecretReferenceError(what, where=shown, hint="Export the variable, or use --secret-from.")
    try:
        allowance = Allowance()
        look_up = lambda name: None if name not in here.environ else allowance.spend(here.environ[name])  # noqa: E731
        return Secret(expanded(value, look_up)[0])
    except TooMuchTextError as error:
        raise SecretReferenceError(f"the settings file cannot be used: {error}", where=shown) from None


def _from_env_file(reference: SecretReference, here: Surroundings) -> Secret:
    shown = reference.path or ""
    path = locate_path(shown, base=here.base, home=here.home)
    if not os.path.exists(path):  # noqa: PTH110 - a name that is too long does not
        raise SecretReferenceError(
            "the env file that the artifact names for the API key does not exist",
            where=shown,
            hint="Paths in an artifact start from its directory. Create the file, or use --secret-from.",
        )
    return Secret(file_values(path, shown, here.dialect).get(reference.variable or "", ""))
