"""What `qwen_oauth.toml` declares. Written by `make generate`."""

from __future__ import annotations

from typing import Any

QWEN_OAUTH: dict[str, Any] = {
    'client_id': 'f0304373b74a44d2b584a3fb70ca9e56',
    'scope': 'openid profile email model.completion',
    'device_code': '/api/v1/oauth2/device/code',
    'token': '/api/v1/oauth2/token',
    'providers': ['qwen', 'dashscope'],
    'closed_on': '2026-04-15',
    'headers': {
        'X-DashScope-AuthType': 'qwen-oauth',
        'X-DashScope-CacheControl': 'enable',
        'X-DashScope-UserAgent': 'qwen-cfg',
    },
}
