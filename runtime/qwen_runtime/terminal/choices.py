"""Asks for one value: a choice from a list, or the value of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import BadValue, declared_fields, looks_like_key, parse_value, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .questions import Questions

LOOKS_LIKE_KEY = "This looks like an API key, which has a question of its own."


def ask_choice(
    questions: Questions, question: str, options: Sequence[str], *, default: int = 1, names: Sequence[str] = ()
) -> int:
    """Show numbered options, and return the chosen number; Enter chooses the default.

    With `names`, an option can be chosen by its name, too.
    """
    for number, option in enumerate(options, 1):
        questions.tell(f"  {number}  {option}")
    while True:
        text = questions.open(question, str(default)).strip().lower() or str(default)
        if text in names:
            return names.index(text) + 1
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(options):
            return int(text)
        several = "Type 1 or 2." if len(options) == 2 else f"Type a number from 1 to {len(options)}."
        questions.warn(LOOKS_LIKE_KEY if looks_like_key(text) else several)


def is_accepted(questions: Questions, name: str, text: str) -> bool:
    """Return whether a text is a valid value of a field; if not, show the problem."""
    problem = problem_of(name, text)
    if problem is not None:
        questions.warn(f"That cannot be used: {printable(problem.wrong)}. Expected {problem.expected}.")
    return problem is None


def problem_of(name: str, text: str) -> BadValue | None:
    """Return the problem of a text as the value of a field; None if it is valid."""
    try:
        parse_value(declared_fields()[name], text)
    except BadValue as problem:
        return problem
    return None
