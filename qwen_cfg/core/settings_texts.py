"""What the texts of Qwen Code's settings files say, for the scopes; loaded only if there is such a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import SettingsError
from qwen_schema.jsonc import JsonError, TooDeepError
from qwen_schema.settings_text import Allowance, TooMuchTextError

from .settings import ScopeRead, expand, file_tree, folder_rules, migrate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema.jsonc import Node

    from .origin import VariableValue
    from .path_state import PathState
    from .settings import FolderRule, Setting, SettingsFile
    from .variables import Variables


def rules_in(state: PathState, shown: str) -> tuple[FolderRule, ...]:
    """Return the rules of folder trust in a file, which messages call `shown`.

    Raises:
        SettingsError: if Qwen Code stops at the file.
    """
    found = state.json
    if isinstance(found, JsonError):
        raise _refusal(shown, f"it is not JSON: {found.wrong}", found.line)
    if found.members is None:
        raise _refusal(shown, "it is not a JSON object", found.line)
    return folder_rules(found)


def scope_in(
    state: PathState, file: SettingsFile, variables: Variables, at_home: Mapping[str, VariableValue]
) -> ScopeRead:
    """Return a scope by the text of its file, with the values of variables in it.

    Raises:
        SettingsError: if Qwen Code stops at the file.
    """
    node = state.json
    if isinstance(node, TooDeepError):
        raise SettingsError(f"{node.wrong}, which is the limit of qwen-cfg", where=f"{file.shown}:{node.line}")
    if isinstance(node, JsonError):
        wrong = f"it is not JSON: {node.wrong}"
        if file.scope != "workspace":
            raise _refusal(file.shown, wrong, node.line)
        return ScopeRead(file, "invalid", None, f"{wrong}, so Qwen Code treats it as empty", node.line)
    if node.members is None:
        raise _refusal(file.shown, "it is not a JSON object", node.line)

    allowance = Allowance()

    def look_up(name: str) -> VariableValue | None:
        variable = variables.value(name) or (variables.of(name)[0] if name in variables.environ else at_home.get(name))
        if variable is not None:
            allowance.spend(variable.text)
        return variable

    try:
        return ScopeRead(file, "read", expand(_tree(state, node, file), look_up))
    except TooMuchTextError as error:
        raise _refusal(file.shown, str(error), node.line) from None


def _tree(state: PathState, node: Node, file: SettingsFile) -> Setting:
    """Return the settings of a file in the present form. The result is cached, since files are loaded repeatedly."""
    if file not in state.trees:
        state.trees[file] = migrate(file_tree(node, file))
    return state.trees[file]


def _refusal(shown: str, wrong: str, line: int) -> SettingsError:
    return SettingsError(
        f"Qwen Code would stop here: {wrong}",
        where=f"{shown}:{line}",
        hint="Fix the file, or move it. Comments are allowed, trailing commas are not.",
    )
