"""The doctor: tries what a resolved config says, step by step, and tells what it finds."""

from .examination import examine
from .step import Outcome, Step

__all__ = ["Outcome", "Step", "examine"]
