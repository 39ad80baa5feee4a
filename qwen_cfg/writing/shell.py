"""Whether a POSIX shell that sources an env file could run anything in an assignment."""

from __future__ import annotations

from qwen_schema import patterns as re

# A text after which a shell has no quote, substitution, comment or here-document open. It is told of too few texts
# rather than of too many, in time linear in the text, since each character can be taken in one way only.
# Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.3 Token Recognition.
_CLOSED = re.compile(
    r"""(?: [^\\'"`$<>#\n\ \t;&|()\[]
          | '[^']*+'
          | "(?: [^"\\`$] | \\[^\n] | \$(?![({\[]) | \$\{\w+\} )*+"
          | \\[^\n]\#*+                                                 # after what is escaped no comment begins
          | \$(?![({\['"]) | \$\{\w+\} | \[(?!\[)
          | (?: [\n\ \t;&|)>] | \((?!\() | <(?!<) | \A )++ (?:\#[^\n]*+(?=\n))?  # nor does one elsewhere than here
          | (?<=[^\n\ \t;&|()<>])\#
        )*+""",
    re.VERBOSE | re.ASCII,
)

_START = r"\ufeff?[ \t]*(?:export[ \t]+)?\w+="
_END = r"[ \t]*(?:[ \t]#[^\n]*)?[\r\n]*"

# What needs no quotes, neither to the readers of env files nor to a shell, and means nothing else within open ones.
# zsh puts the path of a program in place of `=name`, at the beginning and after a colon, and may expand `^`.
PLAIN = re.compile(r"(?!=)(?:[\w./@%+,=-]|:(?!=))+", re.ASCII)
_PLAIN_ASSIGNMENT = re.compile(rf"{_START}(?:{PLAIN.pattern}|''|\"\")?{_END}", re.ASCII)
_QUOTED_ASSIGNMENT = re.compile(rf"""{_START}(?:'[^']*'|"[^"\\`$]*"){_END}""", re.ASCII)


def is_inert(before: str, assignment: str) -> bool:
    """Whether a shell runs and expands nothing in an assignment, after the text before it."""
    if assignment.startswith("\ufeff") and "/" in assignment:
        # For a shell it is the path of a program.
        return False
    if _PLAIN_ASSIGNMENT.fullmatch(assignment):
        return True
    return bool(_QUOTED_ASSIGNMENT.fullmatch(assignment) and _CLOSED.fullmatch(before))
