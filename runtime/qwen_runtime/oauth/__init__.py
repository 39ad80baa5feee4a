"""Qwen OAuth: logging in, and saving and refreshing the login."""

from .cache import BrokenLoginError, LoginCache, cache_of
from .login import Login
from .resource_url import with_api_of
from .tokens import Tokens

__all__ = ["BrokenLoginError", "Login", "LoginCache", "Tokens", "cache_of", "with_api_of"]
