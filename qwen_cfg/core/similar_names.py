"""Unknown names that are similar to declared variables, and the variables that they mean."""

from __future__ import annotations

from functools import cache

from qwen_schema import declared_fields, field_of_variable
from qwen_schema import patterns as re

# Names of other or older programs for the same setting (LangChain, LiteLLM, the OpenAI SDK before 1.0, Continue).
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

# Names of other programs with another meaning.
_OTHER_PROGRAMS_NAMES = {"OPENAI_HOST", "OPENAI_MODELS"}

# Letters of other alphabets that look like those of our names.
_SAME_LOOK = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406"
    "\u0405\u0391\u0392\u0395\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABEKMHOPCTYXISABEIKMNOPTYX",
)

# A name, except in a reference to its value: `$NAME` or `%NAME%` without a `=` after it.
_NAME = re.compile(r"(?<![A-Za-z0-9_])(?:\$(?:env:|\{)?|%)?(?P<name>[A-Za-z_][A-Za-z0-9_-]*)", re.IGNORECASE)
_WORDS = re.compile("OPENAI|QWEN", re.IGNORECASE)
_ASSIGNING = re.compile(r"[\"'\]}]*\s*[=:]")

# The share of a name that a typing mistake leaves unchanged.
_ALIKE = 0.88


@cache
def similar_variable(name: str) -> str | None:
    """Return the declared variable that an unknown name means; None if no variable is similar."""
    known = field_of_variable(declared_fields())
    if name in known or name in _OTHER_PROGRAMS_NAMES:
        return None
    upper = name.upper().replace("-", "_").rpartition(".")[2]
    if upper in _OTHER_NAMES:
        return _OTHER_NAMES[upper]
    ours = [variable for variable in known if variable.startswith(("OPENAI_", "QWEN_"))]
    if upper in ours:
        return upper
    if upper[-1:].isdigit():
        # OPENAI_API_KEY_2 is a spare key, not a mistake.
        return None
    near = [variable for variable in ours if _may_be_alike(upper, variable)]
    if not near:
        return None
    import difflib  # noqa: PLC0415 - few names are that similar

    close = difflib.get_close_matches(upper, near, n=1, cutoff=_ALIKE)
    return close[0] if close else None


def _may_be_alike(one: str, other: str) -> bool:
    """Return whether two names share so many characters, in any order, that difflib may find them similar."""
    least = _ALIKE * (len(one) + len(other))
    if 2 * min(len(one), len(other)) < least:
        return False
    same = sum(min(one.count(character), other.count(character)) for character in set(one))
    return 2 * same >= least


def names_in(line: str) -> tuple[tuple[str, ...], bool]:
    """Return the declared variables that a line is meant to set, and whether text follows the last of them.

    Invisible characters, and characters that look like others, are read as they look.
    """
    plain = line if line.isascii() and line.isprintable() else _with_plain_letters(line)
    known, found, end = _declared_names(), [], len(plain)
    for match in _NAME.finditer(plain) if _WORDS.search(plain) or any(name in plain for name in known) else ():
        is_assigned = _ASSIGNING.match(plain, match.end()) is not None
        name = (
            match["name"] if match["name"] in known else _similar_own_variable(match["name"]) if is_assigned else None
        )
        is_used = match.start() != match.start("name") and not is_assigned
        if name is not None and not is_used:
            found.append(name)
            end = match.end()
    return tuple(dict.fromkeys(found)), re.compile(r"\w").search(plain, end) is not None


def _with_plain_letters(line: str) -> str:
    import unicodedata  # noqa: PLC0415 - few lines have such a character

    plain = unicodedata.normalize("NFKC", line).translate(_SAME_LOOK)
    return "".join(c for c in plain if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Mn"))


@cache
def _declared_names() -> frozenset[str]:
    return frozenset(field_of_variable(declared_fields()))


def _similar_own_variable(name: str) -> str | None:
    """Return the variable that a name with our words means; only such names are compared, since this takes long."""
    return similar_variable(name) if _WORDS.search(name) else None
