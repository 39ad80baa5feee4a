"""Proof that the same client requests the code and the tokens (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets

from qwen_schema import Secret

CHALLENGE_METHOD = "S256"


def make_verifier() -> Secret:
    """Return a code verifier: 43 characters out of 32 random octets (RFC 7636 §4.1)."""
    return Secret(_base64url(secrets.token_bytes(32)))


def challenge_of(verifier: Secret) -> str:
    """Return the code challenge of a verifier, by the method S256 (RFC 7636 §4.2)."""
    return _base64url(hashlib.sha256(verifier.reveal().encode("ascii")).digest())


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
