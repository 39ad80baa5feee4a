"""How a secret reference is followed to the secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .envfile import last_of_each, read_env_text, reader_of
from .errors import SecretReferenceError
from .fields import declared_fields
from .secret import Secret
from .values import BadValue, parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .artifact import SecretReference
    from .envfile import Dialect


@dataclass(frozen=True)
class Surroundings:
    """Where a process follows references: its environment, its flags, and where relative paths and `~` lead.

    `flags` holds the secrets that were given on this process's command line, by the flag as it was spelled.
    """

    environ: Mapping[str, str]
    flags: Mapping[str, Secret]
    base: Path
    home: Path | None
    dialect: Dialect = "dotenv"


def follow(reference: SecretReference, here: Surroundings) -> Secret:
    """Return the API key that a reference names.

    Raises:
        SecretReferenceError: if nothing, an empty value, or what cannot be a key stands there.
        EnvFileError: if the env file that it names cannot be read.
    """
    found = _found(reference, here)
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
        raise _refusal(reference, what, f"Right would be {problem.expected}.") from None
    return found


def _found(reference: SecretReference, here: Surroundings) -> Secret:
    """Return what stands where a reference leads; the empty secret if nothing does."""
    match reference.kind:
        case "environment":
            return Secret(here.environ.get(reference.variable or "", ""))
        case "env-file":
            return _from_env_file(reference, here)
        case "flag":
            return here.flags.get(reference.flag or "", Secret(""))
        case "literal":
            return reference.value or Secret("")
        case "oauth-cache":
            raise _refusal(reference, "a Qwen OAuth login is not an API key", "Name a key with --secret-from.")


def _refusal(reference: SecretReference, what: str, hint: str) -> SecretReferenceError:
    return SecretReferenceError(what, where=reference.path or reference.variable or reference.flag or "", hint=hint)


def located(path: str, *, base: Path, home: Path | None) -> Path:
    """Return where a path of an artifact (`./`, `../`, `~/` or absolute) leads on this machine."""
    if path.startswith("~/") and home is not None:
        return home / path[2:]
    return base / path


def _from_env_file(reference: SecretReference, here: Surroundings) -> Secret:
    shown = reference.path or ""
    path = located(shown, base=here.base, home=here.home)
    if not path.exists():
        raise SecretReferenceError(
            "the env file that the artifact names for the API key does not exist",
            where=shown,
            hint="Paths in an artifact start from the working directory. Create the file, or use --secret-from.",
        )
    assignments = last_of_each(reader_of(here.dialect)(read_env_text(path, shown)))
    assignment = assignments.get(reference.variable or "")
    return Secret(assignment.value if assignment else "")
