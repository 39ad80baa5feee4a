"""A concern: where a file of a project would send what is the user's, and what would go there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from qwen_schema import declared_providers, endpoint_of, host_of, is_loopback, port_of, redact_unknown
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_cfg.core.world import Standing
    from qwen_schema import SecretReference

    from .keepers import Keeper

# What would be handed over: the API key, the login, or (none) only what is typed.
Credential = Literal["key", "login", "none"]

_HTTPS_PORT = 443


@record
class Concern:
    """What a file of a project says about where requests go, while what they carry is the user's.

    `file` is the real path of the file and `place` where in it that stands, as it is shown. `settings` are the fields
    that it decides, by name, with their values; `host` is where requests would go. `whose` says in words what would
    be handed over, and `reference` where that is kept. `keepers` are the places that hold it, and those with a say in
    it: where a link leads, and which variables are taken, decides what is handed over. `decided` are the fields that
    count as a file's word unless they were typed just now, and `takes_variables` says that a project's file puts
    variables into one of the values.
    """

    file: Path
    place: str
    settings: tuple[tuple[str, str], ...]
    host: str
    credential: Credential
    reference: str
    whose: str
    keepers: tuple[Keeper, ...] = ()
    decided: tuple[str, ...] = ("base_url",)
    takes_variables: bool = False

    @property
    def shown(self) -> str:
        """The settings as a SHA-256 digest, which changes with them and with nothing else."""
        return _digest(self.settings)

    @property
    def handed_over(self) -> str:
        """What would be handed over, and where it is kept, as a SHA-256 digest; empty where it is a prompt alone.

        It changes with the file that a link leads to, and with the variables that are taken.
        """
        if self.credential == "none":
            return ""
        places = dict.fromkeys((keeper.real, keeper.variable) for keeper in self.keepers)
        return _digest((self.credential, self.reference, *places))

    @property
    def words(self) -> str:
        """The concern in words."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The concern in words: a line for each setting, one for each link, and one or two more."""
        settings = [f"    {name} = {value}" for name, value in self.settings]
        plain = self.host.isascii() and any(self.host in setting for setting in settings)
        host = [] if plain else [f"    (the host is {self.host})"]
        links = dict.fromkeys(f"    {keeper.words}" for keeper in self.keepers if keeper.is_link)
        return (f"{self.place} decides where requests go:", *settings, *host, *links, self.whose)


def display_host(url: str) -> str:
    """Return the host of a valid URL, with its port, as it is asked for: letters that only look like others show it."""
    return endpoint_of(url)


def prompts_to(standing: Standing, file: str = "this file") -> str:
    """Return in words that prompts alone would be handed over, because a file comes, or may come, from others."""
    return f"All that you ask would go there: {_FROM[standing].format(file=file)}."


_FROM: Mapping[Standing, str] = {
    "came with the project": "git tracks {file}, so that it came with the project",
    "may have come with it": "git cannot tell whether it tracks {file}, which may have come with the project",
    "in a .git": "{file} stands in a .git, where a project's author may have put it",
    "another user's": "{file} belongs to another user, who can change it",
}


def pointed_at(reference: SecretReference) -> tuple[tuple[str, str], ...]:
    """Return the setting that says where the key lives, for a key that lives elsewhere."""
    return () if reference.pointer is None else (("api_key", redact_unknown(reference.pointer)),)


def _digest(parts: object) -> str:
    import hashlib  # noqa: PLC0415 - few commands ask what is trusted
    import json  # noqa: PLC0415

    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def is_known_or_loopback(url: str) -> bool:
    """Tell whether a base URL is that of a declared provider or of this machine.

    A provider's host counts exactly, over https and on the standard port. A host that is recognised by its ending does
    not: anybody may be able to register such a name.
    """
    host = host_of(url)
    if is_loopback(host):
        return True
    known = {exact for provider in declared_providers().values() for exact in provider.hosts}
    return urlsplit(url).scheme == "https" and port_of(url) == _HTTPS_PORT and host in known
