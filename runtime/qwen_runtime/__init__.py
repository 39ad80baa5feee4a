"""The runtime: takes one resolved config and a key, and talks to the provider. It reads no other configuration."""

from .change import Change, DialogueDefaults, Reconfigure
from .ready import ReadyConfig

__all__ = ["Change", "DialogueDefaults", "ReadyConfig", "Reconfigure"]
