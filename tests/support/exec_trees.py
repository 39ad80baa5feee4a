"""Trees whose env files and settings differ from an artifact with the model `m` at `{URL}`."""

from __future__ import annotations

import json

OTHER = "sk-other-0123456789abcdefghijklmnopqrstuvwx"

# Settings that Qwen Code would use; none of them may override the artifact.
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
# Without the proxy: in the user's own file it would be a setting of the machine, which counts.
USER_ENV_FILE = ENV_FILE.partition("HTTPS_PROXY")[0]
FLAT = {"selectedAuthType": "gemini", "model": "flat", "enforcedAuthType": "gemini"}
TREES = {
    "no files": {},
    "an env file": {"work/app/.env": ENV_FILE},
    "a Qwen env file": {"work/app/.qwen/.env": ENV_FILE, ".env": USER_ENV_FILE},
    "the workspace's settings": {"work/app/.qwen/settings.json": json.dumps(WORKSPACE)},
    "the user's settings": {".qwen/settings.json": json.dumps(WORKSPACE), ".qwen/.env": USER_ENV_FILE},
    "an old form": {".qwen/settings.json": json.dumps(FLAT), "work/app/.env": ENV_FILE},
    "everything": {
        ".qwen/settings.json": json.dumps(WORKSPACE),
        "work/app/.qwen/settings.json": json.dumps(WORKSPACE),
        "work/app/.env": ENV_FILE,
    },
}
