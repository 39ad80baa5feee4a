"""Every rule: where it speaks, where it just does not, and that an ordinary place is never told off."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.asking import ready_config
from support.trees import NOBODY, planted, read, write_tree
from support.worlds import scenes

from qwen_cfg.core.chosen_profile import ChosenProfile, InstalledProgram
from qwen_cfg.core.lookalikes import _ALIKE, _may_be_alike, similar_variable
from qwen_cfg.core.resolution import Options, profile_named, resolve_world
from qwen_cfg.core.shell import quote
from qwen_cfg.rules import RULES, diagnose, keys
from qwen_cfg.rules.pages import pages
from qwen_schema import SecretReference, declared_profiles, declared_providers
from qwen_schema.providers import key_issuers, provider_at
from qwen_schema.proxy import proxy_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.world import GitStatus
    from qwen_cfg.rules import Diagnostic

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
OTHER = "sk-zyxwvutsrqponmlkjihgfedcba9876543210"
HOME, APP = "home", "home/work/app"
PLAIN, QWEN = f"{APP}/.env", f"{APP}/.qwen/.env"
NEWER = "qwen-code-0.21"


@dataclass(frozen=True)
class Place:
    """A home with a project in it, and all else that a rule may look at."""

    files: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    profile: str = "documented"
    modes: Mapping[str, int] = field(default_factory=dict)
    in_git: Mapping[str, GitStatus] = field(default_factory=dict)
    directories: tuple[str, ...] = ()
    home: str | None = HOME
    env_file: str | None = None
    secret_from: SecretReference | None = None
    installed: str = ""
    named_by: str = "--profile"

    def diagnosed(self, root: Path) -> tuple[Diagnostic, ...]:
        """Return what the rules say of this place, planted below a root."""
        root = Path(os.path.realpath(root))
        for directory in (HOME, APP, *self.directories):
            (root / directory).mkdir(parents=True, exist_ok=True)
        write_tree(root, self.files)
        for path, mode in {**dict.fromkeys(self.files, 0o600), **self.modes}.items():
            (root / path).chmod(mode)
        world = read(
            root / APP,
            root / self.home if self.home else None,
            environ=self.environ,
            flags=self.flags,
            env_file=root / self.env_file if self.env_file else None,
            profile=self.profile,
            survey=True,
        )
        world = replace(world, in_git={root / path: status for path, status in self.in_git.items()})
        profile, installed = profile_named(self.profile), InstalledProgram((self.installed,) if self.installed else ())
        chosen_profile = ChosenProfile(profile, installed, self.named_by)
        return diagnose(resolve_world(world, profile, Options(self.secret_from)), chosen_profile=chosen_profile)


def env(**variables: str) -> Place:
    return Place(environ=variables)


def keyed(key: str, base_url: str = "https://llm.example/v1") -> Place:
    return env(OPENAI_API_KEY=key, OPENAI_BASE_URL=base_url)


def at(base_url: str) -> Place:
    return keyed(KEY, base_url)


def plain(*lines: str, **options: object) -> Place:
    return Place({PLAIN: "".join(f"{line}\n" for line in lines)}, **options)  # type: ignore[arg-type]


def proxied(exceptions: str) -> Place:
    return env(OPENAI_API_KEY=KEY, HTTPS_PROXY="http://proxy.example:3128", NO_PROXY=exceptions)


# Entries of NO_PROXY that match nothing, with what to write; and those that match a host, with one that they match.
NEVER = {
    "192.168.*": "192.168.0.0/16",
    "10.*": "10.0.0.0/8",
    "10.1.*.*": "10.1.0.0/16",
    "172.16.5.*": "172.16.5.0/24",
    "192.168.": "192.168.0.0/16",
    "192.168": "192.168.0.0/16",
    "localhost models.example": "comma",
    "a.example;b.example": "comma",
    "a.example|b.example": "comma",
    "https://models.example": "only the host",
    "http://models.example:8080/v1": "only the host",
    "https://me:open-sesame@models.example": "only the host",
    "models.*": "beginning",
    '"models.example"': "quotes",
    "\u201cgw.example\u201d": "quotes",
    "\u2018gw.example": "quotes",
    "\u00abgw.example\u00bb": "quotes",
    "[::1": "brackets",
    "fd00::1]": "brackets",
    "[fd00::/8": "brackets",
    "[gw.example": "brackets",
    "models.example.": "dot",
    "b\u00fccher.example": "xn--",
    "10.0.0.0/33": "block",
    "models.example/v1": "host name",
    "<local>": "host name",
    "models.example:99999": "65535",
    "010.0.0.1": "host name",
    ".": "dot",
}
MATCHING = {
    "*": "models.example",
    "*.example": "models.example",
    ".example": "models.example",
    "Models.Example": "models.example",
    "models.example:443": "models.example",
    "models_2.example": "models_2.example",
    "localhost, 10.0.0.0/8 ,fd00::/8": "10.1.2.3",
    "10.0.0.1/8": "10.20.30.40",
    "[fd00::1]:443": "[fd00::1]",
    "[fd00::2]": "[fd00::2]",
    "xn--bcher-kva.example": "b\u00fccher.example",
    "gpu": "gpu",
}


SETTINGS, OWN_SETTINGS = f"{HOME}/.qwen/settings.json", f"{APP}/.qwen/settings.json"
OPENAI: dict[str, object] = {"$version": 4, "security": {"auth": {"selectedType": "openai"}}}


def entry(**members: object) -> dict[str, object]:
    """Return settings with one provider entry, whose model is asked for."""
    one = {"id": "m", "baseUrl": "https://llm.example/v1", **members}
    return {**OPENAI, "model": {"name": "m"}, "modelProviders": {"openai": [one]}}


def sending(**members: object) -> dict[str, object]:
    """Return settings whose model, of no entry, has a generationConfig."""
    return {**OPENAI, "model": {"name": "m", "generationConfig": members}}


def settings(users: object = None, *, own: object = None, **options: object) -> Place:
    """Return a place with settings of the user's, and of the project's own."""
    files = {SETTINGS: OPENAI if users is None else users, OWN_SETTINGS: own}
    texts = {path: text if isinstance(text, str) else json.dumps(text) for path, text in files.items() if text}
    return Place(texts, **{"profile": NEWER, "environ": {"OPENAI_API_KEY": KEY}, **options})  # type: ignore[arg-type]


TRUST: dict[str, object] = {
    **OPENAI,
    "security": {"folderTrust": {"enabled": True}, "auth": {"selectedType": "openai"}},
}

EVERYTHING = {"auth_method": "openai", "model": "n", "base_url": "https://llm.example/v1"}
WITH_KEY = f"OPENAI_API_KEY={KEY}"
HOME_FILE = f"{HOME}/.qwen/.env"
HELD = {PLAIN: f"{WITH_KEY}\n"}


def with_google_login(path: str) -> Place:
    """Return a place where vertex-ai logs in without a key, and a file says where the login goes."""
    vertex = {**OPENAI, "security": {"auth": {"selectedType": "vertex-ai"}}}
    files = {SETTINGS: json.dumps(vertex), path: "GOOGLE_VERTEX_BASE_URL=https://llm.example\n"}
    return Place(files, {"GOOGLE_CLOUD_PROJECT": "mine"}, profile=NEWER)


AZURE = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")

SPEAKS: dict[str, list[Place]] = {
    "QC101": [plain(WITH_KEY, "OPENAI_MODEL=m", environ={"OPENAI_MODEL": ""})],
    "QC102": [plain(WITH_KEY, "OPENAI_MODEL=m", environ={"OPENAI_MODEL": "n"})],
    "QC103": [Place({**HELD, HOME_FILE: "OPENAI_MODEL=m\n"})],
    "QC104": [
        Place({**HELD, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}),
        Place({PLAIN: f"{WITH_KEY}\nOPENAI_MODEL=m\n", f"{HOME}/work/.env": "OPENAI_MODEL=n\n"}, profile=NEWER),
    ],
    "QC105": [plain(WITH_KEY, "OPENAI_MODEL=a#b")],
    "QC106": [Place(environ={"OPENAI_API_KEY": KEY}, directories=(PLAIN,))],
    "QC107": [plain(WITH_KEY, "HTTPS_PROXY=http://p:1")],
    "QC108": [Place({f"{HOME}/.qwen/oauth_creds.json": "{}"}, {"OPENAI_API_KEY": KEY})],
    "QC109": [Place({f"{APP}/.qwen/settings.json": "{}"}, {"OPENAI_API_KEY": KEY})],
    "QC110": [replace(env(OPENAI_API_KEY=KEY), home=None)],
    "QC111": [env(OPENAI_API_KEY=KEY, DEBUG="app:*")],
    "QC112": [Place({**HELD, HOME_FILE: "OPENAI_MODEL=m\n"})],
    "QC113": [plain(WITH_KEY, "DEBUG=1"), Place({**HELD, f"{HOME}/.env": "DEBUG=1\n", PLAIN: "DEBUG=1\n"})],
    "QC114": [
        plain(WITH_KEY, "OPENAI_API_BASE=https://openrouter.ai/api/v1"),
        plain(WITH_KEY, "OPENAI_MODLE=m"),
        plain(WITH_KEY, "openai_model=m"),
        env(OPENAI_KEY=KEY),
        replace(env(OPENAI_BASEURL="https://llm.example/v1", OPENAI_API_KEY=KEY), files=HELD),
    ],
    "QC115": [
        plain(WITH_KEY, "OPENAI_MODEL=m", "OPENAI_MODEL=n"),
        plain(f"OPENAI_API_KEY={OTHER}", "OPENAI_MODEL=m", WITH_KEY),
        plain(WITH_KEY, f"OPENAI_API_KEY={OTHER}", WITH_KEY),
    ],
    "QC116": [
        *[
            keyed(key)
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
        # A word for servers that need no key, at a provider that needs one.
        keyed("ollama", "https://api.openai.com/v1"),
        keyed("undefined", "https://api.openai.com/v1"),
        keyed("none", "https://openrouter.ai/api/v1"),
        keyed("test", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        keyed(f"'{KEY}'", "http://localhost:8000/v1"),
        *[
            keyed(text)
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
        keyed(f"{KEY} # prod", "http://localhost:8000/v1"),
        replace(env(), flags={"api_key": "your-api-key"}),
    ],
    "QC117": [
        keyed("sk-or-v1-0123456789abcdef", "https://api.openai.com/v1"),
        env(OPENAI_API_KEY="sk-or-v1-0123456789abcdef"),
        keyed("ms-01234567-89ab-cdef-0123-456789abcdef", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        keyed("sk-proj-0123456789abcdef", "https://openrouter.ai/api/v1"),
        keyed("sk-ant-api03-0123456789", "https://openrouter.ai/api/v1"),
        keyed("AIza0123456789abcdef", "https://api.openai.com/v1"),
        keyed("gsk_0123456789abcdef", "https://api.openai.com/v1"),
        keyed("sk-sp-0123456789abcdef", "https://api.openai.com/v1"),
    ],
    "QC118": [
        at("https://llm.example/v1/chat/completions"),
        at("https://llm.example/v1/chat/completions/?a=b"),
        at("http://127.0.0.1:8000/v1/models"),
        at("https://api.openai.com/v1/completions"),
        at("https://api.openai.com"),
        at("https://openrouter.ai/v1"),
        at("https://dashscope.aliyuncs.com/compatible-mode"),
        at("https://generativelanguage.googleapis.com/v1beta"),
        # What Azure's portal shows as the endpoint, and what it shows as the target.
        *[at(f"https://x.{host}/") for host in AZURE],
        at("https://x.openai.azure.com/openai"),
        at("https://x.openai.azure.com/v1"),
        at("https://x.services.ai.azure.com/api/projects/p"),
        at("https://x.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview"),
        at("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"),
        at("https://x.openai.azure.com/openai/v1/models"),
        at("https://x.openai.azure.com/models"),
        # Not compatible with OpenAI's API.
        at("https://dashscope.aliyuncs.com/api/v1"),
        at("https://vpc-cn-beijing.dashscope.aliyuncs.com/"),
        at("https://w.cn-beijing.maas.aliyuncs.com/api/v1"),
        at("https://us-central1-aiplatform.googleapis.com/v1"),
    ],
    "QC119": [plain(WITH_KEY, "DATABASE_URL=postgres://x"), plain("QWEN_MODEL=m", "PORT=1", WITH_KEY)],
    "QC120": [
        Place(HELD, installed="0.24.4"),
        Place(HELD, installed="0.24.4", named_by="QWEN_CFG_PROFILE"),
        Place(HELD, installed="0.15.6", profile=NEWER),
    ],
    "QC121": [settings(own='{"model": {"name": "m"},}'), settings(own="{"), settings(own="nothing")],
    "QC122": [
        settings(TRUST, own={"model": {"name": "m"}}),
        Place({SETTINGS: json.dumps(TRUST), PLAIN: "OPENAI_MODEL=m\n"}, {"OPENAI_API_KEY": KEY}, profile=NEWER),
    ],
    "QC123": [
        settings({"security": {"auth": {"selectedType": "qwen-oauth"}}}),
        replace(settings(), flags={"auth_method": "qwen-oauth"}),
        settings(environ={"QWEN_OAUTH": "1"}, users={"$version": 4, "x": 1}),
    ],
    "QC124": [settings(entry(envKey="K_A")), settings(own=entry(envKey="K_A"))],
    "QC125": [
        settings(entry(generationConfig={"customHeaders": {"Authorization": "Bearer x"}})),
        settings(entry(generationConfig={"extra_body": {"model": "n"}})),
        settings(own=entry(generationConfig={"samplingParams": {"model": "n"}})),
        settings(sending(customHeaders={"X-Team": "t"})),
        replace(settings(sending(customHeaders={"x-goog-api-key": "k"})), flags={"auth_method": "gemini"}),
        settings(sending(samplingParams={"top_p": 1}), own=sending(extra_body={"user": "${K_A}"})),
    ],
    "QC126": [
        settings({**OPENAI, "modelProviders": {"mine": [{"id": "m"}]}}),
        settings({**OPENAI, "modelProviders": {"openai": [{"id": "m"}]}, "providerProtocol": {"openai": "morse"}}),
        *(
            settings({**OPENAI, "modelProviders": providers})
            for providers in ([1], "x", {"openai": "x"}, {"openai": {"id": "m"}}, {"openai": {"models": [{"id": "m"}]}})
        ),
    ],
    "QC127": [
        *[
            plain(WITH_KEY, line)
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
        plain("$env:OPENAI_API_KEY='sk-0123456789abcdefghijklmnopqrstuvwxyz'"),
        plain("set HTTPS_PROXY=http://p:1", env_file=PLAIN, environ={"OPENAI_API_KEY": KEY}),
        Place({QWEN: "set DEBUG=1\n"}, {"OPENAI_API_KEY": KEY}),
        Place({HOME_FILE: "OPENAI_BASE_URL : https://gateway.example/v1\n"}, {"OPENAI_API_KEY": KEY}, profile=NEWER),
    ],
    "QC128": [
        *[proxied(entry) for entry in NEVER],
        replace(env(OPENAI_API_KEY=KEY, HTTPS_PROXY="http://p:1"), flags={"no_proxy": "good.example,192.168.*"}),
    ],
    "QC129": [
        at(f"http://{host}:8000/v1")
        for host in ("0.0.0.0", "[::]", "localhost.", "foo.localhost", "localhost.localdomain", "127.1", "2130706433")
    ],
    "QC130": [
        settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": None}),
        settings({**OPENAI, "model": {"name": "mine"}}, own={"$version": 4, "model": "dead"}),
        settings(OPENAI, own={"$version": 4, "security": None}),
        settings(OPENAI, own={"$version": 4, "security": {"auth": []}}),
    ],
    "QC131": [
        settings({**OPENAI, "model": {"name": "${TEAM_MODEL}"}}),
        settings({**OPENAI, "env": {"OPENAI_MODEL": "$A", "A": "${B}", "B": "$A"}}),
        settings({"security": {"auth": {"selectedType": "openai", "baseUrl": "https://$HOST/v1"}}}),
        settings({**OPENAI, "env": {"A": "${B}", "B": "$A", "OPENAI_API_KEY": "$A"}}, environ={}),
    ],
    "QC132": [
        *(settings({**OPENAI, "env": env}) for env in (["A"], "A=b", 5, True)),
        *(settings({**OPENAI, "env": {"A": value}}) for value in (5, True, ["a"], {"B": "c"}, "a\0b")),
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
            at(f"https://llm.example/v1{end}")
            for end in (";", ",", ")", "]", ">", "}", "?", "/$PROJECT", "/${PROJECT}/v1", "/<account>/v1", "/{id}/v1")
        ],
        Place(environ={"OPENAI_API_KEY": KEY}, flags={"model": "qwen-a,"}),
        plain(WITH_KEY, "OPENAI_MODEL=qwen-a;"),
        settings({**OPENAI, "model": {"name": "qwen-a,"}}),
        env(OPENAI_API_KEY=KEY, HTTPS_PROXY="http://proxy.example:3128/;"),
    ],
    "QC201": [env(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="llm.example/v1")],
    "QC202": [replace(env(), flags={"auth_method": "openai"})],
    "QC203": [env()],
    "QC204": [
        settings({"security": {"auth": {"selectedType": "openai", "enforcedType": "gemini"}}}),
        settings({**OPENAI, "modelProviders": {"openai": [{"envKey": "K_A"}]}}),
        settings({**OPENAI, "modelProviders": {"gemini": [{"id": "m", "wireApi": "responses"}]}}),
        settings({"security": {"auth": {"selectedType": "anthropic"}}}, environ={"ANTHROPIC_API_KEY": KEY}),
        settings(entry(imageOnly=True)),
        settings(entry(generationConfig="x")),
        settings({**OPENAI, "model": {"name": "m"}, "modelProviders": {"mine": [None]}}),
    ],
    "QC301": [
        plain("OPENAI_BASE_URL=https://llm.example/v1", environ={"OPENAI_API_KEY": KEY}),
        plain("OPENAI_BASE_URL=https://openrouter.ai/api/v1", environ={"OPENAI_API_KEY": KEY}),
        plain(f"OPENAI_BASE_URL=https://llm.example/v1\nOPENAI_API_KEY={KEY}", in_git={PLAIN: "tracked"}),
        plain("OPENAI_BASE_URL=https://llm.example/v1", secret_from=SecretReference("environment", variable="CI")),
        plain("OPENAI_BASE_URL=https://llm.example/v1", "OPENAI_API_KEY=keyring:qwen/me"),
        plain("OPENAI_API_KEY=keyring:qwen/me", in_git={PLAIN: "tracked"}),
        with_google_login(PLAIN),
        settings(
            {"$version": 4},
            own={"security": {"auth": {"selectedType": "vertex-ai", "baseUrl": "https://llm.example"}}},
            environ={"GOOGLE_CLOUD_PROJECT": "mine"},
        ),
    ],
    "QC302": [
        settings(own=entry(envKey="AWS_SECRET_ACCESS_KEY"), environ={"AWS_SECRET_ACCESS_KEY": OTHER}),
        settings(own=entry(envKey="K_A"), users={**OPENAI, "env": {"K_A": OTHER}}),
        settings(own={"security": {"auth": {"apiKey": "${K_A}"}}}, environ={"K_A": OTHER}),
        replace(settings(own=entry(envKey="K_A"), environ={"K_A": OTHER}), profile="documented"),
        settings(own=sending(customHeaders={"X-Team": "${K_A}"}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}),
        settings(own=sending(extra_body={"a": [{"b": "x $K_A"}]}), environ={"OPENAI_API_KEY": KEY, "K_A": OTHER}),
        settings(own=entry(generationConfig={"samplingParams": {"user": "${K_A}"}}), environ={"K_A": OTHER}),
    ],
    "QC303": [
        Place(HELD, modes={PLAIN: 0o644}),
        Place(HELD, modes={PLAIN: 0o604}, environ={"OPENAI_API_KEY": OTHER}),
        Place({**HELD, HOME_FILE: f"OPENAI_API_KEY={OTHER}\n"}, modes={HOME_FILE: 0o644}, profile=NEWER),
        Place(
            {f"{HOME}/my keys.env": f"{WITH_KEY}\n"}, modes={f"{HOME}/my keys.env": 0o644}, env_file="home/my keys.env"
        ),
    ],
    "QC304": [Place(HELD, in_git={PLAIN: "tracked"}), Place(HELD, in_git={PLAIN: "not ignored"})],
    "QC305": [
        at("http://llm.example/v1"),
        at("http://10.0.0.5:8000/v1"),
        at("http://gpu.local:8000/v1"),
        at("http://gpu:8000/v1"),
        keyed("keyring:openai", "http://llm.example/v1"),
        Place(
            environ={"OPENAI_BASE_URL": "http://llm.example/v1"},
            secret_from=SecretReference("environment", variable="CI"),
        ),
    ],
}

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


def cases(table: dict[str, list[Place]]) -> list[object]:
    return [
        pytest.param(code, place, id=f"{code}-{number}")
        for code, places in table.items()
        for number, place in enumerate(places)
    ]


@pytest.mark.parametrize(("code", "place"), cases(SPEAKS))
def test_it_speaks(code: str, place: Place, open_path: Path) -> None:
    found = [d.finding for d in place.diagnosed(open_path) if d.code == code]
    assert found
    for finding in found:
        said = f"{finding.message} {finding.hint}"
        assert finding.message.endswith(".")
        assert [secret for secret in secrets(place) - {"OPENAI_API_KEY"} if secret in said] == []


@pytest.mark.parametrize(("code", "place"), cases(SILENT))
def test_it_is_silent(code: str, place: Place, open_path: Path) -> None:
    assert [d.finding for d in place.diagnosed(open_path) if d.code == code] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("owner", "group", "directory", "speaks"),
    [
        (0, NOBODY, 0o755, True),
        (0, NOBODY, 0o750, False),
        (0, 0, 0o755, False),
        (NOBODY, NOBODY, 0o755, False),
        # Others may come in only where it matters to its group.
        (0, NOBODY, 0o711, True),
    ],
)
def test_a_group_of_ones_own_is_nobody_else(
    owner: int, group: int, directory: int, speaks: bool, open_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    place = Place(HELD, modes={PLAIN: 0o640, f"{APP}/.": directory})
    place.diagnosed(open_path)
    os.chown(open_path / PLAIN, owner, group)
    found = diagnose(resolve_world(read(open_path / APP, open_path / HOME, survey=True), profile_named()))
    assert ("QC303" in {d.code for d in found}) == speaks


def test_every_rule_has_both_kinds_of_place_and_a_page() -> None:
    codes = [rule.code for rule in RULES]
    assert list(SPEAKS) == codes
    assert list(SILENT) == codes
    assert list(pages()) == codes
    for page in pages().values():
        assert page.why.endswith(".")
        assert 2 <= page.advice.count(". ") + 1 <= 6, page.rule.code
        assert page.example


def secrets(place: Place) -> set[str]:
    """Return every text that a key variable or flag holds, where it is too long to stand in a message by chance."""
    texts = [
        *place.environ.items(),
        *(line.partition("=")[::2] for file in place.files.values() for line in file.split()),
    ]
    given = {value.strip("'\"") for name, value in texts if "KEY" in name}
    return {text for text in {*given, place.flags.get("api_key", "")} if len(text) >= 12}


# The ordinary single user.

THREE = (
    f"{WITH_KEY}\nOPENAI_BASE_URL=https://dashscope.aliyuncs.com/compatible-mode/v1\nOPENAI_MODEL=qwen3-coder-plus\n"
)
ORDINARY = [
    Place({QWEN: THREE}, in_git={QWEN: "ignored"}),
    Place({QWEN: THREE}),
    Place({HOME_FILE: THREE}),
    Place({PLAIN: THREE}, in_git={PLAIN: "ignored"}),
    Place(environ=dict(line.split("=", 1) for line in THREE.splitlines())),
    Place({QWEN: WITH_KEY}),
    env(OPENAI_API_KEY="ollama", OPENAI_BASE_URL="http://localhost:11434/v1", OPENAI_MODEL="qwen3"),
    Place({f"{HOME}/.qwen/oauth_creds.json": "{}"}),
    Place({QWEN: THREE, PLAIN: "DEBUG=1\nDATABASE_URL=postgres://x\n"}),
]


@pytest.mark.parametrize("profile", list(declared_profiles()))
@pytest.mark.parametrize("place", ORDINARY)
def test_an_ordinary_place_is_not_warned_of(place: Place, profile: str, tmp_path: Path) -> None:
    said = replace(place, profile=profile).diagnosed(tmp_path)
    # A key alone, and a login, decide no method for Qwen Code 0.21 and later.
    undecided = {"QC203"} if profile == NEWER and place in (Place({QWEN: WITH_KEY}), ORDINARY[7]) else set()
    assert {d.code for d in said if d.severity != "note"} == undecided


@given(scene=scenes())
def test_no_message_holds_a_key(scene) -> None:
    with planted(scene) as tree:
        for diagnostic in diagnose(tree.resolve(survey=True)):
            said = f"{diagnostic.finding.message} {diagnostic.finding.hint}"
            assert [secret for secret in scene.secrets if secret in said] == []


# Single messages.


def message(place: Place, root: Path, code: str) -> str:
    (found,) = [d.finding for d in place.diagnosed(root) if d.code == code]
    return f"{found.message} {found.hint}"


def test_a_hidden_file_is_told_of_once_and_without_what_another_rule_tells(tmp_path: Path) -> None:
    place = Place({**HELD, HOME_FILE: f"OPENAI_API_KEY={OTHER}\nOPENAI_MODEL=m\nOPENAI_BASE_URL=https://a/v1\n"})
    said = message(place, tmp_path, "QC104")
    assert "hides ~/.qwen/.env, which sets OPENAI_API_KEY." in said
    assert "OPENAI_MODEL" not in said


def test_a_name_that_is_nearly_ours_is_told_with_the_right_one(tmp_path: Path) -> None:
    said = message(plain(WITH_KEY, "OPENAI_API_BASE=https://a/v1"), tmp_path, "QC114")
    assert "OPENAI_API_BASE in ./.env:2" in said
    assert "rename it to OPENAI_BASE_URL" in said
    assert "in the environment" in message(env(OPENAI_KEY=KEY), tmp_path / "env", "QC114")


def test_both_lines_of_a_variable_are_told(tmp_path: Path) -> None:
    said = message(plain("OPENAI_MODEL=m", WITH_KEY, "OPENAI_MODEL=m", "OPENAI_MODEL=n"), tmp_path, "QC115")
    assert "./.env:1" in said
    assert "line 4, which is used" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("OPENAI_BASE_URL : https://a/v1", "there is a blank before the ':'"),
        ("set OPENAI_BASE_URL=https://a/v1", "it begins with a command"),
        ("$env:OPENAI_BASE_URL='https://a/v1'", "PowerShell"),
        ('"OPENAI_BASE_URL": "https://a/v1",', "as in JSON"),
        ("\u200bOPENAI_BASE_URL=https://a/v1", "U+200B (zero width space)"),
        ("OPENAI_BASE_URL\uff1dhttps://a/v1", "U+FF1D (fullwidth equals sign)"),
        ("OPENAI_BASE_URL https://a/v1", "no '=' follows the name"),
        ("A='\nOPENAI_BASE_URL=https://a/v1\n'", "inside the quotes of A"),
    ],
)
def test_a_line_that_is_not_read_is_told_with_its_cause(line: str, words: str, tmp_path: Path) -> None:
    said = message(plain(WITH_KEY, "", line), tmp_path, "QC127")
    assert f"./.env:{3 + line.partition('OPENAI')[0].count(chr(10))} does not set OPENAI_BASE_URL" in said
    assert words in said
    assert said.endswith("Write OPENAI_BASE_URL=VALUE on its own line.")
    assert "https" not in said


def test_what_only_the_other_dialect_reads_is_not_set(tmp_path: Path) -> None:
    write_tree(tmp_path, {PLAIN: f"{WITH_KEY}\n'OPENAI_MODEL'=m\n", f"{HOME}/x": ""})
    for dialect, count in (("dotenv", 1), ("python", 0)):
        world = read(tmp_path / APP, tmp_path / HOME, dialect=dialect, survey=True)
        found = diagnose(resolve_world(world, profile_named()))
        assert [d.code for d in found].count("QC127") == count


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (env(DASHSCOPE_API_KEY=OTHER), "QC203", "environment:DASHSCOPE_API_KEY"),
        (replace(env(DASHSCOPE_API_KEY=OTHER), flags={"auth_method": "openai"}), "QC202", "DASHSCOPE_API_KEY is set"),
        (env(OPENROUTER_API_KEY=OTHER), "QC203", "key of OpenRouter"),
        (env(MODELSCOPE_SDK_TOKEN=OTHER), "QC203", "key of ModelScope"),
        (env(AZURE_OPENAI_API_KEY=OTHER), "QC203", "key of Azure OpenAI"),
        (env(GEMINI_API_KEY=OTHER), "QC203", "key of Google Gemini API"),
        (env(ANTHROPIC_API_KEY=OTHER), "QC203", "key of Anthropic"),
        (plain(f"DEEPSEEK_API_KEY={OTHER}"), "QC203", "--secret-from env-file:./.env:DEEPSEEK_API_KEY"),
        (replace(env(GROQ_API_KEY=OTHER), profile=NEWER), "QC203", "GROQ_API_KEY is set in the environment"),
    ],
)
def test_another_providers_key_is_told_of_where_none_is_found(
    place: Place, code: str, words: str, tmp_path: Path
) -> None:
    said = message(place, tmp_path, code)
    assert words in said
    assert OTHER not in said


@pytest.mark.parametrize("place", [env(DASHSCOPE_API_KEY=""), env(STRIPE_API_KEY=OTHER)])
def test_no_other_variable_is_told_of_where_no_key_is_found(place: Place, tmp_path: Path) -> None:
    assert "is not read" not in message(place, tmp_path, "QC203")


@pytest.mark.parametrize(("entry", "words"), NEVER.items())
def test_what_to_write_for_an_exception_that_matches_nothing_is_said(entry: str, words: str, tmp_path: Path) -> None:
    said = message(proxied(f"good.example,{entry}"), tmp_path, "QC128")
    assert words in said
    assert "NO_PROXY matches no host" in said
    assert "open-sesame" not in said


@pytest.mark.parametrize(("entry", "host"), MATCHING.items())
def test_an_exception_that_is_not_told_of_matches_as_the_runtime_reads_it(entry: str, host: str) -> None:
    url = f"https://{host}/v1"
    assert proxy_for(url, ready_config(url, proxy="http://p:1", no_proxy=entry.split(",")).settings) == ""


@pytest.mark.parametrize(
    ("place", "command"),
    [
        (Place(HELD, modes={PLAIN: 0o644}), "chmod 600 ./.env"),
        (Place({HOME_FILE: WITH_KEY}, modes={HOME_FILE: 0o644}), "chmod 600 ~/.qwen/.env"),
        (
            Place({f"{APP}/my.env": WITH_KEY}, modes={f"{APP}/my.env": 0o644}, env_file=f"{APP}/my.env"),
            "chmod 600 ./my.env",
        ),
        (
            Place({f"{APP}/a b.env": WITH_KEY}, modes={f"{APP}/a b.env": 0o644}, env_file=f"{APP}/a b.env"),
            "chmod 600 './a b.env'",
        ),
    ],
)
def test_the_command_that_makes_a_file_private_works_as_it_stands(place: Place, command: str, open_path: Path) -> None:
    said = message(place, open_path, "QC303")
    assert said.endswith(command)
    subprocess.run(
        ["sh", "-c", command], cwd=open_path / APP, env={**os.environ, "HOME": str(open_path / HOME)}, check=True
    )
    left = read(
        open_path / APP, open_path / HOME, env_file=open_path / place.env_file if place.env_file else None, survey=True
    )
    assert "QC303" not in {d.code for d in diagnose(resolve_world(left, profile_named()))}


def test_git_is_told_apart(tmp_path: Path) -> None:
    """A file that git tracks needs more than one that it would take."""
    tracked = message(Place(HELD, in_git={PLAIN: "tracked"}), tmp_path, "QC304")
    assert "git rm --cached ./.env" in tracked
    assert "revoke" in tracked
    assert ".gitignore" in tracked
    loose = message(Place(HELD, in_git={PLAIN: "not ignored"}), tmp_path, "QC304")
    assert ".gitignore" in loose
    assert "revoke" not in loose


def test_git_itself_is_asked(tmp_path: Path) -> None:
    place = Place({**HELD, f"{APP}/.gitignore": ""})
    place.diagnosed(tmp_path)
    app = tmp_path / APP

    def said() -> list[str]:
        world = read(app, tmp_path / HOME, survey=True)
        found = diagnose(resolve_world(world, profile_named()))
        return [d.finding.message for d in found if d.code == "QC304"]

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=app, check=True, capture_output=True)

    git("init", "-q")
    assert "does not ignore" in said()[0]
    git("add", ".env")
    assert "tracks" in said()[0]
    git("rm", "-q", "--cached", "./.env")
    (app / ".gitignore").write_text(".env\n", encoding="utf-8")
    assert said() == []


def test_a_network_of_ones_own_is_no_exception_and_said_to_be_one(tmp_path: Path) -> None:
    for number, host in enumerate(("10.1.2.3", "192.168.1.2", "gpu.local", "gpu", "[fd00::1]", "host.docker.internal")):
        said = message(at(f"http://{host}:8000/v1"), tmp_path / str(number), "QC305")
        assert "your own network" in said, host
        assert f"{host}:8000" in said
    assert "your own network" not in message(at("http://llm.example/v1"), tmp_path / "public", "QC305")


# What the rules know.


def test_a_key_begins_as_the_keys_of_one_issuer_alone() -> None:
    """But for Google, whose keys are good at two endpoints."""
    for provider in declared_providers().values():
        for beginning in provider.key_beginnings:
            issuers = key_issuers(f"{beginning}0123456789")
            assert provider.title in issuers
            assert len(issuers) == 1 or all("Google" in title for title in issuers)


def test_a_host_is_a_providers_only_exactly() -> None:
    assert provider_at("openrouter.ai") is declared_providers()["openrouter"]
    for host in ("x.openai.azure.com", "llm.example", "", "localhost"):
        assert provider_at(host) is None


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("OPENAI_API_KEY", None),
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("OPEN_AI_API_KEY", "OPENAI_API_KEY"),
        ("OPENAI_API_KYE", "OPENAI_API_KEY"),
        ("OPENAI_BASE_ULR", "OPENAI_BASE_URL"),
        ("openai-base-url", "OPENAI_BASE_URL"),
        ("process.env.OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        ("OPENAI_MODEL_NAME", "OPENAI_MODEL"),
        ("QWEN_MODLE", "QWEN_MODEL"),
        ("OPENAI_API_KEY_2", None),
        ("AZURE_OPENAI_API_KEY", None),
        ("OPENAI_ORG_ID", None),
        ("OPENAI_ORGANIZATION", None),
        ("OPENAI_PROJECT", None),
        ("OPENAI_HOST", None),
        ("OPENAI_MODELS", None),
        ("OPENAI_API_VERSION", None),
        ("QWEN_HOME", None),
        ("QWEN_CFG_PROFILE", None),
        ("QWEN_SANDBOX", None),
        ("PATH", None),
        ("", None),
    ],
)
def test_what_is_meant_by_a_name(name: str, right: str | None) -> None:
    assert similar_variable(name) == right


_names = st.text("ABEGILMNOPQUY_", max_size=18)


@given(_names, _names)
@example("OPENAI_API_KEY", "OPENAI_API_KYE")
@example("OPENAI_MODEL", "OPENAI_MODLE")
@example("OPENAI_BASE_URL", "OPENAI_BASE_UR")
def test_what_difflib_finds_alike_is_not_left_out(one: str, other: str):
    if difflib.SequenceMatcher(None, other, one).ratio() >= _ALIKE:
        assert _may_be_alike(one, other)


SELF = {**OPENAI, "env": {"OPENAI_MODEL": "${OPENAI_MODEL}"}}
CYCLE = {**OPENAI, "env": {"OPENAI_MODEL": "$A", "A": "${B}", "B": "$A"}}
CHAIN = {**OPENAI, "env": {"OPENAI_MODEL": "$A", "A": "${B}", "B": "m"}}
ANTHROPIC = {"security": {"auth": {"selectedType": "anthropic", "baseUrl": "https://llm.example"}}}


@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (
            settings(SELF),
            "QC131",
            "part of a cycle from OPENAI_MODEL (~/.qwen/settings.json:1 env.OPENAI_MODEL) to OPENAI_",
        ),
        (
            settings(CYCLE),
            "QC131",
            "part of a cycle from A (~/.qwen/settings.json:1 env.A) to B (~/.qwen/settings.json:1",
        ),
        (settings(CHAIN), "QC131", "A (~/.qwen/settings.json:1 env.A) is set, but variables in another variable's"),
        (settings({**OPENAI, "model": {"name": "${NONE}"}}), "QC131", "which is not set"),
        (settings({**OPENAI, "env": {"A": [1]}}), "QC132", "~/.qwen/settings.json:1 env.A is a list"),
        (settings({**OPENAI, "env": "A=b"}), "QC132", "~/.qwen/settings.json:1 env is a string"),
        (settings(entry(voiceOnly="no")), "QC204", "m is only for voice"),
        (
            settings(ANTHROPIC, environ={"ANTHROPIC_API_KEY": KEY}),
            "QC204",
            "the base URL from ~/.qwen/settings.json:1 security.auth.baseUrl is ignored",
        ),
        (
            Place({SETTINGS: json.dumps(TRUST), PLAIN: f"{WITH_KEY}\n"}, profile=NEWER),
            "QC202",
            "./.env not read: Qwen Code does not trust the folder",
        ),
    ],
)
def test_a_message_about_settings_says_why(place: Place, code: str, words: str, tmp_path: Path) -> None:
    assert words in message(place, tmp_path, code)


@pytest.mark.parametrize(("dialect", "codes"), [("python", []), ("dotenv", ["QC134"])])
def test_backticks_are_a_part_of_a_value_for_python_dotenv(dialect: str, codes: list[str], tmp_path: Path) -> None:
    # The npm package takes the outer quotes off, and leaves what is in them.
    text = {"python": "`qwen-a`", "dotenv": "'`qwen-a`'"}[dialect]
    write_tree(tmp_path, {PLAIN: f"{WITH_KEY}\nOPENAI_MODEL={text}\n", f"{HOME}/x": ""})
    world = read(tmp_path / APP, tmp_path / HOME, dialect=dialect, survey=True)
    found = diagnose(resolve_world(world, profile_named()))
    assert [d.code for d in found if d.code == "QC134"] == codes


@given(text=st.from_regex(re.compile(keys._PLACEHOLDER.pattern, keys._PLACEHOLDER.flags), fullmatch=True))
def test_every_placeholder_has_what_is_looked_for_first(text: str) -> None:
    assert keys._may_be_placeholder(text) or len(text) > keys._LONGEST_PLACEHOLDER


@given(st.text(st.sampled_from("abZ0@%+=:,./-_ ~'\"$é")))
def test_a_word_is_quoted_as_shlex_does_it(word: str) -> None:
    assert quote(word) == shlex.quote(word)
