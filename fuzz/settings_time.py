"""Target: the time to read a settings file, and to replace the variables in it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from qwen_cfg.core.layers import ENVIRONMENT
from qwen_cfg.core.origin import VariableValue
from qwen_cfg.core.settings import SettingsFile, expand, file_tree, merge_scopes, migrate
from qwen_schema.jsonc import JsonError, parse_jsonc
from qwen_schema.settings_text import expand_variables, variables_in

from .timing import require_linear

_FILE = SettingsFile("workspace", Path("settings.json"), "settings.json")


def check(data: bytes) -> None:
    """Raise an error if reading takes more than linear time."""
    require_linear({"text": _replace_variables, "file": _read_settings}, data)


def _variable(name: str) -> VariableValue | None:
    return VariableValue("x", ENVIRONMENT.origin(name, name)) if name.startswith("A") else None


def _replace_variables(text: str) -> None:
    variables_in(text)
    expand_variables(text, lambda name: "x" if name.startswith("A") else None)


def _read_settings(text: str) -> None:
    with suppress(JsonError):
        tree = expand(migrate(file_tree(parse_jsonc(text), _FILE)), _variable)
        merge_scopes([tree, tree])
