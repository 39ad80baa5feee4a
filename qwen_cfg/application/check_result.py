"""The result of checking an artifact, for a caller from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.rules import rules_for_check
from qwen_cfg.writing.artifact_file import read_artifact
from qwen_schema.records import record, replace

from .compilation import compilation_of
from .replay import compare, replay

if TYPE_CHECKING:
    from qwen_cfg.core.drift import Difference
    from qwen_cfg.rules import Diagnostic

    from .request import Request


@record(kw_only=True)
class CheckResult:
    """The differences between an artifact and the present resolution.

    `diagnostics` are warnings of the rules, which do not count as differences. `absent` are files that the artifact was
    made from and that do not exist here; `not_compared` are the fields that cannot be compared for this reason.
    `key_is_missing` says that there is no key here.
    """

    file: str
    differences: tuple[Difference, ...]
    diagnostics: tuple[Diagnostic, ...]
    absent: tuple[str, ...]
    not_compared: tuple[str, ...]
    key_is_missing: bool

    @property
    def is_up_to_date(self) -> bool:
        """Whether there is no difference: `qwen-cfg check` would exit with 0."""
        return not self.differences


def check(request: Request, *, strict: bool) -> CheckResult:
    """Return the result of comparing the artifact that a request names with the resolution in its directory.

    Raises:
        ArtifactError: if the file is not an artifact.
        ConfigurationError: if the resolution is invalid, or incomplete for another reason than a missing key.
    """
    assert request.config is not None and request.artifact_file is not None  # noqa: S101 - the caller named it
    _, old = read_artifact(request.artifact_file, request.config)
    compilation = compilation_of(replay(replace(request, config=None), old), "survey", of_artifact=True)
    found = compare(old, compilation, rules_for_check((), ()), strict=strict)
    return CheckResult(
        file=request.config,
        differences=found.differences,
        diagnostics=found.diagnostics,
        absent=found.absent,
        not_compared=tuple(name for name in found.unknown if name != "api_key"),
        key_is_missing=found.key_is_missing,
    )
