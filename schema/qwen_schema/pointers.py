"""Pointers: strings that name the place of an API key (`keyring:SERVICE/NAME`, `command:WORDS`)."""

from __future__ import annotations

from typing import Literal, get_args

from .formats import LONGEST, check_command_line

PointerKind = Literal["keyring", "command"]
_BEGINNINGS = tuple(f"{kind}:" for kind in get_args(PointerKind))

# The expected form, for messages.
EXPECTED = "keyring:SERVICE/NAME, such as keyring:qwen/me, or command:WORDS, such as command:pass show openai"


def kind_of_pointer(text: str) -> PointerKind | None:
    """Return the kind of pointer that a text starts with, even if the pointer is invalid; None for a key."""
    if not text.startswith(_BEGINNINGS):
        return None
    return next(kind for kind in get_args(PointerKind) if text.startswith(f"{kind}:"))


def parts_of_pointer(text: str) -> dict[str, str]:
    """Return the parts of a pointer by name: `service` and `name`, or `command`. The service ends at the first slash.

    Raises:
        ValueError: if it is not a pointer; the message has the problem, but not the text, which may be a key.
    """
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} characters")
    kind, _, rest = text.partition(":")
    match kind:
        case "keyring":
            service, _, name = rest.partition("/")
            if not service:
                raise ValueError("it does not name a service of the keyring")
            if not name:
                raise ValueError("it names a service of the keyring, but no entry")
            return {"service": service, "name": name}
        case "command":
            check_command_line(rest)
            return {"command": rest}
    raise ValueError("it is not a pointer")


def is_pointer(text: str) -> bool:
    """Return whether a text is a valid pointer, which is not a secret."""
    if kind_of_pointer(text) is None:
        return False
    try:
        parts_of_pointer(text)
    except ValueError:
        return False
    return True


def program_of(command: str) -> str:
    """Return the name of the program that a command line runs, without its directory."""
    import shlex  # noqa: PLC0415 - few keys are commands

    return shlex.split(command)[0].rpartition("/")[2]
