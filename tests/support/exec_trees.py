"""Trees with env files and settings that say something else than an artifact with the model `m` at `{URL}`."""

from __future__ import annotations

import json

OTHER = "sk-other-0123456789abcdefghijklmnopqrstuvwx"

# What a project and a user may have that counts in Qwen Code: none of it wins.
WORKSPACE = {
    "$version": 4,
    "model": {"name": "ws", "baseUrl": "http://localhost:9/ws/v1"},
    "security": {"auth": {"selectedType": "anthropic", "enforcedType": "gemini", "apiKey": OTHER}},
    "modelProviders": {
        "mine": [{"id": "m", "envKey": "OTHER", "baseUrl": "{URL}"}],
        "openai": [{"id": "m", "envKey": "OTHER", "baseUrl": "http://localhost:9/e/v1"}],
    },
    "providerProtocol": {"mine": "openai", "openai": "anthropic"},
    "env": {"OPENAI_MODEL": "se", "OPENAI_API_KEY": OTHER},
}
ENV_FILE = (
    f"OPENAI_API_KEY={OTHER}\nOPENAI_BASE_URL=http://localhost:9/f/v1\nOPENAI_MODEL=f\nHTTPS_PROXY=http://localhost:9\n"
)
# A proxy of the user's own is one of this machine.
OWN_ENV_FILE = ENV_FILE.partition("HTTPS_PROXY")[0]
FLAT = {"selectedAuthType": "gemini", "model": "flat", "enforcedAuthType": "gemini"}
TREES = {
    "nothing": {},
    "an env file": {"work/app/.env": ENV_FILE},
    "a Qwen env file": {"work/app/.qwen/.env": ENV_FILE, ".env": OWN_ENV_FILE},
    "the workspace's settings": {"work/app/.qwen/settings.json": json.dumps(WORKSPACE)},
    "the user's settings": {".qwen/settings.json": json.dumps(WORKSPACE), ".qwen/.env": OWN_ENV_FILE},
    "an old form": {".qwen/settings.json": json.dumps(FLAT), "work/app/.env": ENV_FILE},
    "everything": {
        ".qwen/settings.json": json.dumps(WORKSPACE),
        "work/app/.qwen/settings.json": json.dumps(WORKSPACE),
        "work/app/.env": ENV_FILE,
    },
}
