"""Edits of a world: of a flag, a variable, a line of an env file or a setting. Nothing on the disk is changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from qwen_cfg.core.path_state import ABSENT, PathState
from qwen_cfg.core.start import FlagValue
from qwen_cfg.writing.assignment import CannotAssignError, assign, unassign
from qwen_schema import Secret, declared_fields, field_of_variable
from qwen_schema.jsonc import JsonError, plain_value
from qwen_schema.records import record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_cfg.core.world import World

Where = Literal["flag", "environment", "env-file", "settings"]


@record
class Edit:
    """One edit: the type of place, the name, and the new text; None removes the present value.

    `name` is the flag, the variable, or the setting (its names joined by dots). `path` and `shown` are the path of the
    file, if there is one; `lines` are the lines in which it has the name now, and `creates` says that the file does not
    exist yet. `names` are the names that lead to a setting, `items` the items of a list, and `field` is the field of a
    flag. The text of a key is a placeholder, which is never shown.
    """

    where: Where
    name: str
    text: str | Secret | None
    path: Path | None = None
    shown: str = ""
    names: tuple[str, ...] = ()
    field: str = ""
    lines: tuple[int, ...] = ()
    creates: bool = False
    items: tuple[str, ...] | None = None

    @property
    def place(self) -> tuple[object, ...]:
        """The edited place, without the text."""
        return self.where, self.field or self.names or self.name, self.path

    @property
    def kind_of_place(self) -> tuple[object, ...]:
        """The type of the edited place and its file; for a user, all names in it are equivalent."""
        return self.where, self.path, self.names[:1] == ("env",)

    @property
    def removes(self) -> bool:
        """Whether the edit removes a value."""
        return self.text is None

    @property
    def revealed(self) -> str:
        """The text itself."""
        return self.text.reveal() if isinstance(self.text, Secret) else self.text or ""


def apply(world: World, edit: Edit) -> World | None:
    """Return the world after an edit; None if the file cannot be changed in this way."""
    # The loaded files of the world before the edit are no longer valid.
    world = replace(world, loads={})
    match edit.where:
        case "flag":
            flags = {name: flag for name, flag in world.flags.items() if name != edit.field}
            return replace(world, flags=flags if edit.text is None else {**flags, edit.field: _flag(edit)})
        case "environment":
            return _with_variable(world, edit)
        case "env-file":
            return _with_env_file(world, edit)
        case "settings":
            return _with_setting(world, edit)


def with_lines(edit: Edit, world: World) -> Edit:
    """Return an edit of a file with the lines that it changes in a world, and whether it creates the file."""
    if edit.path is None:
        return edit
    if edit.where == "env-file":
        assigned = [one.line for one in world.assignments(edit.path) if one.name == edit.name]
        lines = tuple(assigned if edit.removes else assigned[-1:])
        return replace(edit, lines=lines, creates=not world.look(edit.path).is_env_file)
    state = world.look_at_settings(edit.path)
    node = None if state.text is None or isinstance(state.json, JsonError) else state.json.at_pointer(edit.names)
    return replace(edit, lines=() if node is None else (node.line,), creates=state.text is None)


def _flag(edit: Edit) -> FlagValue:
    assert edit.text is not None  # noqa: S101 - the caller checked it
    return FlagValue(edit.name, edit.text)


def _with_variable(world: World, edit: Edit) -> World:
    environ = {name: text for name, text in world.environ.items() if name != edit.name}
    variables = {name: text for name, text in world.variables.items() if name != edit.name}
    if edit.text is not None:
        declared = field_of_variable(declared_fields()).get(edit.name)
        variables[edit.name] = edit.revealed
        if declared is not None:
            environ[edit.name] = Secret(edit.revealed) if declared.secret else edit.revealed
    return replace(world, environ=environ, variables=variables)


def _with_env_file(world: World, edit: Edit) -> World | None:
    assert edit.path is not None  # noqa: S101 - it is in a file
    state = world.look(edit.path)
    if not _may_change(state):
        return None
    try:
        before = state.text or ""
        text = unassign(before, edit.name) if edit.text is None else assign(before, {edit.name: edit.revealed})
    except CannotAssignError:
        return None
    return replace(world, path_states={**world.path_states, edit.path: _changed_file(state, text)})


def _with_setting(world: World, edit: Edit) -> World | None:
    assert edit.path is not None  # noqa: S101 - it is in a file
    state = world.look_at_settings(edit.path)
    if not _may_change(state) or (state.text is not None and isinstance(state.json, JsonError)):
        return None
    tree: Any = {} if state.text is None or isinstance(state.json, JsonError) else plain_value(state.json)
    value = list(edit.items) if edit.items is not None else edit.revealed
    if not isinstance(tree, dict) or not _put(tree, edit.names, None if edit.text is None else value):
        return None
    text = json.dumps(tree, ensure_ascii=False, indent=2)
    return replace(world, settings_states={**world.settings_states, edit.path: _changed_file(state, text)})


def _may_change(state: PathState) -> bool:
    """Return whether a path can be written: it does not exist, or is the user's own regular file."""
    return (
        state is ABSENT
        or state.kind == "absent"
        or (state.kind == "file" and state.text is not None and not state.is_foreign)
    )


def _changed_file(state: PathState, text: str) -> PathState:
    return PathState("file", text, None, state.mode, is_shared=state.is_shared)


def _put(tree: Any, names: tuple[str, ...], value: object) -> bool:
    """Set a value at a path of names, or remove it (None); return False if the path does not lead through objects."""
    *way, last = names
    for name in way:
        inside = _at(tree, name)
        if inside is None and isinstance(tree, dict) and name not in tree and value is not None:
            inside = tree[name] = {}
        if not isinstance(inside, dict | list):
            return False
        tree = inside
    if not isinstance(tree, dict):
        return False
    if value is None:
        return tree.pop(last, None) is not None
    tree[last] = value
    return True


def _at(tree: Mapping[str, Any] | list[Any], name: str) -> Any:
    if isinstance(tree, list):
        return tree[int(name)] if name.isdecimal() and int(name) < len(tree) else None
    return tree.get(name)
