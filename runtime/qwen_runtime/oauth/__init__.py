"""Qwen OAuth: logging in, the login that is kept, and keeping it fresh."""

from .api import with_api_of
from .cache import BrokenLoginError, LoginCache, cache_of
from .login import Login
from .tokens import Tokens

__all__ = ["BrokenLoginError", "Login", "LoginCache", "Tokens", "cache_of", "with_api_of"]
