"""The explanation of a resolution: one document, and the renderers that show it."""

from .builder import about, explain
from .document import Explanation

__all__ = ["Explanation", "about", "explain"]
