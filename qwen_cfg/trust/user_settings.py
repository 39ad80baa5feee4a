"""Checks whether the user's own settings send a key to the same base URL as an artifact; it then needs no approval."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qwen_schema import BadValue, declared_fields, locate_path, parse_value
from qwen_schema.references import names_in_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qwen_schema import ResolvedConfig, SecretReference, Surroundings
    from qwen_schema.jsonc import Node

OWN_KEY = "/security/auth/apiKey"
_ENV_PREFIX = "/env/"


def variable_of(reference: SecretReference) -> str | None:
    """Return the variable that a reference reads the key from, in the environment or in settings; None without one."""
    pointer = reference.pointer_in_file or ""
    if reference.kind == "settings" and pointer.startswith(_ENV_PREFIX):
        return "/".join(names_in_pointer(pointer)[1:])
    return reference.variable


def do_users_settings_send(artifact: ResolvedConfig, here: Surroundings) -> bool:
    """Return whether the user's own settings use the key of an artifact with the base URL of the artifact.

    They do if a provider entry names both. For the usual key, they do if the settings set the usual base URL to it.
    """
    reference = artifact.api_key
    files = here.user_settings
    if reference.kind == "settings" and locate_path(str(reference.path), base=here.base, home=here.home) not in files:
        return False
    if reference.kind not in ("settings", "environment"):
        return False
    return any(
        text and _is_same(text, artifact.text("base_url"))
        for file in files
        if (root := _read(file)) is not None
        for text in _urls(root, reference)
    )


def _urls(root: Node, reference: SecretReference) -> Iterator[str]:
    """Yield the base URLs to which settings send the key that a reference names."""
    variable = variable_of(reference)
    for entry in _entries(root):
        if variable is not None and _text(entry, "envKey") == variable:
            yield _text(entry, "baseUrl")
    usual = declared_fields()["api_key"].variables[0].name
    if variable == usual or reference.pointer_in_file == OWN_KEY:
        yield _text(root, "security", "auth", "baseUrl")
        yield _text(root, "env", "OPENAI_BASE_URL")


def _text(node: Node, *path: str) -> str:
    found = node.at(*path)
    return "" if found is None else found.text or ""


def _entries(root: Node) -> Iterator[Node]:
    providers = root.at("modelProviders")
    for entries in (providers.members or {}).values() if providers is not None else ():
        yield from entries.items or ()


def _is_same(text: str, url: str) -> bool:
    with suppress(BadValue):
        return parse_value(declared_fields()["base_url"], text) == url
    return False


def _read(file: Path) -> Node | None:
    """Return the content of a settings file; None if it cannot be read, which is reported when the key is read."""
    from qwen_schema.bounded import Unreadable  # noqa: PLC0415 - few artifacts need it
    from qwen_schema.jsonc import JsonError  # noqa: PLC0415
    from qwen_schema.settings_file import read_settings  # noqa: PLC0415

    with suppress(OSError, Unreadable, JsonError):
        return read_settings(file)
    return None
