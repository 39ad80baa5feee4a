"""The conversation in a terminal: a line editor, streamed answers, and commands."""

from .start import start

__all__ = ["start"]
