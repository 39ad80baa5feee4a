"""The rule about lines of an env file that name a variable but do not set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.env_file import may_set_all
from qwen_cfg.core.similar_names import names_in
from qwen_schema import declared_fields, field_of_variable
from qwen_schema import patterns as re
from qwen_schema.envfile import read_assignments

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.resolution import Resolution

# Comment markers of other programs.
_COMMENT = re.compile(r"//|/\*|;|--|<!--|(?:rem|unset)\b", re.IGNORECASE)

# How other programs set a variable, by the beginning of the line.
_OTHER_WAYS = (
    (re.compile(r"\$(?:env:|\{env:)", re.IGNORECASE), "it is written for PowerShell"),
    (re.compile(r"(?:setx?|setenv|declare|typeset|local|readonly|env)\s", re.IGNORECASE), "it begins with a command"),
    (re.compile(r"(?:const|let|var|process|import|os)\b"), "it is written as program code"),
    (re.compile(r"[\"'{,]"), "the name is in quotes or braces, as in JSON"),
    (re.compile(r"[-*?]\s"), "it is a list item, as in YAML"),
    (re.compile(r"[\w.-]+\s+:"), "there is a blank before the ':'"),
    (re.compile(r"[\w.-]+:"), "there is no blank after the ':'"),
)


def no_assignment(resolution: Resolution) -> Iterator[Finding]:
    """A line of an env file names a variable but does not set it: the default or another file's value is used."""
    for file in resolution.files:
        for unread in resolution.world.look(file.place.path).unread_lines:
            names, has_value = ((), False) if _COMMENT.match(unread.text) else names_in(unread.text)
            for name in names:
                # The other dialect may read it, and a bare name in a script refers to a variable that is set elsewhere.
                is_set = file.lines.get(name) == unread.line or (not has_value and bool(resolution.variables.of(name)))
                if not is_set and _counts(resolution, file, name):
                    yield _finding(file, name, unread.line, f"is not an assignment: {_reason(unread.text)}")
        yield from _quoted_variables(resolution, file)


def _quoted_variables(resolution: Resolution, file: EnvFile) -> Iterator[Finding]:
    """Yield findings about variables inside the quotes of another variable's value."""
    feeds = field_of_variable(declared_fields())
    for outer in resolution.world.assignments(file.place.path):
        for inner in read_assignments(outer.value) if "\n" in outer.value else ():
            if inner.name in feeds and inner.line > 1 and _counts(resolution, file, inner.name):
                what = f"is inside the quotes of {outer.name}, which begin in line {outer.line}"
                yield _finding(file, inner.name, outer.line + inner.line - 1, what)


def _counts(resolution: Resolution, file: EnvFile, name: str) -> bool:
    """Return whether a file may set a variable."""
    excluded = resolution.decisions["excluded_variables"].items
    may_reach = field_of_variable(declared_fields())[name].reach == "project" or file.place.reach == "user"
    return may_reach and (name not in excluded or may_set_all(file.place, resolution.profile))


def _finding(file: EnvFile, name: str, line: int, what: str) -> Finding:
    return Finding(
        f"{file.shown}:{line} does not set {name}: the line {what}.",
        f"Write {name}=VALUE on its own line.",
        field_of_variable(declared_fields())[name].name,
        file.shown,
        line,
    )


def _reason(text: str) -> str:
    """Return why a line is not an assignment, without any part of its value."""
    import unicodedata  # noqa: PLC0415 - this finding is rare

    head = re.split("[=:]", text, maxsplit=1)[0]
    odd = next((c for c in head if not c.isascii()), None)
    if odd is not None:
        return f"it contains the character U+{ord(odd):04X} ({unicodedata.name(odd, 'without a name').lower()})"
    return next((words for beginning, words in _OTHER_WAYS if beginning.match(text)), "no '=' follows the name")
