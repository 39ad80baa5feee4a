"""Places in which each rule reports nothing."""

from __future__ import annotations

from dataclasses import replace

from qwen_schema import SecretReference

from .places import (
    ALL_FLAGS,
    APP,
    AZURE,
    HOME,
    HOME_FILE,
    KEY,
    KEY_IN_PROJECT,
    NEWER,
    OPENAI,
    OTHER,
    PLAIN,
    QWEN,
    TRUST,
    VALID_EXCEPTIONS,
    WITH_KEY,
    Place,
    env,
    generation_config,
    provider_entry,
    with_endpoint,
    with_env_file,
    with_google_login,
    with_key,
    with_proxy,
    with_settings,
)

SILENT: dict[str, list[Place]] = {
    "QC101": [
        with_env_file(WITH_KEY, "OPENAI_MODEL=", environ={"OPENAI_MODEL": ""}),
        env(OPENAI_API_KEY=KEY, OPENAI_MODEL=""),
    ],
    "QC102": [with_env_file(WITH_KEY, "OPENAI_MODEL=m", environ={"OPENAI_MODEL": "m"})],
    "QC103": [
        Place({**KEY_IN_PROJECT, HOME_FILE: "OPENAI_MODEL=m\n"}, flags={"model": "n"}),
        Place({**KEY_IN_PROJECT, HOME_FILE: "OPENAI_MODEL=m\n"}, profile=NEWER),
    ],
    "QC104": [
        # QC103 reports it completely.
        Place({**KEY_IN_PROJECT, HOME_FILE: "OPENAI_MODEL=m\n"}),
        Place({**KEY_IN_PROJECT, HOME_FILE: "PORT=1\n"}),
        Place({**KEY_IN_PROJECT, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, profile=NEWER),
        Place({**KEY_IN_PROJECT, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, env_file=PLAIN),
        # QC202 names the place of the missing key.
        Place({PLAIN: "OPENAI_MODEL=m\n", HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}),
    ],
    "QC105": [with_env_file(WITH_KEY, 'OPENAI_MODEL="a#b"'), with_env_file(WITH_KEY, "OTHER=a#b")],
    "QC106": [with_env_file(WITH_KEY)],
    "QC107": [Place({HOME_FILE: f"{WITH_KEY}\nHTTPS_PROXY=http://p:1\n"})],
    "QC108": [env(OPENAI_API_KEY=KEY), Place({f"{HOME}/.qwen/oauth_creds.json": "{}"})],
    "QC109": [env(OPENAI_API_KEY=KEY)],
    "QC110": [env(OPENAI_API_KEY=KEY)],
    "QC111": [env(OPENAI_API_KEY=KEY, DEBUG="0")],
    "QC112": [Place({**KEY_IN_PROJECT, HOME_FILE: "OPENAI_MODEL=m\n"}, flags=ALL_FLAGS)],
    "QC113": [
        Place({QWEN: f"{WITH_KEY}\nDEBUG=1\n"}),
        with_env_file(WITH_KEY, "PORT=1"),
        env(OPENAI_API_KEY=KEY, DEBUG="1"),
    ],
    "QC114": [
        # The intended variable has a value, from the same place or from another.
        with_env_file(WITH_KEY, "OPENAI_API_BASE=https://a/v1", "OPENAI_BASE_URL=https://b/v1"),
        with_env_file(WITH_KEY, "OPENAI_API_BASE=https://a/v1", environ={"OPENAI_BASE_URL": "https://b/v1"}),
        with_env_file(WITH_KEY, "OPENAI_API_BASE=https://a/v1", "OPENAI_BASE_URL="),
        env(OPENAI_KEY=KEY, OPENAI_API_KEY=KEY),
        # Variables of other programs, and additional ones.
        with_env_file(WITH_KEY, "OPENAI_ORG_ID=o", "OPENAI_MODEL_2=m", "AZURE_OPENAI_ENDPOINT=x", "QWEN_HOME=~/q"),
        env(OPENAI_API_KEY=KEY, QWEN_CFG_PROFILE="documented", OPENAI_API_VERSION="v", OPENAI_API_TYPE="azure"),
    ],
    "QC115": [
        with_env_file(WITH_KEY, WITH_KEY),
        with_env_file(WITH_KEY, "PORT=1", "PORT=2"),
        with_env_file(WITH_KEY, "DEBUG=1", "DEBUG=0"),
        with_env_file(WITH_KEY, "#OPENAI_MODEL=m", "OPENAI_MODEL=n"),
    ],
    "QC116": [
        *[
            with_key(key)
            for key in (
                "ollama",
                "lm-studio",
                "EMPTY",
                "none",
                "dummy",
                "not-needed",
                "sk-no-key-required",
                "1234",
                "sk-1234",
                KEY,
                "sk-proj-Ax9-_yourT3example0000000000",
                "token-abc123",
                "keyring:your-api-key",
                "command:cat <your key>",
                "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
                "0123456789abcdef0123456789abcdef",
                "c2VjcmV0IGtleQ==",
                "ak:sk/with+odd~marks.#1$",
            )
        ],
        with_key("your-api-key", "http://localhost:8000/v1"),
        with_key("changeme", "http://127.0.0.1:8000/v1"),
        with_key("xxx", "http://[::1]:8000/v1"),
        with_key("ollama", "http://localhost:11434/v1"),
        Place(environ={"OPENAI_API_KEY": "changeme"}, flags={"api_key": KEY}),
        Place(environ={"OPENAI_API_KEY": "changeme"}, secret_from=SecretReference("environment", variable="CI")),
    ],
    "QC117": [
        with_key("sk-or-v1-0123456789abcdef", "https://openrouter.ai/api/v1"),
        # A proxy accepts any key, and a suffix belongs to no provider.
        with_key("sk-or-v1-0123456789abcdef", "https://llm.example/v1"),
        with_key("sk-or-v1-0123456789abcdef", "https://eu.openrouter.ai.example/api/v1"),
        with_key("sk-proj-0123456789abcdef", "https://x.openai.azure.com/openai/v1"),
        with_key(KEY, "https://openrouter.ai/api/v1"),
        with_key("AIza0123456789abcdef", "https://generativelanguage.googleapis.com/v1beta/openai"),
        with_key(
            "AIza0123456789abcdef", "https://aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"
        ),
    ],
    "QC118": [
        env(OPENAI_API_KEY=KEY),
        with_endpoint("https://llm.example"),
        with_endpoint("https://llm.example/models/v1"),
        with_endpoint("http://localhost:11434/v1/"),
        with_endpoint("https://api.openai.com/v1"),
        with_endpoint("https://openrouter.ai/api/v1/"),
        with_endpoint("https://dashscope.aliyuncs.com/compatible-mode/v1"),
        with_endpoint("https://x.openai.azure.com/openai/deployments/d?api-version=1"),
        *[with_endpoint(f"https://x.{host}/openai/v1/") for host in AZURE],
        with_endpoint("https://x.services.ai.azure.com/models"),
        with_endpoint("https://x.services.ai.azure.com/models/?api-version=2024-05-01-preview"),
        with_endpoint("https://x.services.ai.azure.com/api/projects/p/openai/v1"),
        with_endpoint("https://x.cognitiveservices.azure.com/openai/deployments/d"),
        with_endpoint("https://coding.dashscope.aliyuncs.com/v1"),
        with_endpoint("https://coding-intl.dashscope.aliyuncs.com/v1/"),
        with_endpoint("https://w.cn-beijing.maas.aliyuncs.com/compatible-mode/v1"),
        with_endpoint("https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"),
        with_endpoint("https://generativelanguage.googleapis.com/v1beta/openai/"),
        # The user's own endpoint at Vertex AI.
        with_endpoint("https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/123"),
    ],
    "QC119": [
        with_env_file(WITH_KEY, "OPENAI_MODEL=m"),
        with_env_file("DEBUG=1", "DATABASE_URL=postgres://x", environ={"OPENAI_API_KEY": KEY}),
        Place({QWEN: f"{WITH_KEY}\nPORT=1\n"}),
        Place({f"{HOME}/.env": f"{WITH_KEY}\nPORT=1\n"}),
        with_env_file("OPENAI_MODEL=", "PORT=1", environ={"OPENAI_API_KEY": KEY}),
    ],
    "QC120": [
        Place(KEY_IN_PROJECT),
        Place(KEY_IN_PROJECT, installed="0.24.4", named_by=""),
        Place(KEY_IN_PROJECT, installed="0.24.4", profile=NEWER),
        Place(KEY_IN_PROJECT, installed="0.15.6"),
    ],
    "QC121": [with_settings(), with_settings(own='{"model": {"name": "m"}} // mine'), with_settings(own="{}")],
    "QC122": [
        with_settings(TRUST),
        with_settings(own={"model": {"name": "m"}}),
        replace(with_settings(TRUST, own={"model": {"name": "m"}}), profile="documented"),
    ],
    "QC123": [with_settings(), replace(with_settings(), profile="documented", flags={"auth_method": "qwen-oauth"})],
    "QC124": [
        with_settings(provider_entry(envKey="K_A"), environ={"K_A": KEY}),
        with_settings(provider_entry()),
        with_settings(provider_entry(envKey="K_A"), environ={}),
    ],
    "QC125": [
        with_settings(provider_entry(generationConfig={"timeout": 5})),
        with_settings(provider_entry(generationConfig={"extra_body": {}})),
        with_settings(generation_config(timeout=5)),
        with_settings(generation_config(extra_body={})),
        replace(with_settings(generation_config(extra_body={"user": "u"})), flags={"auth_method": "gemini"}),
        # With a provider entry, the model's own `generationConfig` is not sent.
        with_settings(provider_entry(), own=generation_config(customHeaders={"X-Team": "t"})),
    ],
    "QC126": [
        with_settings(provider_entry()),
        with_settings({**OPENAI, "modelProviders": {"mine": [{"id": "m"}]}, "providerProtocol": {"mine": "openai"}}),
    ],
    "QC127": [
        *[
            with_env_file(WITH_KEY, "OPENAI_MODEL=m", line)
            for line in (
                "just words",
                "set PORT=1",
                "# set OPENAI_BASE_URL=https://gateway.example/v1",
                "// OPENAI_BASE_URL=https://gateway.example/v1",
                "; OPENAI_BASE_URL = https://gateway.example/v1",
                "REM set OPENAI_BASE_URL=https://gateway.example/v1",
                "unset OPENAI_BASE_URL",
                # A script that a shell also sources.
                "export OPENAI_API_KEY OPENAI_MODEL",
                "echo $OPENAI_BASE_URL",
                'if [ -z "${OPENAI_BASE_URL}" ]; then',
                "curl https://api.openai.com/v1/models",
                "OPENAI_MODEL_2 : m",
                "PROMPT='two\nlines = here'",
                # No file of a project may set them.
                "set HTTPS_PROXY=http://p:1",
                "set DEBUG=1",
            )
        ],
        Place({HOME_FILE: "OPENAI_BASE_URL : https://a/v1\n", **KEY_IN_PROJECT}),
    ],
    "QC128": [
        *[with_proxy(provider_entry) for provider_entry in VALID_EXCEPTIONS],
        # Without a proxy, exceptions have no effect.
        env(OPENAI_API_KEY=KEY, NO_PROXY="192.168.*"),
    ],
    "QC129": [
        with_endpoint(f"http://{host}:8000/v1")
        for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "llm.example")
    ],
    "QC130": [
        with_settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": {"name": "theirs"}}),
        with_settings({**OPENAI, "model": None}, own={"$version": 4, "model": {"name": "theirs"}}),
        with_settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": {}}),
    ],
    "QC131": [
        with_settings(
            {**OPENAI, "model": {"name": "${TEAM_MODEL}"}}, environ={"OPENAI_API_KEY": KEY, "TEAM_MODEL": "m"}
        ),
        env(OPENAI_API_KEY=KEY, OPENAI_MODEL="$m"),
        # A dollar sign in a key starts no variable.
        with_settings({"security": {"auth": {"selectedType": "openai", "apiKey": f"{KEY}$ab"}}}, environ={}),
    ],
    "QC132": [
        *(with_settings({**OPENAI, "env": env}) for env in (None, {}, 0, "", {"A": "b"}, {"A": None}, {"A": ""})),
        replace(with_settings({"env": 5}), profile="documented"),
    ],
    "QC133": [
        env(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://localhost:8000/v1", ALL_PROXY="http://proxy.example:3128"),
        env(OPENAI_API_KEY=KEY, ALL_PROXY="proxy.example:3128"),
    ],
    "QC134": [
        *[
            env(OPENAI_API_KEY=KEY, OPENAI_MODEL=model)
            for model in (
                "qwen-a",
                "org/name:tag",
                "My Model #2",
                "a, b",
                "hf://org/m",
                "model-b",
                "gpt-4o (eu)",
                "a=b",
                "US$ 5",
            )
        ],
        *[
            with_endpoint(url)
            for url in (
                "https://llm.example/v1/",
                "https://llm.example/v1?api-version=1",
                "https://llm.example/a(b)",
                "https://llm.example/%7Bid%7D/v1",
                "http://[::1]",
            )
        ],
        # These have their own rules.
        with_settings({**OPENAI, "model": {"name": "$MODEL"}}),
        with_env_file(WITH_KEY, "OPENAI_MODEL=`qwen-a`"),
    ],
    "QC201": [env(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="https://llm.example/v1")],
    "QC202": [env(OPENAI_API_KEY=KEY), Place({f"{HOME}/.qwen/oauth_creds.json": "{}"})],
    "QC203": [env(OPENAI_API_KEY=KEY), replace(env(), flags={"auth_method": "openai"})],
    "QC204": [
        with_settings({"security": {"auth": {"selectedType": "openai", "enforcedType": "openai"}}}),
        with_settings(provider_entry()),
        with_settings(
            {"security": {"auth": {"selectedType": "anthropic"}}},
            environ={"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://llm.example"},
        ),
    ],
    "QC301": [
        with_env_file(f"OPENAI_BASE_URL=https://llm.example/v1\nOPENAI_API_KEY={KEY}"),
        with_env_file("OPENAI_MODEL=m", environ={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://llm.example/v1"}),
        with_env_file("OPENAI_BASE_URL=https://api.openai.com/v1", environ={"OPENAI_API_KEY": KEY}),
        with_env_file(f"OPENAI_API_KEY={KEY}", environ={"OPENAI_BASE_URL": "https://llm.example/v1"}),
        with_env_file("OPENAI_API_KEY=keyring:qwen/me", environ={"OPENAI_BASE_URL": "https://llm.example/v1"}),
        with_env_file("OPENAI_API_KEY=keyring:qwen/me"),
        with_env_file("OPENAI_BASE_URL=https://[stranger.test]/v1", environ={"OPENAI_API_KEY": KEY}),
        with_env_file("OPENAI_BASE_URL=https://llm.example/v1", environ={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": ""}),
        with_google_login(HOME_FILE),
        # QC302 reports it.
        with_settings(own=provider_entry(envKey="AWS_SECRET_ACCESS_KEY"), environ={"AWS_SECRET_ACCESS_KEY": OTHER}),
        with_settings(
            own={"security": {"auth": {"apiKey": "${K_A}", "baseUrl": "https://llm.example"}}}, environ={"K_A": OTHER}
        ),
    ],
    "QC302": [
        with_settings(provider_entry(envKey="K_A"), environ={"K_A": OTHER}),
        with_settings(own={**provider_entry(envKey="K_A"), "env": {"K_A": OTHER}}),
        with_settings(own=provider_entry(envKey="K_A"), users=TRUST, environ={"K_A": OTHER}),
        with_settings(own=provider_entry()),
        with_settings(
            generation_config(customHeaders={"X-Team": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}
        ),
        with_settings(own={**generation_config(customHeaders={"X-Team": "${K_A}"}), "env": {"K_A": OTHER}}),
        with_settings(
            own=generation_config(stopWords={"X-Team": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}
        ),
        with_settings(
            provider_entry(),
            own=generation_config(extra_body={"user": "${K_A}"}),
            environ={"OPENAI_API_KEY": KEY, "K_A": OTHER},
        ),
    ],
    "QC303": [
        Place(KEY_IN_PROJECT),
        Place(KEY_IN_PROJECT, modes={PLAIN: 0o700}),
        with_env_file("OPENAI_MODEL=m", modes={PLAIN: 0o644}, environ={"OPENAI_API_KEY": KEY}),
        # Users who cannot enter the directory cannot read the file.
        Place(KEY_IN_PROJECT, modes={PLAIN: 0o644, f"{APP}/.": 0o700}),
        Place({QWEN: WITH_KEY}, modes={QWEN: 0o644, f"{HOME}/.": 0o710}),
        with_env_file("OPENAI_API_KEY=", modes={PLAIN: 0o644}),
        with_env_file("OPENAI_API_KEY=ollama", modes={PLAIN: 0o644}),
        with_env_file("OPENAI_API_KEY=keyring:openai", modes={PLAIN: 0o644}),
        Place({**KEY_IN_PROJECT, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, modes={HOME_FILE: 0o644}),
    ],
    "QC304": [
        Place(KEY_IN_PROJECT),
        Place(KEY_IN_PROJECT, in_git={PLAIN: "ignored"}),
        with_env_file("OPENAI_MODEL=m", in_git={PLAIN: "tracked"}),
        with_env_file("OPENAI_API_KEY=command:pass openai", in_git={PLAIN: "tracked"}),
    ],
    "QC305": [
        with_endpoint("https://llm.example/v1"),
        with_endpoint("http://localhost:11434/v1"),
        with_endpoint("http://127.0.0.1:1/v1"),
        with_endpoint("http://[::1]:1/v1"),
        *[
            with_key(key, "http://gpu.lan:11434/v1")
            for key in (
                "ollama",
                "EMPTY",
                "token-abc123",
                "test",
                "local",
                "sk-local",
                "sk-none",
                "x",
                "na",
                "n/a",
                "-",
            )
        ],
        env(OPENAI_BASE_URL="http://llm.example/v1"),
    ],
}
