"""A concern: a project's file would send the user's data to a host; the data and the host."""

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

# The data that would be sent: the API key, the login, or (none) only the prompts.
Credential = Literal["key", "login", "none"]

_HTTPS_PORT = 443


@record
class Concern:
    """A project's file sets the endpoint of requests that contain the user's data.

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
        """The settings as a SHA-256 digest, which changes only with them."""
        return _digest(self.settings)

    @property
    def handed_over(self) -> str:
        """The credential that would be sent and its place, as a SHA-256 digest; empty for prompts alone.

        It changes with the target of a link, and with the variables in use.
        """
        if self.credential == "none":
            return ""
        places = dict.fromkeys((keeper.real, keeper.variable) for keeper in self.keepers)
        return _digest((self.credential, self.reference, *places))

    @property
    def words(self) -> str:
        """The concern as text."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The concern as lines: one for each setting, one for each link, and one or two more."""
        settings = [f"    {name} = {value}" for name, value in self.settings]
        plain = self.host.isascii() and any(self.host in setting for setting in settings)
        host = [] if plain else [f"    (the host is {self.host})"]
        links = dict.fromkeys(f"    {keeper.words}" for keeper in self.keepers if keeper.is_link)
        return (f"{self.place} decides where requests go:", *settings, *host, *links, self.whose)


def display_host(url: str) -> str:
    """Return the requested host of a valid URL, with its port: in this form lookalike letters are visible."""
    return endpoint_of(url)


def prompts_to(standing: Standing, file: str = "this file") -> str:
    """Return the sentence for a concern about prompts alone: the file comes, or may come, from others."""
    return f"Your prompts would be sent there: {_FROM[standing].format(file=file)}."


_FROM: Mapping[Standing, str] = {
    "came with the project": "git tracks {file}, so that it came with the project",
    "may have come with it": "git cannot tell whether it tracks {file}, which may have come with the project",
    "in a .git": "{file} is in a .git, where a project's author may have put it",
    "another user's": "{file} belongs to another user, who can change it",
}


def pointed_at(reference: SecretReference) -> tuple[tuple[str, str], ...]:
    """Return the setting that names the place of the key, for a key in another place."""
    return () if reference.pointer is None else (("api_key", redact_unknown(reference.pointer)),)


def _digest(parts: object) -> str:
    import hashlib  # noqa: PLC0415 - few commands ask what is trusted
    import json  # noqa: PLC0415

    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def is_known_or_loopback(url: str) -> bool:
    """Whether a base URL belongs to a declared provider or this machine.

    A provider's host counts exactly, over https and on the standard port. A host that is recognised by its ending does
    not: anybody may be able to register such a name.
    """
    host = host_of(url)
    if is_loopback(host):
        return True
    known = {exact for provider in declared_providers().values() for exact in provider.hosts}
    return urlsplit(url).scheme == "https" and port_of(url) == _HTTPS_PORT and host in known
