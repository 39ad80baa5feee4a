"""The explanation of a resolution: one document, and the renderers that show it."""

from .document import Explanation, about, explain

__all__ = ["Explanation", "about", "explain"]
