"""What `fields.schema.json` declares, by field. Written by `make generate`."""

from __future__ import annotations

from typing import Any

FIELDS: dict[str, Any] = {
    'auth_method': {
        'description': 'The authentication method: openai (any OpenAI-compatible API, with a key) or qwen-oauth (a qwen.ai login). If it is not set, it is openai with an API key, else qwen-oauth with a cached Qwen OAuth login. Under the rules of Qwen Code 0.21 and later it may also be openai-responses, anthropic, gemini or vertex-ai, which are resolved and explained but cannot be run, and a key alone does not set the method.',
        'type': 'string',
        'enum': ['openai', 'qwen-oauth', 'openai-responses', 'anthropic', 'gemini', 'vertex-ai'],
        'examples': ['openai'],
        'x-qwen': {
            'flags': ['--auth-type'],
            'variables': [
                {
                    'name': 'QWEN_OAUTH',
                    'means': 'qwen-oauth',
                },
            ],
            'settings': {
                'path': 'security.auth.selectedType',
                'reach': 'project',
            },
            'reach': 'project',
        },
    },
    'api_key': {
        'description': 'The API key of the OpenAI-compatible provider. The artifact contains a reference to it, never the key. A key given as a flag can be read by other users of the machine while the program runs; a variable or .qwen/.env cannot. In place of the key, keyring:SERVICE/NAME or command:WORDS names the place of the key.',
        '$ref': '#/$defs/secret_reference',
        'x-qwen': {
            'flags': ['--openai-api-key'],
            'variables': [
                {
                    'name': 'OPENAI_API_KEY',
                    'under': ['openai', 'openai-responses', 'qwen-oauth'],
                },
                {
                    'name': 'ANTHROPIC_API_KEY',
                    'under': ['anthropic'],
                },
                {
                    'name': 'GEMINI_API_KEY',
                    'under': ['gemini'],
                },
                {
                    'name': 'GOOGLE_API_KEY',
                    'under': ['vertex-ai'],
                },
            ],
            'settings': {
                'path': 'security.auth.apiKey',
                'reach': 'project',
            },
            'reach': 'project',
            'secret': {
                'type': 'string',
                'maxLength': 8192,
                'minLength': 1,
                'format': 'header-value',
            },
        },
    },
    'base_url': {
        'description': "The base URL of the OpenAI-compatible API, from the provider's documentation, usually ending in /v1. Under qwen-oauth the variable is not read, as in Qwen Code, and the login names the API, unless the flag sets another URL.",
        'type': 'string',
        'maxLength': 8192,
        'format': 'http-url',
        'default': 'https://api.openai.com/v1',
        'examples': ['https://dashscope.aliyuncs.com/compatible-mode/v1', 'http://localhost:11434/v1'],
        'x-qwen': {
            'flags': ['--openai-base-url'],
            'variables': [
                {
                    'name': 'OPENAI_BASE_URL',
                    'under': ['openai', 'openai-responses'],
                },
                {
                    'name': 'ANTHROPIC_BASE_URL',
                    'under': ['anthropic'],
                },
                {
                    'name': 'GOOGLE_GEMINI_BASE_URL',
                    'under': ['gemini'],
                    'of_library': True,
                },
                {
                    'name': 'GOOGLE_VERTEX_BASE_URL',
                    'under': ['vertex-ai'],
                    'of_library': True,
                },
            ],
            'settings': {
                'path': 'security.auth.baseUrl',
                'reach': 'project',
            },
            'reach': 'project',
            'default_for': {
                'qwen-oauth': 'https://dashscope.aliyuncs.com/compatible-mode/v1',
            },
        },
    },
    'model': {
        'description': 'The model to use, by its name at the endpoint. Under qwen-oauth the variables are not read, as in Qwen Code.',
        'type': 'string',
        'maxLength': 8192,
        'minLength': 1,
        'pattern': '\\S',
        'default': 'gpt-4o',
        'examples': ['gpt-4o-mini', 'qwen3-coder-plus'],
        'x-qwen': {
            'flags': ['--model', '-m'],
            'variables': [
                {
                    'name': 'OPENAI_MODEL',
                    'under': ['openai', 'openai-responses'],
                },
                {
                    'name': 'QWEN_MODEL',
                    'under': ['openai'],
                },
                {
                    'name': 'ANTHROPIC_MODEL',
                    'under': ['anthropic'],
                },
                {
                    'name': 'GEMINI_MODEL',
                    'under': ['gemini'],
                },
                {
                    'name': 'GOOGLE_MODEL',
                    'under': ['vertex-ai'],
                },
            ],
            'settings': {
                'path': 'model.name',
                'reach': 'project',
            },
            'reach': 'project',
            'default_for': {
                'qwen-oauth': 'coder-model',
            },
        },
    },
    'proxy': {
        'description': 'The HTTP or SOCKS 5 proxy for requests; none for no proxy. A login in its URL (user:password@) is used and never written. All requests use the same proxy, so the order of the variables does not depend on the scheme of the base URL.',
        'type': 'string',
        'maxLength': 8192,
        'format': 'proxy-url',
        'default': '',
        'examples': ['http://proxy.example:3128'],
        'x-qwen': {
            'machine': True,
            'flags': ['--proxy'],
            'variables': ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'],
            'settings': {
                'path': 'proxy',
                'reach': 'user',
            },
            'reach': 'user',
        },
    },
    'no_proxy': {
        'description': 'Hosts that are reached without the proxy.',
        'type': 'array',
        'items': {
            'type': 'string',
            'maxLength': 8192,
            'minLength': 1,
        },
        'default': [],
        'examples': [
            ['localhost', '.internal.example'],
        ],
        'x-qwen': {
            'machine': True,
            'flags': ['--no-proxy'],
            'variables': ['NO_PROXY', 'no_proxy'],
            'reach': 'user',
        },
    },
    'ca_bundle': {
        'description': 'A PEM file with the certificate authorities to trust; empty for the usual ones.',
        'type': 'string',
        'maxLength': 8192,
        'format': 'file-path',
        'default': '',
        'examples': ['~/certificates/company.pem'],
        'x-qwen': {
            'machine': True,
            'flags': ['--ca-bundle'],
            'variables': ['SSL_CERT_FILE'],
            'reach': 'user',
        },
    },
    'timeout': {
        'description': 'How long to wait for the provider to answer, in seconds.',
        'type': 'number',
        'exclusiveMinimum': 0,
        'maximum': 3600,
        'default': 120,
        'examples': [30],
        'x-qwen': {
            'flags': ['--timeout'],
            'variables': ['QWEN_CFG_TIMEOUT'],
            'reach': 'project',
        },
    },
    'max_retries': {
        'description': 'How often a failed request is retried.',
        'type': 'integer',
        'minimum': 0,
        'maximum': 20,
        'default': 3,
        'examples': [0],
        'x-qwen': {
            'flags': ['--max-retries'],
            'variables': ['QWEN_CFG_MAX_RETRIES'],
            'reach': 'project',
        },
    },
    'debug': {
        'description': 'Show more details, and a traceback for errors. A text that is neither true nor false (DEBUG=app:* belongs to another program) counts as false.',
        'type': 'boolean',
        'default': False,
        'x-qwen': {
            'machine': True,
            'flags': ['--debug'],
            'variables': ['DEBUG', 'DEBUG_MODE'],
            'reach': 'project',
            'otherwise': False,
        },
    },
    'excluded_variables': {
        'description': 'Variables that a plain .env may not set; .qwen/.env may.',
        'type': 'array',
        'items': {
            'type': 'string',
            'maxLength': 8192,
            'format': 'variable-name',
        },
        'default': ['DEBUG', 'DEBUG_MODE'],
        'examples': [
            ['DEBUG', 'DEBUG_MODE', 'OPENAI_MODEL'],
        ],
        'x-qwen': {
            'flags': ['--excluded-variables'],
            'variables': ['QWEN_CFG_EXCLUDED_VARIABLES'],
            'settings': {
                'path': 'advanced.excludedEnvVars',
                'reach': 'project',
            },
            'reach': 'user',
        },
    },
    'qwen_oauth_url': {
        'description': 'The address of the authorization server, which creates and refreshes a Qwen OAuth login.',
        'type': 'string',
        'maxLength': 8192,
        'format': 'login-url',
        'default': 'https://chat.qwen.ai',
        'examples': ['https://chat.qwen.ai'],
        'x-qwen': {
            'flags': ['--qwen-oauth-url'],
            'variables': ['QWEN_OAUTH_BASE_URL'],
            'reach': 'user',
        },
    },
    'usage_statistics': {
        'description': 'Send anonymous usage statistics to your own endpoint. Nothing is sent unless this field is true.',
        'type': 'boolean',
        'default': False,
        'x-qwen': {
            'flags': ['--usage-statistics'],
            'variables': ['QWEN_CFG_USAGE_STATISTICS'],
            'reach': 'user',
        },
    },
    'usage_statistics_endpoint': {
        'description': 'The destination of usage statistics, if they are switched on: the base URL of an OpenTelemetry collector that supports OTLP over HTTP; empty for none.',
        'type': 'string',
        'maxLength': 8192,
        'format': 'collector-url',
        'default': '',
        'examples': ['http://localhost:4318'],
        'x-qwen': {
            'flags': ['--usage-statistics-endpoint'],
            'variables': ['QWEN_CFG_USAGE_STATISTICS_ENDPOINT'],
            'reach': 'user',
        },
    },
}
