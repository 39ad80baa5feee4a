"""Places in which each rule reports a problem."""

from __future__ import annotations

import json
from dataclasses import replace

from qwen_schema import SecretReference

from .places import (
    APP,
    AZURE,
    HOME,
    HOME_FILE,
    INVALID_EXCEPTIONS,
    KEY,
    KEY_IN_PROJECT,
    NEWER,
    OPENAI,
    OTHER,
    PLAIN,
    QWEN,
    SETTINGS,
    TRUST,
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

REPORTED: dict[str, list[Place]] = {
    "QC101": [with_env_file(WITH_KEY, "OPENAI_MODEL=m", environ={"OPENAI_MODEL": ""})],
    "QC102": [with_env_file(WITH_KEY, "OPENAI_MODEL=m", environ={"OPENAI_MODEL": "n"})],
    "QC103": [Place({**KEY_IN_PROJECT, HOME_FILE: "OPENAI_MODEL=m\n"})],
    "QC104": [
        Place({**KEY_IN_PROJECT, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}),
        Place({PLAIN: f"{WITH_KEY}\nOPENAI_MODEL=m\n", f"{HOME}/work/.env": "OPENAI_MODEL=n\n"}, profile=NEWER),
    ],
    "QC105": [with_env_file(WITH_KEY, "OPENAI_MODEL=a#b")],
    "QC106": [Place(environ={"OPENAI_API_KEY": KEY}, directories=(PLAIN,))],
    "QC107": [with_env_file(WITH_KEY, "HTTPS_PROXY=http://p:1")],
    "QC108": [Place({f"{HOME}/.qwen/oauth_creds.json": "{}"}, {"OPENAI_API_KEY": KEY})],
    "QC109": [Place({f"{APP}/.qwen/settings.json": "{}"}, {"OPENAI_API_KEY": KEY})],
    "QC110": [replace(env(OPENAI_API_KEY=KEY), home=None)],
    "QC111": [env(OPENAI_API_KEY=KEY, DEBUG="app:*")],
    "QC112": [Place({**KEY_IN_PROJECT, HOME_FILE: "OPENAI_MODEL=m\n"})],
    "QC113": [
        with_env_file(WITH_KEY, "DEBUG=1"),
        Place({**KEY_IN_PROJECT, f"{HOME}/.env": "DEBUG=1\n", PLAIN: "DEBUG=1\n"}),
    ],
    "QC114": [
        with_env_file(WITH_KEY, "OPENAI_API_BASE=https://openrouter.ai/api/v1"),
        with_env_file(WITH_KEY, "OPENAI_MODLE=m"),
        with_env_file(WITH_KEY, "openai_model=m"),
        env(OPENAI_KEY=KEY),
        replace(env(OPENAI_BASEURL="https://llm.example/v1", OPENAI_API_KEY=KEY), files=KEY_IN_PROJECT),
    ],
    "QC115": [
        with_env_file(WITH_KEY, "OPENAI_MODEL=m", "OPENAI_MODEL=n"),
        with_env_file(f"OPENAI_API_KEY={OTHER}", "OPENAI_MODEL=m", WITH_KEY),
        with_env_file(WITH_KEY, f"OPENAI_API_KEY={OTHER}", WITH_KEY),
    ],
    "QC116": [
        *[
            with_key(key)
            for key in (
                "your-api-key",
                "your_key_here",
                "YOUR_API_KEY",
                "yourkey",
                "sk-xxx",
                "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
                "sk-proj-xxxxxxxx",
                "sk-...",
                "sk-proj-…",
                "changeme",
                "change-me",
                "TODO",
                "...",
                "sk-your-key",
                "sk-your-openai-key",
                "put-your-key-here",
                "insert_key_here",
                "OPENAI_API_KEY",
                "api-key",
                "my-api-key",
                "replace-with-your-key",
                "placeholder",
                f'"{KEY}"',
                f"'{KEY}",
                f"Bearer {KEY}",
                f"bearer {KEY}",
                f'"Bearer {KEY}"',
            )
        ],
        # A placeholder key for servers without keys, at a provider that needs a key.
        with_key("ollama", "https://api.openai.com/v1"),
        with_key("undefined", "https://api.openai.com/v1"),
        with_key("none", "https://openrouter.ai/api/v1"),
        with_key("test", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        with_key(f"'{KEY}'", "http://localhost:8000/v1"),
        *[
            with_key(text)
            for text in (
                f"{KEY} # prod",
                f"{KEY} #prod",
                f"{KEY}\u0020; export OPENAI_API_KEY",
                f"{KEY} OPENAI_BASE_URL=https://llm.example/v1",
                f"{KEY};",
                f"{KEY},",
                f"{KEY} \\",
                f"OPENAI_API_KEY={KEY}",
                f"export OPENAI_API_KEY={KEY}",
                "https://llm.example/v1",
            )
        ],
        with_key(f"{KEY} # prod", "http://localhost:8000/v1"),
        replace(env(), flags={"api_key": "your-api-key"}),
        # No method is set: the placeholder is reported along with that.
        replace(env(OPENAI_API_KEY="your-api-key"), profile=NEWER),
    ],
    "QC117": [
        with_key("sk-or-v1-0123456789abcdef", "https://api.openai.com/v1"),
        env(OPENAI_API_KEY="sk-or-v1-0123456789abcdef"),
        with_key("ms-01234567-89ab-cdef-0123-456789abcdef", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        with_key("sk-proj-0123456789abcdef", "https://openrouter.ai/api/v1"),
        with_key("sk-ant-api03-0123456789", "https://openrouter.ai/api/v1"),
        with_key("AIza0123456789abcdef", "https://api.openai.com/v1"),
        with_key("gsk_0123456789abcdef", "https://api.openai.com/v1"),
        with_key("sk-sp-0123456789abcdef", "https://api.openai.com/v1"),
    ],
    "QC118": [
        with_endpoint("https://llm.example/v1/chat/completions"),
        with_endpoint("https://llm.example/v1/chat/completions/?a=b"),
        with_endpoint("http://127.0.0.1:8000/v1/models"),
        with_endpoint("https://api.openai.com/v1/completions"),
        with_endpoint("https://api.openai.com"),
        with_endpoint("https://openrouter.ai/v1"),
        with_endpoint("https://dashscope.aliyuncs.com/compatible-mode"),
        with_endpoint("https://generativelanguage.googleapis.com/v1beta"),
        # The endpoint in Azure's portal, and the target in it.
        *[with_endpoint(f"https://x.{host}/") for host in AZURE],
        with_endpoint("https://x.openai.azure.com/openai"),
        with_endpoint("https://x.openai.azure.com/v1"),
        with_endpoint("https://x.services.ai.azure.com/api/projects/p"),
        with_endpoint("https://x.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview"),
        with_endpoint("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"),
        with_endpoint("https://x.openai.azure.com/openai/v1/models"),
        with_endpoint("https://x.openai.azure.com/models"),
        # Not compatible with OpenAI's API.
        with_endpoint("https://dashscope.aliyuncs.com/api/v1"),
        with_endpoint("https://vpc-cn-beijing.dashscope.aliyuncs.com/"),
        with_endpoint("https://w.cn-beijing.maas.aliyuncs.com/api/v1"),
        with_endpoint("https://us-central1-aiplatform.googleapis.com/v1"),
    ],
    "QC119": [with_env_file(WITH_KEY, "DATABASE_URL=postgres://x"), with_env_file("QWEN_MODEL=m", "PORT=1", WITH_KEY)],
    "QC120": [
        Place(KEY_IN_PROJECT, installed="0.24.4"),
        Place(KEY_IN_PROJECT, installed="0.24.4", named_by="QWEN_CFG_PROFILE"),
        Place(KEY_IN_PROJECT, installed="0.15.6", profile=NEWER),
    ],
    "QC121": [with_settings(own='{"model": {"name": "m"},}'), with_settings(own="{"), with_settings(own="nothing")],
    "QC122": [
        with_settings(TRUST, own={"model": {"name": "m"}}),
        Place({SETTINGS: json.dumps(TRUST), PLAIN: "OPENAI_MODEL=m\n"}, {"OPENAI_API_KEY": KEY}, profile=NEWER),
    ],
    "QC123": [
        with_settings({"security": {"auth": {"selectedType": "qwen-oauth"}}}),
        replace(with_settings(), flags={"auth_method": "qwen-oauth"}),
        with_settings(environ={"QWEN_OAUTH": "1"}, users={"$version": 4, "x": 1}),
    ],
    "QC124": [with_settings(provider_entry(envKey="K_A")), with_settings(own=provider_entry(envKey="K_A"))],
    "QC125": [
        with_settings(provider_entry(generationConfig={"customHeaders": {"Authorization": "Bearer x"}})),
        with_settings(provider_entry(generationConfig={"extra_body": {"model": "n"}})),
        with_settings(own=provider_entry(generationConfig={"samplingParams": {"model": "n"}})),
        with_settings(generation_config(customHeaders={"X-Team": "t"})),
        replace(
            with_settings(generation_config(customHeaders={"x-goog-api-key": "k"})), flags={"auth_method": "gemini"}
        ),
        with_settings(
            generation_config(samplingParams={"top_p": 1}), own=generation_config(extra_body={"user": "${K_A}"})
        ),
    ],
    "QC126": [
        with_settings({**OPENAI, "modelProviders": {"mine": [{"id": "m"}]}}),
        with_settings({**OPENAI, "modelProviders": {"openai": [{"id": "m"}]}, "providerProtocol": {"openai": "morse"}}),
        *(
            with_settings({**OPENAI, "modelProviders": providers})
            for providers in ([1], "x", {"openai": "x"}, {"openai": {"id": "m"}}, {"openai": {"models": [{"id": "m"}]}})
        ),
    ],
    "QC127": [
        *[
            with_env_file(WITH_KEY, line)
            for line in (
                "OPENAI_BASE_URL : https://gateway.example/v1",
                "OPENAI_BASE_URL:https://gateway.example/v1",
                "OPENAI_BASE_URL := https://gateway.example/v1",
                "OPENAI_BASE_URL -> https://gateway.example/v1",
                "OPENAI_BASE_URL https://gateway.example/v1",
                "set OPENAI_BASE_URL=https://gateway.example/v1",
                "SET OPENAI_BASE_URL=https://gateway.example/v1",
                "setx OPENAI_BASE_URL https://gateway.example/v1",
                "set -gx OPENAI_BASE_URL https://gateway.example/v1",
                "declare -x OPENAI_BASE_URL=https://gateway.example/v1",
                "ENV OPENAI_BASE_URL=https://gateway.example/v1",
                "$env:OPENAI_BASE_URL = 'https://gateway.example/v1'",
                "${env:OPENAI_BASE_URL} = 'https://gateway.example/v1'",
                "$Env:OPENAI_BASE_URL='https://gateway.example/v1'",
                "$OPENAI_BASE_URL = 'https://gateway.example/v1'",
                '"OPENAI_BASE_URL": "https://gateway.example/v1",',
                '{"OPENAI_BASE_URL": "https://gateway.example/v1"}',
                "'OPENAI_BASE_URL'='https://gateway.example/v1'",
                "- OPENAI_BASE_URL=https://gateway.example/v1",
                'os.environ["OPENAI_BASE_URL"] = "https://gateway.example/v1"',
                "const OPENAI_BASE_URL = 'https://gateway.example/v1'",
                "\u200bOPENAI_BASE_URL=https://gateway.example/v1",
                "\u2060export OPENAI_BASE_URL=https://gateway.example/v1",
                "OPENAI_\u00adBASE_URL=https://gateway.example/v1",
                "OPENAI_BASE_URL\u200e=https://gateway.example/v1",
                "\x08OPENAI_BASE_URL=https://gateway.example/v1",
                "OPENAI_BASE_URL\uff1dhttps://gateway.example/v1",
                "OPENAI_BASE_URL\uff1ahttps://gateway.example/v1",
                "\uff2f\uff30\uff25\uff2e\uff21\uff29\uff3f\uff22\uff21\uff33\uff25\uff3f\uff35\uff32\uff2c=https://gateway.example/v1",
                "\u041ePENAI_BASE_URL=https://gateway.example/v1",
                "set OPENAI_API_BASE=https://gateway.example/v1",
                "openai_base_url : https://gateway.example/v1",
                "OPENAI_MODEL",
                "export QWEN_MODEL",
                "PROMPT='be kind\nOPENAI_BASE_URL=https://gateway.example/v1\nX='",
            )
        ],
        with_env_file("$env:OPENAI_API_KEY='sk-0123456789abcdefghijklmnopqrstuvwxyz'"),
        with_env_file("set HTTPS_PROXY=http://p:1", env_file=PLAIN, environ={"OPENAI_API_KEY": KEY}),
        Place({QWEN: "set DEBUG=1\n"}, {"OPENAI_API_KEY": KEY}),
        Place({HOME_FILE: "OPENAI_BASE_URL : https://gateway.example/v1\n"}, {"OPENAI_API_KEY": KEY}, profile=NEWER),
    ],
    "QC128": [
        *[with_proxy(provider_entry) for provider_entry in INVALID_EXCEPTIONS],
        replace(env(OPENAI_API_KEY=KEY, HTTPS_PROXY="http://p:1"), flags={"no_proxy": "good.example,192.168.*"}),
    ],
    "QC129": [
        with_endpoint(f"http://{host}:8000/v1")
        for host in ("0.0.0.0", "[::]", "localhost.", "foo.localhost", "localhost.localdomain", "127.1", "2130706433")
    ],
    "QC130": [
        with_settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": None}),
        with_settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": "dead"}),
        with_settings(OPENAI, own={"$version": 4, "security": None}),
        with_settings(OPENAI, own={"$version": 4, "security": {"auth": []}}),
    ],
    "QC131": [
        with_settings({**OPENAI, "model": {"name": "${TEAM_MODEL}"}}),
        with_settings({**OPENAI, "env": {"OPENAI_MODEL": "$A", "A": "${B}", "B": "$A"}}),
        with_settings({"security": {"auth": {"selectedType": "openai", "baseUrl": "https://$HOST/v1"}}}),
        with_settings({**OPENAI, "env": {"A": "${B}", "B": "$A", "OPENAI_API_KEY": "$A"}}, environ={}),
    ],
    "QC132": [
        *(with_settings({**OPENAI, "env": env}) for env in (["A"], "A=b", 5, True)),
        *(with_settings({**OPENAI, "env": {"A": value}}) for value in (5, True, ["a"], {"B": "c"}, "a\0b")),
    ],
    "QC133": [env(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://localhost:8000/v1", ALL_PROXY="proxy.example:3128")],
    "QC134": [
        *[
            env(OPENAI_API_KEY=KEY, OPENAI_MODEL=model)
            for model in (
                "`qwen-a`",
                "qwen-a;",
                "qwen-a,",
                "qwen-a // best",
                "$MODEL",
                "${MODEL:-qwen}",
                "org/$MODEL",
                "%MODEL%",
                "model=qwen-a",
                "OPENAI_MODEL = qwen-a",
                "export OPENAI_MODEL=qwen-a",
                "<model>",
                "{{ model }}",
            )
        ],
        *[
            with_endpoint(f"https://llm.example/v1{end}")
            for end in (";", ",", ")", "]", ">", "}", "?", "/$PROJECT", "/${PROJECT}/v1", "/<account>/v1", "/{id}/v1")
        ],
        Place(environ={"OPENAI_API_KEY": KEY}, flags={"model": "qwen-a,"}),
        with_env_file(WITH_KEY, "OPENAI_MODEL=qwen-a;"),
        with_settings({**OPENAI, "model": {"name": "qwen-a,"}}),
        env(OPENAI_API_KEY=KEY, HTTPS_PROXY="http://proxy.example:3128/;"),
    ],
    "QC201": [env(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="llm.example/v1")],
    "QC202": [replace(env(), flags={"auth_method": "openai"})],
    "QC203": [env()],
    "QC204": [
        with_settings({"security": {"auth": {"selectedType": "openai", "enforcedType": "gemini"}}}),
        with_settings({**OPENAI, "modelProviders": {"openai": [{"envKey": "K_A"}]}}),
        with_settings({**OPENAI, "modelProviders": {"gemini": [{"id": "m", "wireApi": "responses"}]}}),
        with_settings({"security": {"auth": {"selectedType": "anthropic"}}}, environ={"ANTHROPIC_API_KEY": KEY}),
        with_settings(provider_entry(imageOnly=True)),
        with_settings(provider_entry(generationConfig="x")),
        with_settings({**OPENAI, "model": {"name": "m"}, "modelProviders": {"mine": [None]}}),
    ],
    "QC301": [
        with_env_file("OPENAI_BASE_URL=https://llm.example/v1", environ={"OPENAI_API_KEY": KEY}),
        with_env_file("OPENAI_BASE_URL=https://openrouter.ai/api/v1", environ={"OPENAI_API_KEY": KEY}),
        with_env_file(f"OPENAI_BASE_URL=https://llm.example/v1\nOPENAI_API_KEY={KEY}", in_git={PLAIN: "tracked"}),
        with_env_file(
            "OPENAI_BASE_URL=https://llm.example/v1", secret_from=SecretReference("environment", variable="CI")
        ),
        with_env_file("OPENAI_BASE_URL=https://llm.example/v1", "OPENAI_API_KEY=keyring:qwen/me"),
        with_env_file("OPENAI_API_KEY=keyring:qwen/me", in_git={PLAIN: "tracked"}),
        with_google_login(PLAIN),
        with_settings(
            {"$version": 4},
            own={"security": {"auth": {"selectedType": "vertex-ai", "baseUrl": "https://llm.example"}}},
            environ={"GOOGLE_CLOUD_PROJECT": "mine"},
        ),
    ],
    "QC302": [
        with_settings(own=provider_entry(envKey="AWS_SECRET_ACCESS_KEY"), environ={"AWS_SECRET_ACCESS_KEY": OTHER}),
        with_settings(own=provider_entry(envKey="K_A"), users={**OPENAI, "env": {"K_A": OTHER}}),
        with_settings(own={"security": {"auth": {"apiKey": "${K_A}"}}}, environ={"K_A": OTHER}),
        replace(with_settings(own=provider_entry(envKey="K_A"), environ={"K_A": OTHER}), profile="documented"),
        with_settings(
            own=generation_config(customHeaders={"X-Team": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}
        ),
        with_settings(
            own=generation_config(extra_body={"a": [{"b": "x $K_A"}]}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}
        ),
        with_settings(
            own=provider_entry(generationConfig={"samplingParams": {"user": "${K_A}"}}), environ={"K_A": OTHER}
        ),
    ],
    "QC303": [
        Place(KEY_IN_PROJECT, modes={PLAIN: 0o644}),
        Place(KEY_IN_PROJECT, modes={PLAIN: 0o604}, environ={"OPENAI_API_KEY": OTHER}),
        Place({**KEY_IN_PROJECT, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, modes={HOME_FILE: 0o644}, profile=NEWER),
        Place(
            {f"{HOME}/my keys.env": f"{WITH_KEY}\n"}, modes={f"{HOME}/my keys.env": 0o644}, env_file="home/my keys.env"
        ),
    ],
    "QC304": [Place(KEY_IN_PROJECT, in_git={PLAIN: "tracked"}), Place(KEY_IN_PROJECT, in_git={PLAIN: "not ignored"})],
    "QC305": [
        with_endpoint("http://llm.example/v1"),
        with_endpoint("http://10.0.0.5:8000/v1"),
        with_endpoint("http://gpu.local:8000/v1"),
        with_endpoint("http://gpu:8000/v1"),
        with_key("keyring:openai", "http://llm.example/v1"),
        Place(
            environ={"OPENAI_BASE_URL": "http://llm.example/v1"},
            secret_from=SecretReference("environment", variable="CI"),
        ),
    ],
}
