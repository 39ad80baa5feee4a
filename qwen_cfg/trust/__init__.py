"""Trust: what a file of a project may decide only after the user has said so, and what the user has said."""

from .compiled import concern_of, never_tracked, split_origin
from .concern import Concern, is_known_or_loopback
from .given import concern_of_artifact
from .store import Trusted, TrustStore

__all__ = [
    "Concern",
    "TrustStore",
    "Trusted",
    "concern_of",
    "concern_of_artifact",
    "is_known_or_loopback",
    "never_tracked",
    "split_origin",
]
