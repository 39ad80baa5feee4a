"""The conversation in a terminal: a line editor, answers as they stream, and commands."""

from .start import start

__all__ = ["start"]
