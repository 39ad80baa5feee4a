"""Env files: their text, read from the disk once, and the dialects of their syntax."""

from .dialects import DIALECTS, Dialect, reader_of
from .dotenv_npm import Assignment, UnreadLine, last_of_each, parts_of, read_assignments
from .text import Subject, read_env_text, read_text
from .values import file_values

__all__ = [
    "DIALECTS",
    "Assignment",
    "Dialect",
    "Subject",
    "UnreadLine",
    "file_values",
    "last_of_each",
    "parts_of",
    "read_assignments",
    "read_env_text",
    "read_text",
    "reader_of",
]
