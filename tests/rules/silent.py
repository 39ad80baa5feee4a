"""Places in which each rule reports nothing."""

from __future__ import annotations

from dataclasses import replace

from qwen_schema import SecretReference

from .places import (
    APP,
    AZURE,
    EVERYTHING,
    HELD,
    HOME,
    HOME_FILE,
    KEY,
    MATCHING,
    NEWER,
    OPENAI,
    OTHER,
    PLAIN,
    QWEN,
    TRUST,
    WITH_KEY,
    Place,
    at,
    entry,
    env,
    keyed,
    plain,
    proxied,
    sending,
    settings,
    with_google_login,
)

SILENT: dict[str, list[Place]] = {
    "QC101": [plain(WITH_KEY, "OPENAI_MODEL=", environ={"OPENAI_MODEL": ""}), env(OPENAI_API_KEY=KEY, OPENAI_MODEL="")],
    "QC102": [plain(WITH_KEY, "OPENAI_MODEL=m", environ={"OPENAI_MODEL": "m"})],
    "QC103": [
        Place({**HELD, HOME_FILE: "OPENAI_MODEL=m\n"}, flags={"model": "n"}),
        Place({**HELD, HOME_FILE: "OPENAI_MODEL=m\n"}, profile=NEWER),
    ],
    "QC104": [
        # QC103 tells all of it.
        Place({**HELD, HOME_FILE: "OPENAI_MODEL=m\n"}),
        Place({**HELD, HOME_FILE: "PORT=1\n"}),
        Place({**HELD, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, profile=NEWER),
        Place({**HELD, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, env_file=PLAIN),
        # QC202 tells where the missing key is.
        Place({PLAIN: "OPENAI_MODEL=m\n", HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}),
    ],
    "QC105": [plain(WITH_KEY, 'OPENAI_MODEL="a#b"'), plain(WITH_KEY, "OTHER=a#b")],
    "QC106": [plain(WITH_KEY)],
    "QC107": [Place({HOME_FILE: f"{WITH_KEY}\nHTTPS_PROXY=http://p:1\n"})],
    "QC108": [env(OPENAI_API_KEY=KEY), Place({f"{HOME}/.qwen/oauth_creds.json": "{}"})],
    "QC109": [env(OPENAI_API_KEY=KEY)],
    "QC110": [env(OPENAI_API_KEY=KEY)],
    "QC111": [env(OPENAI_API_KEY=KEY, DEBUG="0")],
    "QC112": [Place({**HELD, HOME_FILE: "OPENAI_MODEL=m\n"}, flags=EVERYTHING)],
    "QC113": [Place({QWEN: f"{WITH_KEY}\nDEBUG=1\n"}), plain(WITH_KEY, "PORT=1"), env(OPENAI_API_KEY=KEY, DEBUG="1")],
    "QC114": [
        # What was meant has a value, from the same place or another.
        plain(WITH_KEY, "OPENAI_API_BASE=https://a/v1", "OPENAI_BASE_URL=https://b/v1"),
        plain(WITH_KEY, "OPENAI_API_BASE=https://a/v1", environ={"OPENAI_BASE_URL": "https://b/v1"}),
        plain(WITH_KEY, "OPENAI_API_BASE=https://a/v1", "OPENAI_BASE_URL="),
        env(OPENAI_KEY=KEY, OPENAI_API_KEY=KEY),
        # Other programs' names, and spare ones.
        plain(WITH_KEY, "OPENAI_ORG_ID=o", "OPENAI_MODEL_2=m", "AZURE_OPENAI_ENDPOINT=x", "QWEN_HOME=~/q"),
        env(OPENAI_API_KEY=KEY, QWEN_CFG_PROFILE="documented", OPENAI_API_VERSION="v", OPENAI_API_TYPE="azure"),
    ],
    "QC115": [
        plain(WITH_KEY, WITH_KEY),
        plain(WITH_KEY, "PORT=1", "PORT=2"),
        plain(WITH_KEY, "DEBUG=1", "DEBUG=0"),
        plain(WITH_KEY, "#OPENAI_MODEL=m", "OPENAI_MODEL=n"),
    ],
    "QC116": [
        *[
            keyed(key)
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
        keyed("your-api-key", "http://localhost:8000/v1"),
        keyed("changeme", "http://127.0.0.1:8000/v1"),
        keyed("xxx", "http://[::1]:8000/v1"),
        keyed("ollama", "http://localhost:11434/v1"),
        Place(environ={"OPENAI_API_KEY": "changeme"}, flags={"api_key": KEY}),
        Place(environ={"OPENAI_API_KEY": "changeme"}, secret_from=SecretReference("environment", variable="CI")),
    ],
    "QC117": [
        keyed("sk-or-v1-0123456789abcdef", "https://openrouter.ai/api/v1"),
        # A proxy takes any key, and an ending is nobody's in particular.
        keyed("sk-or-v1-0123456789abcdef", "https://llm.example/v1"),
        keyed("sk-or-v1-0123456789abcdef", "https://eu.openrouter.ai.example/api/v1"),
        keyed("sk-proj-0123456789abcdef", "https://x.openai.azure.com/openai/v1"),
        keyed(KEY, "https://openrouter.ai/api/v1"),
        keyed("AIza0123456789abcdef", "https://generativelanguage.googleapis.com/v1beta/openai"),
        keyed("AIza0123456789abcdef", "https://aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"),
    ],
    "QC118": [
        env(OPENAI_API_KEY=KEY),
        at("https://llm.example"),
        at("https://llm.example/models/v1"),
        at("http://localhost:11434/v1/"),
        at("https://api.openai.com/v1"),
        at("https://openrouter.ai/api/v1/"),
        at("https://dashscope.aliyuncs.com/compatible-mode/v1"),
        at("https://x.openai.azure.com/openai/deployments/d?api-version=1"),
        *[at(f"https://x.{host}/openai/v1/") for host in AZURE],
        at("https://x.services.ai.azure.com/models"),
        at("https://x.services.ai.azure.com/models/?api-version=2024-05-01-preview"),
        at("https://x.services.ai.azure.com/api/projects/p/openai/v1"),
        at("https://x.cognitiveservices.azure.com/openai/deployments/d"),
        at("https://coding.dashscope.aliyuncs.com/v1"),
        at("https://coding-intl.dashscope.aliyuncs.com/v1/"),
        at("https://w.cn-beijing.maas.aliyuncs.com/compatible-mode/v1"),
        at("https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"),
        at("https://generativelanguage.googleapis.com/v1beta/openai/"),
        # An endpoint of one's own at Vertex AI.
        at("https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/123"),
    ],
    "QC119": [
        plain(WITH_KEY, "OPENAI_MODEL=m"),
        plain("DEBUG=1", "DATABASE_URL=postgres://x", environ={"OPENAI_API_KEY": KEY}),
        Place({QWEN: f"{WITH_KEY}\nPORT=1\n"}),
        Place({f"{HOME}/.env": f"{WITH_KEY}\nPORT=1\n"}),
        plain("OPENAI_MODEL=", "PORT=1", environ={"OPENAI_API_KEY": KEY}),
    ],
    "QC120": [
        Place(HELD),
        Place(HELD, installed="0.24.4", named_by=""),
        Place(HELD, installed="0.24.4", profile=NEWER),
        Place(HELD, installed="0.15.6"),
    ],
    "QC121": [settings(), settings(own='{"model": {"name": "m"}} // mine'), settings(own="{}")],
    "QC122": [
        settings(TRUST),
        settings(own={"model": {"name": "m"}}),
        replace(settings(TRUST, own={"model": {"name": "m"}}), profile="documented"),
    ],
    "QC123": [settings(), replace(settings(), profile="documented", flags={"auth_method": "qwen-oauth"})],
    "QC124": [
        settings(entry(envKey="K_A"), environ={"K_A": KEY}),
        settings(entry()),
        settings(entry(envKey="K_A"), environ={}),
    ],
    "QC125": [
        settings(entry(generationConfig={"timeout": 5})),
        settings(entry(generationConfig={"extra_body": {}})),
        settings(sending(timeout=5)),
        settings(sending(extra_body={})),
        replace(settings(sending(extra_body={"user": "u"})), flags={"auth_method": "gemini"}),
        # Beside an entry, what the model has of it is not sent.
        settings(entry(), own=sending(customHeaders={"X-Team": "t"})),
    ],
    "QC126": [
        settings(entry()),
        settings({**OPENAI, "modelProviders": {"mine": [{"id": "m"}]}, "providerProtocol": {"mine": "openai"}}),
    ],
    "QC127": [
        *[
            plain(WITH_KEY, "OPENAI_MODEL=m", line)
            for line in (
                "just words",
                "set PORT=1",
                "# set OPENAI_BASE_URL=https://gateway.example/v1",
                "// OPENAI_BASE_URL=https://gateway.example/v1",
                "; OPENAI_BASE_URL = https://gateway.example/v1",
                "REM set OPENAI_BASE_URL=https://gateway.example/v1",
                "unset OPENAI_BASE_URL",
                # A script that a shell sources, too.
                "export OPENAI_API_KEY OPENAI_MODEL",
                "echo $OPENAI_BASE_URL",
                'if [ -z "${OPENAI_BASE_URL}" ]; then',
                "curl https://api.openai.com/v1/models",
                "OPENAI_MODEL_2 : m",
                "PROMPT='two\nlines = here'",
                # No file of a project sets them.
                "set HTTPS_PROXY=http://p:1",
                "set DEBUG=1",
            )
        ],
        Place({HOME_FILE: "OPENAI_BASE_URL : https://a/v1\n", **HELD}),
    ],
    "QC128": [
        *[proxied(entry) for entry in MATCHING],
        # Without a proxy there is nothing to go around.
        env(OPENAI_API_KEY=KEY, NO_PROXY="192.168.*"),
    ],
    "QC129": [
        at(f"http://{host}:8000/v1")
        for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "llm.example")
    ],
    "QC130": [
        settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": {"name": "theirs"}}),
        settings({**OPENAI, "model": None}, own={"$version": 4, "model": {"name": "theirs"}}),
        settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": {}}),
    ],
    "QC131": [
        settings({**OPENAI, "model": {"name": "${TEAM_MODEL}"}}, environ={"OPENAI_API_KEY": KEY, "TEAM_MODEL": "m"}),
        env(OPENAI_API_KEY=KEY, OPENAI_MODEL="$m"),
        # A dollar sign in a key is no variable.
        settings({"security": {"auth": {"selectedType": "openai", "apiKey": f"{KEY}$ab"}}}, environ={}),
    ],
    "QC132": [
        *(settings({**OPENAI, "env": env}) for env in (None, {}, 0, "", {"A": "b"}, {"A": None}, {"A": ""})),
        replace(settings({"env": 5}), profile="documented"),
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
            at(url)
            for url in (
                "https://llm.example/v1/",
                "https://llm.example/v1?api-version=1",
                "https://llm.example/a(b)",
                "https://llm.example/%7Bid%7D/v1",
                "http://[::1]",
            )
        ],
        # Those have rules of their own.
        settings({**OPENAI, "model": {"name": "$MODEL"}}),
        plain(WITH_KEY, "OPENAI_MODEL=`qwen-a`"),
    ],
    "QC201": [env(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="https://llm.example/v1")],
    "QC202": [env(OPENAI_API_KEY=KEY), Place({f"{HOME}/.qwen/oauth_creds.json": "{}"})],
    "QC203": [env(OPENAI_API_KEY=KEY), replace(env(), flags={"auth_method": "openai"})],
    "QC204": [
        settings({"security": {"auth": {"selectedType": "openai", "enforcedType": "openai"}}}),
        settings(entry()),
        settings(
            {"security": {"auth": {"selectedType": "anthropic"}}},
            environ={"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://llm.example"},
        ),
    ],
    "QC301": [
        plain(f"OPENAI_BASE_URL=https://llm.example/v1\nOPENAI_API_KEY={KEY}"),
        plain("OPENAI_MODEL=m", environ={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://llm.example/v1"}),
        plain("OPENAI_BASE_URL=https://api.openai.com/v1", environ={"OPENAI_API_KEY": KEY}),
        plain(f"OPENAI_API_KEY={KEY}", environ={"OPENAI_BASE_URL": "https://llm.example/v1"}),
        plain("OPENAI_API_KEY=keyring:qwen/me", environ={"OPENAI_BASE_URL": "https://llm.example/v1"}),
        plain("OPENAI_API_KEY=keyring:qwen/me"),
        plain("OPENAI_BASE_URL=https://[stranger.test]/v1", environ={"OPENAI_API_KEY": KEY}),
        plain("OPENAI_BASE_URL=https://llm.example/v1", environ={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": ""}),
        with_google_login(HOME_FILE),
        # QC302 says it.
        settings(own=entry(envKey="AWS_SECRET_ACCESS_KEY"), environ={"AWS_SECRET_ACCESS_KEY": OTHER}),
        settings(
            own={"security": {"auth": {"apiKey": "${K_A}", "baseUrl": "https://llm.example"}}}, environ={"K_A": OTHER}
        ),
    ],
    "QC302": [
        settings(entry(envKey="K_A"), environ={"K_A": OTHER}),
        settings(own={**entry(envKey="K_A"), "env": {"K_A": OTHER}}),
        settings(own=entry(envKey="K_A"), users=TRUST, environ={"K_A": OTHER}),
        settings(own=entry()),
        settings(sending(customHeaders={"X-Team": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}),
        settings(own={**sending(customHeaders={"X-Team": "${K_A}"}), "env": {"K_A": OTHER}}),
        settings(own=sending(stopWords={"X-Team": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}),
        settings(entry(), own=sending(extra_body={"user": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}),
    ],
    "QC303": [
        Place(HELD),
        Place(HELD, modes={PLAIN: 0o700}),
        plain("OPENAI_MODEL=m", modes={PLAIN: 0o644}, environ={"OPENAI_API_KEY": KEY}),
        # Who cannot come to it cannot read it.
        Place(HELD, modes={PLAIN: 0o644, f"{APP}/.": 0o700}),
        Place({QWEN: WITH_KEY}, modes={QWEN: 0o644, f"{HOME}/.": 0o710}),
        plain("OPENAI_API_KEY=", modes={PLAIN: 0o644}),
        plain("OPENAI_API_KEY=ollama", modes={PLAIN: 0o644}),
        plain("OPENAI_API_KEY=keyring:openai", modes={PLAIN: 0o644}),
        Place({**HELD, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, modes={HOME_FILE: 0o644}),
    ],
    "QC304": [
        Place(HELD),
        Place(HELD, in_git={PLAIN: "ignored"}),
        plain("OPENAI_MODEL=m", in_git={PLAIN: "tracked"}),
        plain("OPENAI_API_KEY=command:pass openai", in_git={PLAIN: "tracked"}),
    ],
    "QC305": [
        at("https://llm.example/v1"),
        at("http://localhost:11434/v1"),
        at("http://127.0.0.1:1/v1"),
        at("http://[::1]:1/v1"),
        *[
            keyed(key, "http://gpu.lan:11434/v1")
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
