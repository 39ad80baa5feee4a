"""Checks whether a POSIX shell that sources an env file could run anything in an assignment."""

from __future__ import annotations

from qwen_schema import patterns as re

# A text after which a shell has no open quote, substitution, comment or here-document. The pattern may miss such texts,
# but matches no other. It takes linear time, since each character can be matched in only one way.
# Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.3 Token Recognition.
_CLOSED = re.compile(
    r"""(?: [^\\'"`$<>#\n\ \t;&|()\[]
          | '[^']*+'
          | "(?: [^"\\`$] | \\[^\n] | \$(?![({\[]) | \$\{\w+\} )*+"
          | \\[^\n]\#*+                                                 # no comment begins after an escaped character
          | \$(?![({\['"]) | \$\{\w+\} | \[(?!\[)
          | (?: [\n\ \t;&|)>] | \((?!\() | <(?!<) | \A )++ (?:\#[^\n]*+(?=\n))?  # a comment begins only here
          | (?<=[^\n\ \t;&|()<>])\#
        )*+""",
    re.VERBOSE | re.ASCII,
)

_START = r"\ufeff?[ \t]*(?:export[ \t]+)?\w+="
_END = r"[ \t]*(?:[ \t]#[^\n]*)?[\r\n]*"

# A value that needs no quotes for readers of env files and for a shell, and has no other meaning inside open quotes.
# zsh replaces `=name` by the path of a program, at the beginning and after a colon, and may expand `^`.
PLAIN = re.compile(r"(?!=)(?:[\w./@%+,=-]|:(?!=))+", re.ASCII)
_PLAIN_ASSIGNMENT = re.compile(rf"{_START}(?:{PLAIN.pattern}|''|\"\")?{_END}", re.ASCII)
_QUOTED_ASSIGNMENT = re.compile(rf"""{_START}(?:'[^']*'|"[^"\\`$]*"){_END}""", re.ASCII)


def is_inert(before: str, assignment: str) -> bool:
    """Return whether a shell runs and expands nothing in an assignment, after the text before it."""
    if assignment.startswith("\ufeff") and "/" in assignment:
        # A shell reads it as the path of a program.
        return False
    if _PLAIN_ASSIGNMENT.fullmatch(assignment):
        return True
    return bool(_QUOTED_ASSIGNMENT.fullmatch(assignment) and _CLOSED.fullmatch(before))
