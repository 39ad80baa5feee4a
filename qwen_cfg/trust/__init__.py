"""Trust: what a file of a project may decide only after the user has said so, and what the user has said."""

from .concern import Concern, host_shown, is_known_or_loopback
from .named_by_user import is_named_by_user
from .of_artifact import DECIDING, concern_of_artifact, sends_unusual
from .of_resolution import Split, concern_of, split_asked, split_origin
from .of_settings import SettingsKey, project_settings_key
from .store import Trusted, TrustStore, granted

__all__ = [
    "DECIDING",
    "Concern",
    "SettingsKey",
    "Split",
    "TrustStore",
    "Trusted",
    "concern_of",
    "concern_of_artifact",
    "granted",
    "host_shown",
    "is_known_or_loopback",
    "is_named_by_user",
    "project_settings_key",
    "sends_unusual",
    "split_asked",
    "split_origin",
]
