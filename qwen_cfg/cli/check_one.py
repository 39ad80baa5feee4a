"""Checks one artifact: resolves again in its place, compares the results, and updates the artifact if requested."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.replay import compare, replay
from qwen_cfg.cli.reports.check import Report
from qwen_cfg.core.drift import MISSING
from qwen_cfg.core.shell import quote
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
class CheckOptions:
    """The options of a check: the rules, whether their findings count, and what to compare and to write."""

    rules: tuple[Rule, ...]
    counts_findings: bool = False
    strict: bool = False
    update: bool = False
    artifact_only: bool = False
    git_status: AsksGit | None = None


def check_artifact(request: Request, options: CheckOptions) -> Report:
    """Return the report of the artifact that a request names.

    Raises:
        QwenCfgError: if it is not an artifact, or nothing resolves in its place.
    """
    assert request.config is not None and request.artifact_file is not None  # noqa: S101 - the caller named it
    name, path, request = request.config, request.artifact_file, replace(request, config=None)
    text, old = read_artifact(path, name)
    compilation = compilation_of(replay(request, old), "survey", of_artifact=True)
    if options.git_status is not None:
        compilation = replace(compilation, git_status=options.git_status)
    if options.artifact_only:
        return Report(name, text, old, compilation.chosen_profile, artifact_only=True)
    comparison = compare(old, compilation, options.rules, strict=options.strict)
    home = request.process.home.path
    is_updated = options.update and (_is_out_of_date(old, comparison) or lacks_schema(path, text, home))
    if is_updated:
        write_artifact(Path(name), comparison.new, form_of(text), home)
        _approve(comparison.new, path, compilation)
    update_command = " ".join(map(quote, ["qwen-cfg", "check", as_argument(name), *update_options(request, options)]))
    return Report(
        name,
        text,
        old,
        compilation.chosen_profile,
        comparison,
        options.strict,
        is_updated,
        update_command,
        counts_findings=options.counts_findings,
    )


def update_options(request: Request, options: CheckOptions) -> list[str]:
    """Return the options that update artifacts under the same conditions as the check."""
    return ["--update", *(["--strict"] if options.strict else []), *request.as_words()]


def as_argument(name: str) -> str:
    """Return a file name in a form that is not an option."""
    return f"./{name}" if name.startswith("-") else name


def _approve(artifact: ResolvedConfig, path: Path, compilation: Compilation) -> None:
    """Record an approval of the artifact if the user has approved the same endpoint and key before.

    Everything else that the artifact decides, such as a proxy, needs an approval when it is used.
    """
    from contextlib import suppress  # noqa: PLC0415 - few artifacts are updated

    from qwen_cfg.application.compilation import trust_store  # noqa: PLC0415
    from qwen_cfg.application.config_file import concern_of_written  # noqa: PLC0415
    from qwen_cfg.trust.gate import Gate  # noqa: PLC0415

    gate = Gate(trust_store(compilation.request.process))
    with suppress(QwenCfgError):
        if gate.is_settled(compilation.concern):
            gate.vouch(concern_of_written(artifact, path, compilation.request), ["base_url"])


def _is_out_of_date(old: ResolvedConfig, comparison: Comparison) -> bool:
    """Return whether an update changes the artifact: a value that is not missing here, the profile or the dialect."""
    differs = any(difference.part not in MISSING for difference in comparison.differences)
    return differs or (old.profile, old.dialect) != (comparison.new.profile, comparison.new.dialect)
