"""The rule about extra characters around a value: a mark, a comment, a name, a variable that is not replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import declared_fields
from qwen_schema import patterns as re

from .diagnostic import Finding, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.resolution import Resolution

# Another rule reports variables in values of these layers.
_OF_SETTINGS = ("settings", "settings-env", "provider-entry")
_OPENING = {")": "(", "]": "[", "}": "{", ">": "<"}

_COMMA = (r".*[;,]", "ends in a comma or a semicolon, which is sent as part of it", "Remove that character.")
_OF_NAMES = (
    (r"`.*`", "is in backticks, which are sent as part of it", "Remove the backticks."),
    (r"<[^<>]*>|\{\{.*\}\}", "is a placeholder", "Replace it with the value."),
    (
        r"(?i:export\s+|set\s+)?(?:[A-Z_]*MODEL|model|--model)\s*=.*",
        "begins with a name, which is sent as part of it",
        "Remove the name and the '='.",
    ),
    (r".*\s//.*", "is followed by a comment, which is sent as part of it", "Remove the comment."),
    _COMMA,
)
_OF_URLS = (
    _COMMA,
    (r".*\?", "ends in '?' with nothing after it", "Remove the '?'."),
    (r".*/<[^<>/]*>.*|.*/\{[^{}/]*\}.*", "contains a placeholder", "Replace the placeholder."),
)
_VARIABLE = re.compile(r".*\$\{[^{}]*\}.*|.*\$[A-Za-z_]\w*.*", re.DOTALL)
_VARIABLE_OF_CMD = re.compile(r"%[A-Za-z_]\w*%")


def extra_characters(resolution: Resolution) -> Iterator[Finding]:
    """The model or a URL contains an extra mark, comment, name or variable, which is sent as part of the value."""
    for name, decision in resolution.decisions.items():
        winner, is_url = decision.winner, decision.field.schema.get("format", "").endswith("-url")
        if winner is None or decision.by_default or not (is_url or name == "model"):
            continue
        if not isinstance(decision.value, str) or _is_kept_by_python(resolution, decision):
            continue
        found = _leftover(winner.revealed, is_url=is_url, may_hold_variable=winner.origin.layer in _OF_SETTINGS)
        if found is not None:
            yield Finding(f"The {name} from {winner.origin} {found[0]}.", found[1], name, *place_of(winner))


def leftover_in(name: str, text: str) -> Finding | None:
    """Return the finding about extra characters in a text for the model or a URL; None for other fields."""
    is_url = declared_fields()[name].schema.get("format", "").endswith("-url")
    found = _leftover(text, is_url=is_url, may_hold_variable=False) if is_url or name == "model" else None
    return found and Finding(f"The {name} {found[0]}.", found[1], name)


def _is_kept_by_python(resolution: Resolution, decision: Decision) -> bool:
    """Return whether a value is in backticks that the chosen dialect, python-dotenv's, reads as part of the value."""
    winner = decision.winner
    is_of_file = winner is not None and winner.origin.layer == "env-file" and winner.revealed.startswith("`")
    return is_of_file and resolution.world.dialect == "python"


def _leftover(text: str, *, is_url: bool, may_hold_variable: bool) -> tuple[str, str] | None:
    """Return the problem of a text and its fix, without any part of the text; None if there is no problem."""
    is_variable = _VARIABLE.fullmatch(text) or (not is_url and _VARIABLE_OF_CMD.fullmatch(text))
    if is_variable and not may_hold_variable:
        return "contains a variable that is not replaced", "Replace it with the variable's value."
    if is_url and _OPENING.get(text[-1:], text) not in text:
        return "ends in a bracket without an opening one", "Remove the bracket at its end."
    forms = _OF_URLS if is_url else _OF_NAMES
    return next(((wrong, hint) for form, wrong, hint in forms if re.fullmatch(form, text, re.DOTALL)), None)
