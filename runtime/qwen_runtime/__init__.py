"""The runtime: takes one resolved config and a key, and talks to the provider. It looks nothing else up."""

from .configured import Change, Configured, Reconfigure

__all__ = ["Change", "Configured", "Reconfigure"]
