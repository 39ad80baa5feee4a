"""What `profiles.toml` declares, by profile. Written by `make generate`."""

from __future__ import annotations

from typing import Any

PROFILES: dict[str, Any] = {
    'documented': {
        'description': "The rules of Qwen Code's documentation: the first env file found, and nothing else.",
        'qwen_code': 'up to 0.15',
        'rules_of': "Qwen Code's documentation",
        'from_version': '0.0.0',
        'walk_ends_at': 'root',
        'home_fills_in': False,
        'empty_hides': True,
        'home_env_excludes': True,
        'directory_variable': '',
        'methods': ['openai', 'qwen-oauth'],
        'reads_settings': False,
        'credential_decides_method': True,
        'refused_variables': [],
        'order': ['flag', 'environment', 'env-file', 'default'],
    },
    'qwen-code-0.21': {
        'description': 'What Qwen Code does from mid-2026 on: the home-level files fill in what the first file leaves unset.',
        'qwen_code': '0.21 and later',
        'from_version': '0.21.0',
        'walk_ends_at': 'home',
        'home_fills_in': True,
        'empty_hides': False,
        'home_env_excludes': False,
        'directory_variable': 'QWEN_HOME',
        'methods': ['openai', 'qwen-oauth', 'openai-responses', 'anthropic', 'gemini', 'vertex-ai'],
        'reads_settings': True,
        'credential_decides_method': False,
        'order': ['flag', 'environment', 'env-file', 'settings-env', 'default'],
        'refused_variables': ['BROWSER', 'CURL_CA_BUNDLE', 'CURL_HOME', 'DEV', 'EDITOR', 'GIT_ASKPASS', 'GIT_CONFIG_COUNT', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_PARAMETERS', 'GIT_CONFIG_SYSTEM', 'GIT_EDITOR', 'GIT_EXEC_PATH', 'GIT_EXTERNAL_DIFF', 'GIT_PROXY_COMMAND', 'GIT_SEQUENCE_EDITOR', 'GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'GIT_TEMPLATE_DIR', 'LESSCLOSE', 'LESSOPEN', 'NODE_EXTRA_CA_CERTS', 'NODE_GYP_FORCE_PYTHON', 'NODE_OPTIONS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NPM_CONFIG_CA', 'NPM_CONFIG_CAFILE', 'NPM_CONFIG_GIT', 'NPM_CONFIG_PYTHON', 'NPM_CONFIG_STRICT_SSL', 'PIP_CERT', 'PIP_CONFIG_FILE', 'PYTHON', 'PYTHONSTARTUP', 'QWEN_AGENT_EXECUTION_BACKEND', 'QWEN_CDP_MCP_COMMAND', 'QWEN_CLI_ENTRY', 'QWEN_CODE_DISABLE_WORKFLOWS', 'QWEN_CODE_ENABLE_WORKFLOWS', 'QWEN_CODE_MCP_APPROVALS_PATH', 'QWEN_CODE_MEMORY_PROJECT_SCOPE', 'QWEN_CODE_PRIVATE_CONVERSATIONS_RUNTIME', 'QWEN_CODE_PRIVATE_RELAUNCH_ENV_PROVENANCE', 'QWEN_CODE_SYSTEM_DEFAULTS_PATH', 'QWEN_CODE_SYSTEM_SETTINGS_PATH', 'QWEN_CODE_TRUSTED_FOLDERS_PATH', 'QWEN_CODE_WARNINGS_FILE', 'QWEN_CODE_WORKFLOW_NAME_ONLY', 'QWEN_HOME', 'QWEN_REVIEW_AUTOMATIC', 'QWEN_REVIEW_PREBUILD', 'QWEN_RUNTIME_DIR', 'QWEN_SANDBOX', 'QWEN_SANDBOX_IMAGE', 'QWEN_SANDBOX_NET', 'QWEN_SANDBOX_PROXY_COMMAND', 'QWEN_SERVE_CDP_TUNNEL_OVER_WS', 'QWEN_SERVE_MAX_WORKSPACES', 'QWEN_SERVE_NEW_FILE_MODE', 'QWEN_SERVE_SESSION_ATTACHMENTS_ROOT', 'QWEN_TLS_INSECURE', 'QWEN_UPDATE_BASE_URL', 'REQUESTS_CA_BUNDLE', 'SANDBOX', 'SANDBOX_ENFORCEMENT', 'SSH_ASKPASS', 'SSL_CERT_DIR', 'SSL_CERT_FILE', 'TEMP', 'TMP', 'TMPDIR', 'VISUAL', 'WGETRC', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'],
        'layers': {
            'auth_method': ['provider-entry', 'flag', 'settings', 'environment', 'env-file', 'settings-env', 'default'],
            'api_key': ['provider-entry', 'flag', 'environment', 'env-file', 'settings-env', 'settings', 'default'],
            'base_url': ['provider-entry', 'flag', 'environment', 'env-file', 'settings-env', 'settings', 'default'],
            'model': ['provider-entry', 'flag', 'settings', 'environment', 'env-file', 'settings-env', 'default'],
            'proxy': ['flag', 'settings', 'environment', 'env-file', 'settings-env', 'default'],
            'excluded_variables': ['flag', 'environment', 'env-file', 'settings-env', 'settings', 'default'],
        },
        'infers': {
            'openai': [
                ['OPENAI_API_KEY'],
                ['OPENAI_MODEL', 'QWEN_MODEL'],
                ['OPENAI_BASE_URL'],
            ],
            'gemini': [
                ['GEMINI_API_KEY'],
                ['GEMINI_MODEL'],
            ],
            'vertex-ai': [
                ['GOOGLE_API_KEY', 'GOOGLE_CLOUD_PROJECT'],
                ['GOOGLE_MODEL'],
            ],
            'anthropic': [
                ['ANTHROPIC_API_KEY'],
                ['ANTHROPIC_MODEL'],
                ['ANTHROPIC_BASE_URL'],
            ],
        },
        'defaults': {
            'model': {
                'openai': 'qwen3.7-max',
                'openai-responses': 'coder-model',
                'anthropic': 'coder-model',
                'gemini': 'coder-model',
                'vertex-ai': 'coder-model',
            },
            'base_url': {
                'openai': 'https://dashscope.aliyuncs.com/compatible-mode/v1',
                'openai-responses': 'https://api.openai.com/v1',
                'anthropic': 'https://dashscope.aliyuncs.com/compatible-mode/v1',
                'gemini': 'https://generativelanguage.googleapis.com/v1beta',
                'vertex-ai': 'https://aiplatform.googleapis.com/v1beta1/publishers/google',
            },
        },
        'entry_base_url': {
            'openai': 'https://api.openai.com/v1',
            'openai-responses': 'https://api.openai.com/v1',
            'anthropic': 'https://api.openai.com/v1',
        },
    },
}
