"""Names that nobody reads, and that are nearly those of declared variables: what was meant by them."""

from __future__ import annotations

import difflib
from functools import cache

from qwen_schema import declared_fields, field_of_variable

# What other programs, and older ones, call the same thing (LangChain, LiteLLM, the OpenAI SDK before 1.0, Continue).
_OTHER_NAMES = {
    "OPENAI_API_BASE": "OPENAI_BASE_URL",
    "OPENAI_API_BASE_URL": "OPENAI_BASE_URL",
    "OPENAI_API_URL": "OPENAI_BASE_URL",
    "OPENAI_BASE": "OPENAI_BASE_URL",
    "OPENAI_BASEURL": "OPENAI_BASE_URL",
    "OPENAI_ENDPOINT": "OPENAI_BASE_URL",
    "OPENAI_URL": "OPENAI_BASE_URL",
    "OPENAI_KEY": "OPENAI_API_KEY",
    "OPENAI_TOKEN": "OPENAI_API_KEY",
    "OPENAI_SECRET_KEY": "OPENAI_API_KEY",
    "OPENAI_API_MODEL": "OPENAI_MODEL",
    "OPENAI_DEFAULT_MODEL": "OPENAI_MODEL",
    "OPENAI_MODEL_NAME": "OPENAI_MODEL",
}

# Names that are other programs' own, and mean something else.
_OF_OTHERS = {"OPENAI_HOST", "OPENAI_MODELS"}

# How much of a name a slip of the fingers leaves as it was.
_ALIKE = 0.88


@cache
def meant(name: str) -> str | None:
    """Return the declared variable that was meant by a name that is none; None if the name looks like no other."""
    known = field_of_variable(declared_fields())
    if name in known or name in _OF_OTHERS:
        return None
    upper = name.upper().replace("-", "_")
    if upper in _OTHER_NAMES:
        return _OTHER_NAMES[upper]
    ours = [variable for variable in known if variable.startswith(("OPENAI_", "QWEN_"))]
    if upper in ours:
        return upper
    if upper[-1:].isdigit():
        # OPENAI_API_KEY_2 is a spare one, and no slip.
        return None
    close = difflib.get_close_matches(upper, ours, n=1, cutoff=_ALIKE)
    return close[0] if close else None
