"""The artifact files that a command line names: reading one, and writing one so that no key goes astray."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import ArtifactError, ConfigurationError, ResolvedConfig, UsageError, dump, load, redact_known
from qwen_schema.envfile import Subject, read_text

if TYPE_CHECKING:
    from qwen_schema.codec import Form


# What an artifact is called that nobody names.
ARTIFACT_NAME = "qwen.toml"


def find_artifact(cwd: Path, home: Path | None) -> str:
    """Return the name of the first `qwen.toml` on the way up, as seen from the working directory.

    The way ends at the top of a git work tree, else at the home or the root.

    Raises:
        ArtifactError: if there is none, or it is another user's.
    """
    for directory in (cwd, *cwd.parents):
        path = directory / ARTIFACT_NAME
        if os.path.lexists(path):
            name = os.path.relpath(path, cwd)
            _refuse_anothers(path, name)
            return name
        if directory == home or os.path.lexists(directory / ".git"):
            break
    raise ArtifactError(
        f"there is no {ARTIFACT_NAME} here, nor above up to the top of the project",
        hint=f"Make one: qwen-cfg resolve -o {ARTIFACT_NAME}. Or name another one.",
    )


def _refuse_anothers(path: Path, name: str) -> None:
    from qwen_cfg.reading.ownership import foreign_owner  # noqa: PLC0415 - only what searches needs it

    with suppress(OSError):
        if foreign_owner(path) is not None:
            raise ArtifactError(
                "this artifact was found, and is another user's", where=name, hint="Name it, if it is right."
            )


def read_artifact(path: Path, name: str) -> tuple[str, ResolvedConfig]:
    """Return the text of a file, by the name that messages give it, and the artifact that it holds.

    Raises:
        ArtifactError: if the file cannot be read, or is no valid artifact.
    """
    hint = "Make it readable for you, or make one: qwen-cfg resolve -o FILE"
    text = read_text(path, Subject(name, "artifact", ArtifactError, hint))
    return text, load(text, where=name)


def artifact_text(artifact: ResolvedConfig, form: Form) -> str:
    """Return an artifact as it is written, which shows no key but one that was asked for.

    Raises:
        ConfigurationError: if a value is a key that stands elsewhere: in an env file that was not reached, say.
    """
    text = dump(artifact, form)
    if artifact.api_key.kind != "literal" and redact_known(text) != text:
        raise ConfigurationError(
            "a value would show an API key that stands in another layer or env file",
            hint="See which: qwen-cfg resolve --explain --all shows it as [redacted].",
        )
    return text


def write_artifact(path: Path, artifact: ResolvedConfig, form: Form, home: Path | None) -> None:
    """Write an artifact; one that holds the key itself is private, and goes into no file that git tracks.

    A link that stands in a project is not followed; the `home` is none.

    Raises:
        ConfigurationError: if a value is a key that stands elsewhere.
        UsageError: if git tracks the file that a key would stand in, or may do so.
        OutputError: if it cannot be written, or a link that stands in a project leads to it.
    """
    from qwen_schema.folders import outside_projects  # noqa: PLC0415 - only what writes needs it
    from qwen_schema.save import save  # noqa: PLC0415

    private = artifact.api_key.kind == "literal"
    if private:
        _refuse_tracked(path)
    save(path, artifact_text(artifact, form), may_follow=outside_projects(home), private=private)


def _refuse_tracked(path: Path) -> None:
    from qwen_cfg.reading.git import may_be_tracked  # noqa: PLC0415

    if path.parent.is_dir() and (may_be_tracked(path) or may_be_tracked(Path(os.path.realpath(path)))):
        raise UsageError(
            "git tracks this file, or cannot tell, and a key would be committed with it",
            where=str(path),
            hint="Name another file, or leave --inline-secrets out: the artifact then refers to the key.",
        )
