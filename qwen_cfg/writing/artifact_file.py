"""Reads the artifact files that a command line names, and writes them without leaking a key."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_schema import ArtifactError, ConfigurationError, ResolvedConfig, UsageError, dump, form_of, load, redact_known
from qwen_schema.envfile import Subject, read_text

from .schema_line import MARK, first_upwards, schema_for, schema_in

if TYPE_CHECKING:
    from qwen_schema.codec import Form


# The default name of an artifact.
ARTIFACT_NAME = "qwen.toml"


def find_artifact(cwd: Path, home: Path | None) -> str:
    """Return the path of the nearest `qwen.toml` upward, relative to the working directory.

    The search ends at the top of a git work tree, else at the home or the root.

    Raises:
        ArtifactError: if there is none, or another user owns it.
    """
    path = first_upwards(ARTIFACT_NAME, cwd, home)
    if path is not None:
        name = os.path.relpath(path, cwd)
        _refuse_anothers(path, name)
        return name
    raise ArtifactError(
        f"there is no {ARTIFACT_NAME} here or above, up to the top of the project",
        hint=f"Create one: qwen-cfg init, or qwen-cfg resolve -o {ARTIFACT_NAME}. Or name another file.",
    )


def _refuse_anothers(path: Path, name: str) -> None:
    from qwen_cfg.reading.ownership import foreign_owner  # noqa: PLC0415 - only the search needs it

    with suppress(OSError):
        if foreign_owner(path) is not None:
            raise ArtifactError("this artifact belongs to another user", where=name, hint="To use it, name the file.")


def read_artifact(path: Path, name: str) -> tuple[str, ResolvedConfig]:
    """Return the text of a file and its artifact; `name` is the file's name in messages.

    Raises:
        ArtifactError: if the file cannot be read, or is not a valid artifact.
    """
    hint = "Make the file readable, or create one: qwen-cfg resolve -o FILE"
    text = read_text(path, Subject(name, "artifact", ArtifactError, hint))
    return text, load(text, where=name)


def artifact_text(artifact: ResolvedConfig, form: Form, schema: str = "") -> str:
    """Return the text of an artifact, without keys except a requested one; `schema` is the path in its schema line.

    Raises:
        ConfigurationError: if a value contains a known key, for example from an env file that was not reached.
    """
    text = (f"{MARK}{schema}\n" if schema and form == "toml" else "") + dump(artifact, form)
    if artifact.api_key.kind != "literal" and redact_known(text) != text:
        raise ConfigurationError(
            "a value contains an API key of another layer or env file",
            hint="To find the value: qwen-cfg resolve --explain --all shows it as [redacted].",
        )
    return text


def write_artifact(path: Path, artifact: ResolvedConfig, form: Form, home: Path | None) -> None:
    """Write an artifact. If it contains the key, the file gets mode 0600, and may not be a file that git tracks.

    Links in a project are not followed; the `home` is not a project.

    Raises:
        ConfigurationError: if a value contains another key.
        UsageError: if the artifact contains the key and git tracks, or may track, the file.
        OutputError: if the file cannot be written, or its path contains a link in a project.
    """
    from qwen_schema.folders import outside_projects  # noqa: PLC0415 - only needed to write
    from qwen_schema.save import save  # noqa: PLC0415

    private = artifact.api_key.kind == "literal"
    if private:
        _refuse_tracked(path)
    schema = schema_for(Path(os.path.realpath(path.parent)), home, _text_before(path))
    save(path, artifact_text(artifact, form, schema), may_follow=outside_projects(home), private=private)


def lacks_schema(path: Path, text: str, home: Path | None) -> bool:
    """Return whether the schema line of an artifact differs from the line that would be written now."""
    return form_of(text) == "toml" and schema_in(text) != schema_for(Path(os.path.realpath(path.parent)), home, text)


def _text_before(path: Path) -> str:
    """Return the text of the file that is replaced; empty if there is none, or it cannot be read."""
    with suppress(ArtifactError, OSError):
        if path.is_file():
            return read_text(path, Subject(str(path), "artifact", ArtifactError, ""))
    return ""


def _refuse_tracked(path: Path) -> None:
    from qwen_cfg.reading.git import may_be_tracked  # noqa: PLC0415

    if path.parent.is_dir() and (may_be_tracked(path) or may_be_tracked(Path(os.path.realpath(path)))):
        raise UsageError(
            "git tracks this file or may track it, so the key would be committed",
            where=str(path),
            hint="Name another file, or remove --inline-secrets: the artifact then refers to the key.",
        )
