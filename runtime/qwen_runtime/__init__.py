"""The runtime: takes one resolved config and a key, and talks to the provider. It looks nothing else up."""

from .chat import Answer, ask, require_supported

__all__ = ["Answer", "ask", "require_supported"]
