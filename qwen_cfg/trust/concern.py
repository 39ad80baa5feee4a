"""A concern: a project's file would send the user's data to a host; the data and the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema import endpoint_of, redact_unknown
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from qwen_cfg.core.world import FileProvenance
    from qwen_schema import SecretReference

    from .key_sources import KeySource

# The data that would be sent: the API key, the login, or (none) only the prompts.
Credential = Literal["key", "login", "none"]


@record
class Concern:
    """A project's file sets the endpoint of requests that contain the user's data.

    `file` is the real path of the file; `place` is the place in it, as shown to the user. `settings` are the fields
    that the file sets, by name, with their values; `host` is the destination of requests. `whose` names the data that
    would be sent, as a sentence; `reference` is its place. `key_sources` are the files and variables that contain the
    data or affect it: the target of a link and the variables in use decide which data is sent. `decided` are the fields
    that count as set by a file unless the user typed them in this session. `takes_variables` says that a project's file
    uses variables in one of the values. `does` says what the file does, as the verb of a sentence.
    """

    file: Path
    place: str
    settings: tuple[tuple[str, str], ...]
    host: str
    credential: Credential
    reference: str
    whose: str
    key_sources: tuple[KeySource, ...] = ()
    decided: tuple[str, ...] = ("base_url",)
    takes_variables: bool = False
    does: str = "decides where requests go"

    @property
    def settings_digest(self) -> str:
        """The SHA-256 digest of the settings."""
        return _digest(self.settings)

    @property
    def credential_digest(self) -> str:
        """The SHA-256 digest of the credential that would be sent and its place; empty if only prompts would be sent.

        The digest changes with the target of a link, and with the variables in use.
        """
        if self.credential == "none":
            return ""
        places = dict.fromkeys((source.real, source.variable) for source in self.key_sources)
        return _digest((self.credential, self.reference, *places))

    @property
    def words(self) -> str:
        """The concern as a text of several lines."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The concern as lines: one for each setting, one for each link, and one or two more."""
        settings = [f"    {name} = {value}" for name, value in self.settings]
        plain = self.host.isascii() and any(self.host in setting for setting in settings)
        host = [] if plain or " " in self.host else [f"    (the host is {self.host})"]
        links = dict.fromkeys(f"    {source.words}" for source in self.key_sources if source.is_link)
        return (f"{self.place} {self.does}:", *settings, *host, *links, self.whose)


def display_host(url: str) -> str:
    """Return the host and port of a valid URL as the client uses them; this makes lookalike letters visible."""
    return endpoint_of(url)


def prompts_sentence(file_provenance: FileProvenance, file: str = "this file") -> str:
    """Return the sentence for a concern about prompts only: the file comes, or may come, from others."""
    return f"Your prompts would be sent there: {_PROVENANCE_TEXTS[file_provenance].format(file=file)}."


_PROVENANCE_TEXTS: Mapping[FileProvenance, str] = {
    "came with the project": "git tracks {file}, so that it came with the project",
    "may have come with it": "git cannot tell whether it tracks {file}, which may have come with the project",
    "in a .git": "{file} is in a .git, where a project's author may have put it",
    "another user's": "{file} belongs to another user, who can change it",
}


def pointer_setting(reference: SecretReference) -> tuple[tuple[str, str], ...]:
    """Return the setting with the pointer to the key; empty if the reference has no pointer."""
    return () if reference.pointer is None else (("api_key", redact_unknown(reference.pointer)),)


def _digest(parts: object) -> str:
    import hashlib  # noqa: PLC0415 - few commands need trust
    import json  # noqa: PLC0415

    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
