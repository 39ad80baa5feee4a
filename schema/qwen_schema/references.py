"""How a secret reference is followed to the secret."""

from __future__ import annotations

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


def follow(
    reference: SecretReference,
    *,
    environ: Mapping[str, str],
    flags: Mapping[str, Secret],
    base: Path,
    home: Path | None,
    dialect: Dialect,
) -> Secret:
    """Return the secret that a reference names.

    `base` is the directory that relative paths of the artifact start from; `flags` holds what was given on the
    command line of this process.

    Raises:
        SecretReferenceError: if nothing, or an empty value, stands there.
        EnvFileError: if the env file that it names cannot be read.
    """
    match reference.kind:
        case "environment":
            found = Secret(environ.get(reference.variable or "", ""))
        case "env-file":
            found = _from_env_file(reference, base, home, dialect)
        case "flag":
            found = flags.get(reference.flag or "", Secret(""))
        case "literal":
            found = reference.value or Secret("")
        case "oauth-cache":
            raise SecretReferenceError(
                "a Qwen OAuth login is not an API key", where=reference.path or "", hint="Follow it as a login."
            )
    if not found.reveal():
        raise SecretReferenceError(
            f"the API key is to come from {reference}, and there is none",
            where=reference.path or reference.variable or reference.flag or "",
            hint="Set it there, or say where else it is with --secret-from.",
        )
    try:
        parse_value(declared_fields()["api_key"], found.reveal())
    except BadValue as problem:
        raise SecretReferenceError(
            f"the API key from {reference} is not valid: {problem.wrong}",
            where=reference.path or reference.variable or reference.flag or "",
            hint=f"Right would be {problem.expected}.",
        ) from None
    return found


def located(path: str, *, base: Path, home: Path | None) -> Path:
    """Return where a path of an artifact (`./`, `../`, `~/` or absolute) leads on this machine."""
    if path.startswith("~/") and home is not None:
        return home / path[2:]
    return base / path


def _from_env_file(reference: SecretReference, base: Path, home: Path | None, dialect: Dialect) -> Secret:
    shown = reference.path or ""
    path = located(shown, base=base, home=home)
    if not path.exists():
        raise SecretReferenceError(
            "the env file that the artifact names for the API key does not exist",
            where=shown,
            hint="Paths in an artifact start from the working directory. Create the file, or use --secret-from.",
        )
    assignments = last_of_each(reader_of(dialect)(read_env_text(path, shown)))
    assignment = assignments.get(reference.variable or "")
    return Secret(assignment.value if assignment else "")
