"""The check of one artifact: read it, resolve again in its place, compare, and write it again where that is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.replay import compare, replay
from qwen_cfg.cli.reports.check import Report
from qwen_cfg.core.drift import MISSING
from qwen_cfg.core.shell import quoted
from qwen_cfg.writing.artifact_file import lacks_schema, read_artifact, write_artifact
from qwen_schema import QwenCfgError, form_of
from qwen_schema.records import record, replace

if TYPE_CHECKING:
    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.application.replay import Comparison
    from qwen_cfg.application.request import Request
    from qwen_cfg.reading.world import AsksGit
    from qwen_cfg.rules import Rule
    from qwen_schema import ResolvedConfig


@record
class Manner:
    """How artifacts are checked: against which rules, whether these count, and what is done about drift."""

    rules: tuple[Rule, ...]
    counted: bool = False
    strict: bool = False
    update: bool = False
    artifact_only: bool = False
    git_status: AsksGit | None = None


def check_artifact(asked: Request, manner: Manner) -> Report:
    """Return the report of the artifact that a request names.

    Raises:
        QwenCfgError: if it is no artifact, or nothing resolves in its place.
    """
    assert asked.config is not None and asked.artifact_file is not None  # noqa: S101 - it has just been named
    name, path, request = asked.config, asked.artifact_file, replace(asked, config=None)
    text, old = read_artifact(path, name)
    compilation = compilation_of(replay(request, old), "survey", of_artifact=True)
    if manner.git_status is not None:
        compilation = replace(compilation, git_status=manner.git_status)
    if manner.artifact_only:
        return Report(name, text, old, compilation.chosen_profile, artifact_only=True)
    comparison = compare(old, compilation, manner.rules, strict=manner.strict)
    home = request.process.home.path
    written = manner.update and (_is_out_of_date(old, comparison) or lacks_schema(path, text, home))
    if written:
        write_artifact(Path(name), comparison.new, form_of(text), home)
        _vouch_for(comparison.new, path, compilation)
    mend = " ".join(map(quoted, ["qwen-cfg", "check", as_word(name), *update_words(request, manner)]))
    return Report(
        name,
        text,
        old,
        compilation.chosen_profile,
        comparison,
        manner.strict,
        written,
        mend,
        counted=manner.counted,
    )


def update_words(request: Request, manner: Manner) -> list[str]:
    """Return the options that write artifacts again as they were checked."""
    return ["--update", *(["--strict"] if manner.strict else []), *request.as_words()]


def as_word(name: str) -> str:
    """Return a file's name so that it is not taken for an option."""
    return f"./{name}" if name.startswith("-") else name


def _vouch_for(written: ResolvedConfig, path: Path, compilation: Compilation) -> None:
    """Remember a yes for the artifact where the user has said yes to the very endpoint and key that it has.

    Anything else that the artifact decides, such as a proxy, is asked about when it is used.
    """
    from contextlib import suppress  # noqa: PLC0415 - few artifacts are written again

    from qwen_cfg.application.compilation import trust_store  # noqa: PLC0415
    from qwen_cfg.application.config_file import concern_of_written  # noqa: PLC0415
    from qwen_cfg.trust.gate import Gate  # noqa: PLC0415

    gate = Gate(trust_store(compilation.request.process))
    with suppress(QwenCfgError):
        if gate.is_settled(compilation.concern):
            gate.vouch(concern_of_written(written, path, compilation.request), ["base_url"])


def _is_out_of_date(old: ResolvedConfig, comparison: Comparison) -> bool:
    """Tell whether writing again changes anything that was asked about: a profile or a dialect that is named is."""
    differs = any(difference.part not in MISSING for difference in comparison.differences)
    return differs or (old.profile, old.dialect) != (comparison.new.profile, comparison.new.dialect)
