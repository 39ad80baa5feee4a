"""A settings file as a tree: each value has its file, its line, and its path in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema.records import field, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from qwen_cfg.core.origin import VariableValue
    from qwen_schema import Reach
    from qwen_schema.jsonc import Node

# From the lowest to the highest.
Scope = Literal["system defaults", "user", "workspace", "system"]
SCOPES: tuple[Scope, ...] = ("system defaults", "user", "workspace", "system")


@record
class SettingsFile:
    """A settings file: its scope, its path, the displayed path, and the reach of its values."""

    scope: Scope
    path: Path
    shown: str
    reach: Reach = "user"


@record(slots=True)
class Setting:
    """A value of a settings file.

    Objects and arrays contain settings. `names` is the path of member names (and numbers of items) of the value in its
    file, in the old form if it was migrated. `written` is the original text if variables in it were replaced,
    `variables` the names of those, and `taken` their values.
    """

    value: str | float | bool | tuple[Setting, ...] | Mapping[str, Setting] | None
    file: SettingsFile
    line: int
    names: tuple[str, ...] = ()
    written: str | None = field(default=None, repr=False)
    variables: tuple[str, ...] = ()
    taken: tuple[VariableValue, ...] = field(default=(), repr=False)

    @property
    def members(self) -> Mapping[str, Setting] | None:
        """The members of an object; None for any other value."""
        return self.value if isinstance(self.value, dict) else None

    @property
    def items(self) -> tuple[Setting, ...] | None:
        """The items of an array; None for any other value."""
        return self.value if isinstance(self.value, tuple) else None

    @property
    def text(self) -> str | None:
        """The value of a string; None for any other value."""
        return self.value if isinstance(self.value, str) else None

    @property
    def is_true(self) -> bool:
        """Whether JavaScript reads the value as true, as it does for every object and array."""
        return self.value not in (None, False, 0.0, "")

    @property
    def place(self) -> str:
        """The place for display: FILE:LINE and the name."""
        return f"{self.file.shown}:{self.line} {'.'.join(self.names)}".rstrip()

    @property
    def pointer(self) -> str:
        """The JSON Pointer (RFC 6901) of the value in its file."""
        return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in self.names)

    def at(self, *names: str) -> Setting | None:
        """Return the setting at a path of member names; None if there is none."""
        found = self
        for name in names:
            member = (found.members or {}).get(name)
            if member is None:
                return None
            found = member
        return found


def leaves(setting: Setting | None) -> Iterator[Setting]:
    """Yield every string below a setting."""
    if setting is None:
        return
    value = setting.value
    if isinstance(value, str):
        yield setting
    elif isinstance(value, dict | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)


# The members that are used here; of other members only the type is used, to recognize the form of a file.
_DECIDING = frozenset(
    {
        *("$version", "advanced", "env", "model", "modelProviders", "providerProtocol", "proxy", "security"),
        *("enforcedAuthType", "excludedProjectEnvVars", "folderTrust", "selectedAuthType"),
    }
)


def file_tree(node: Node, file: SettingsFile) -> Setting:
    """Return the tree of a whole file; members that are not used here are empty in it."""
    members = {
        name: settings_tree(member, file, (name,)) if name in _DECIDING else _without_content(member, file, name)
        for name, member in (node.members or {}).items()
    }
    return Setting(members, file, node.line)


def _without_content(node: Node, file: SettingsFile, name: str) -> Setting:
    if node.members is not None:
        return Setting({}, file, node.line, (name,))
    return Setting((), file, node.line, (name,)) if node.items is not None else settings_tree(node, file, (name,))


def settings_tree(node: Node, file: SettingsFile, names: tuple[str, ...] = ()) -> Setting:
    """Return the tree of a file's value."""
    if node.members is not None:
        members = {name: settings_tree(member, file, (*names, name)) for name, member in node.members.items()}
        return Setting(members, file, node.line, names)
    if node.items is not None:
        items = tuple(settings_tree(item, file, (*names, str(number))) for number, item in enumerate(node.items))
        return Setting(items, file, node.line, names)
    assert not isinstance(node.value, (tuple, dict))  # noqa: S101 - those were above
    return Setting(node.value, file, node.line, names)  # type: ignore[arg-type]
