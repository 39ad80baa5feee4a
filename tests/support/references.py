"""A secret reference of every kind, in the form of an artifact."""

from __future__ import annotations

LITERAL = {"from": "literal", "value": "sk-0123456789abcdef"}
REFERENCES: tuple[dict[str, str], ...] = (
    {"from": "environment", "variable": "A_KEY"},
    {"from": "env-file", "path": "./.env", "variable": "A_KEY"},
    {"from": "settings", "path": "./s.json", "pointer": "/env/A"},
    {"from": "flag", "flag": "--openai-api-key"},
    {"from": "oauth-cache", "path": "~/x.json"},
    {"from": "keyring", "service": "a", "name": "b"},
    {"from": "command", "command": "pass show 'a b'"},
    LITERAL,
)
