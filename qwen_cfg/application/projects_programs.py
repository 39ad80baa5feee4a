"""The settings and variables of a project that make Qwen Code start programs or sandboxes, or send data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.core.paths import Standpoint
from qwen_cfg.trust import Concern
from qwen_schema import ConfigurationError, is_secret_name
from qwen_schema.bounded import Unreadable
from qwen_schema.jsonc import JsonError, plain_value
from qwen_schema.records import record
from qwen_schema.settings_file import read_settings
from qwen_schema.settings_text import variables_in

from .projects_variables import FileVariables, is_telemetry_on, starting_variables, variables_of_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from qwen_schema import Profile
    from qwen_schema.jsonc import Node

    from .request import Process

# The members of settings that make Qwen Code start something by itself, in today's form and in older ones. A sandbox is
# a container that gets the API key, of an image that a project can name.
_STARTING = (
    ("mcpServers",),
    ("mcpServerCommand",),
    ("mcp", "serverCommand"),
    ("hooks",),
    ("tools", "discoveryCommand"),
    ("tools", "callCommand"),
    ("toolDiscoveryCommand",),
    ("toolCallCommand",),
    ("tools", "sandbox"),
    ("tools", "sandboxImage"),
    ("sandbox",),
    ("sandboxImage",),
    ("ui", "statusLine"),
    ("statusLine",),
    ("artifact", "publisher"),
    # A pager is started for a command that Qwen Code runs without a question.
    ("tools", "shell", "pager"),
    ("shellPager",),
    # It writes over any file, and submits what a file says.
    ("dualOutput",),
    # Its hints and its classifier decide which programs the model starts unasked.
    ("permissions", "autoMode"),
)
# The members that let the model start programs without a question, and the names in rules of the tools that start them.
# A project's skills and agents have hooks and MCP servers of their own.
_APPROVING = (("tools", "approvalMode"), ("approvalMode",))
_UNASKED = "yolo"
_ALLOWING = (("permissions", "allow"), ("tools", "allowed"), ("allowedTools",))
_TOOLS = frozenset(("*", "bash", "shell", "run_shell_command", "monitor", "exec", "skill", "agent", "task"))
# What switches a member off, or names nothing.
_OFF_VALUES: tuple[object, ...] = (None, False, 0, "", "false", "0", {}, [])


@record
class ProjectsPrograms:
    """A project's settings or env file, its displayed path, and the members that make Qwen Code start or send data."""

    file: Path
    shown: str
    members: tuple[tuple[str, str], ...]

    @property
    def names(self) -> str:
        """The names of the members, as text."""
        return ", ".join(name for name, _ in self.members)

    def concern(self, reference: str) -> Concern:
        """Return the concern that needs an approval before Qwen Code gets a key in its environment."""
        return Concern(
            file=Path(os.path.realpath(self.file)),
            place=self.shown,
            settings=self.members,
            host="programs of Qwen Code",
            credential="key",
            reference=reference,
            whose="Qwen Code does not ask, and your API key is in its environment.",
            does="decides what Qwen Code starts, or where it sends variables of yours",
        )


def projects_programs(process: Process, environ: Mapping[str, str], profile: Profile) -> tuple[ProjectsPrograms, ...]:
    """Return the settings and env files of a project that make Qwen Code start or send something in an environment.

    `profile` is the profile of the Qwen Code that is started.

    Raises:
        ConfigurationError: if a file cannot be read, since Qwen Code may be able to read it.
    """
    home = process.home.path
    if home is not None and os.path.realpath(process.cwd) == os.path.realpath(home):
        # These are the user's own files.
        return ()
    found = _in_settings(process, environ, profile)
    own = () if found is None else (found,)
    return (*own, *map(_in_env_file, variables_of_files(process, environ, profile)))


def _in_env_file(file: FileVariables) -> ProjectsPrograms:
    return ProjectsPrograms(file.path, file.shown, tuple((name, _digest(text)) for name, text in file.texts.items()))


def _in_settings(process: Process, environ: Mapping[str, str], profile: Profile) -> ProjectsPrograms | None:
    """Return the settings of the working directory, if they make Qwen Code start or send something; else None."""
    file = process.cwd / ".qwen" / "settings.json"
    shown = Standpoint(process.cwd, process.home.path).show(file)
    try:
        node = read_settings(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, Unreadable, JsonError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            f"what these settings start is unknown, since they cannot be read: {why}",
            where=shown,
            hint="Nothing was started. Fix or remove the file.",
        ) from None
    env = root.members if (root := node.at("env")) is not None else None
    texts = {name: plain_value(value) for name, value in (env or {}).items()}
    names = starting_variables(texts, environ, profile, with_otel=is_telemetry_on(process, environ))
    members = (*_members(node), *((f"env.{name}", _digest(texts[name])) for name in names))
    return ProjectsPrograms(file, shown, members) if members else None


def _members(root: Node) -> list[tuple[str, str]]:
    found = ((".".join(names), root.at(*names)) for names in _STARTING)
    values = {
        name: value for name, node in found if node is not None and (value := plain_value(node)) not in _OFF_VALUES
    }
    values |= {name: value for name, value in _others(root) if name not in values and _takes_key(value)}
    values |= _telemetry(root) | _unasked_programs(root)
    return [(name, _digest(value)) for name, value in values.items()]


def _telemetry(root: Node) -> dict[str, object]:
    """Return the settings of telemetry, which sends prompts and answers, unless they only switch it off."""
    node = root.at("telemetry")
    settings = None if node is None else plain_value(node)
    sends = isinstance(settings, dict) and any(value not in _OFF_VALUES for value in settings.values())
    return {"telemetry": settings} if sends else {}


def _unasked_programs(root: Node) -> dict[str, object]:
    """Return the settings that let the model start programs without a question."""
    modes = _at(root, _APPROVING)
    unasked = {name: mode for name, mode in modes.items() if isinstance(mode, str) and mode.strip().lower() == _UNASKED}
    return unasked | {name: rules for name, rules in _at(root, _ALLOWING).items() if _allows_programs(rules)}


def _at(root: Node, places: Iterable[tuple[str, ...]]) -> dict[str, object]:
    return {".".join(names): plain_value(node) for names in places if (node := root.at(*names)) is not None}


def _allows_programs(rules: object) -> bool:
    """Return whether one of the rules, such as `Bash(npm *)`, allows a tool that starts programs."""
    entries = rules if isinstance(rules, list) else [rules]
    names = (rule.partition("(")[0].strip().lower() for rule in entries if isinstance(rule, str))
    return any(name.removesuffix("tool") in _TOOLS for name in names)


def _others(root: Node) -> Iterator[tuple[str, object]]:
    """Yield the members that may use a variable with a key, except those that select the key itself."""
    for name, node in (root.members or {}).items():
        if name not in ("modelProviders", "security"):
            yield name, plain_value(node)
    security = root.at("security")
    for name, node in (security.members or {}).items() if security is not None else ():
        if name != "auth":
            yield f"security.{name}", plain_value(node)


def _takes_key(value: object) -> bool:
    """Return whether a text in a value uses a variable that may contain a key or the login of a proxy."""
    if isinstance(value, str):
        return any(is_secret_name(name) or name.lower().endswith("_proxy") for name in variables_in(value))
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_takes_key, items))


def _digest(value: object) -> str:
    """Return a digest of a value, which itself may contain a key."""
    import hashlib  # noqa: PLC0415 - few projects name programs

    return f"SHA-256 {hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]}"
