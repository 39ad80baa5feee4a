"""Places that the rules are tested in: a home with a project, its files, environment and git status."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from support.trees import read, write_tree

from qwen_cfg.core.chosen_profile import ChosenProfile, InstalledProgram
from qwen_cfg.core.resolution import Options, profile_named, resolve_world
from qwen_cfg.rules import diagnose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_cfg.core.world import GitStatus
    from qwen_cfg.rules import Diagnostic
    from qwen_schema import SecretReference

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"
OTHER = "sk-zyxwvutsrqponmlkjihgfedcba9876543210"
HOME, APP = "home", "home/work/app"
PLAIN, QWEN = f"{APP}/.env", f"{APP}/.qwen/.env"
NEWER = "qwen-code-0.21"


@dataclass(frozen=True)
class Place:
    """A home with a project, and everything else that a rule may look at."""

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

    def diagnostics(self, root: Path) -> tuple[Diagnostic, ...]:
        """Write the place below a root, and return the diagnostics of the rules."""
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


def with_key(key: str, base_url: str = "https://llm.example/v1") -> Place:
    return env(OPENAI_API_KEY=key, OPENAI_BASE_URL=base_url)


def with_endpoint(base_url: str) -> Place:
    return with_key(KEY, base_url)


def with_env_file(*lines: str, **options: object) -> Place:
    return Place({PLAIN: "".join(f"{line}\n" for line in lines)}, **options)  # type: ignore[arg-type]


def with_proxy(exceptions: str) -> Place:
    return env(OPENAI_API_KEY=KEY, HTTPS_PROXY="http://proxy.example:3128", NO_PROXY=exceptions)


# Entries of NO_PROXY that match nothing, each with a part of the advice; and valid entries, each with a matching host.
INVALID_EXCEPTIONS = {
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
VALID_EXCEPTIONS = {
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


def provider_entry(**members: object) -> dict[str, object]:
    """Return settings with one provider entry and its model."""
    one = {"id": "m", "baseUrl": "https://llm.example/v1", **members}
    return {**OPENAI, "model": {"name": "m"}, "modelProviders": {"openai": [one]}}


def generation_config(**members: object) -> dict[str, object]:
    """Return settings with a `generationConfig` and a model without a provider entry."""
    return {**OPENAI, "model": {"name": "m", "generationConfig": members}}


def with_settings(users: object = None, *, own: object = None, **options: object) -> Place:
    """Return a place with settings of the user and of the project."""
    files = {SETTINGS: OPENAI if users is None else users, OWN_SETTINGS: own}
    texts = {path: text if isinstance(text, str) else json.dumps(text) for path, text in files.items() if text}
    return Place(texts, **{"profile": NEWER, "environ": {"OPENAI_API_KEY": KEY}, **options})  # type: ignore[arg-type]


TRUST: dict[str, object] = {
    **OPENAI,
    "security": {"folderTrust": {"enabled": True}, "auth": {"selectedType": "openai"}},
}

ALL_FLAGS = {"auth_method": "openai", "model": "n", "base_url": "https://llm.example/v1"}
WITH_KEY = f"OPENAI_API_KEY={KEY}"
HOME_FILE = f"{HOME}/.qwen/.env"
KEY_IN_PROJECT = {PLAIN: f"{WITH_KEY}\n"}


def with_google_login(path: str) -> Place:
    """Return a place where vertex-ai uses a login, and an env file sets the URL that gets it."""
    vertex = {**OPENAI, "security": {"auth": {"selectedType": "vertex-ai"}}}
    files = {SETTINGS: json.dumps(vertex), path: "GOOGLE_VERTEX_BASE_URL=https://llm.example\n"}
    return Place(files, {"GOOGLE_CLOUD_PROJECT": "mine"}, profile=NEWER)


AZURE = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")
