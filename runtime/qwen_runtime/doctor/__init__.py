"""The doctor: tests a resolved config step by step, and reports the results."""

from .examination import examine
from .step import Outcome, Step

__all__ = ["Outcome", "Step", "examine"]
