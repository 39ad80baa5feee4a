"""The changes between two sides: by artifact and field, and grouped so that equal changes count once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from qwen_schema import ExitCode, Secret, safe_text, show_value
from qwen_schema.fields import MAIN_FIELDS
from qwen_schema.records import field, record

from .drift import Difference, drift
from .other_profiles import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_schema import QwenCfgError, ResolvedConfig

    from .drift import Part
    from .merge import Decision
    from .resolution import Resolution

Status = Literal["same", "changed", "added", "removed", "broken"]

NOT_SET = "(not set)"


@record
class ArtifactChange:
    """The change of one artifact: its file, the status, and the fields that differ.

    If the artifact is only on one side, `differences` has its main fields, with empty texts for the other side. `error`
    says why the artifact is broken. `path` is the path of its file on this disk, which need not exist, and `text` is
    the content (of the second side, if it has one), for formats that show a place in the file.
    """

    file: str
    status: Status
    differences: tuple[Difference, ...] = ()
    error: QwenCfgError | None = None
    path: str = ""
    text: str = field(default="", repr=False, compare=False)


@record
class Group:
    """One change that several artifacts share: the field, the old and the new text, and the files."""

    field: str
    part: Part
    old: str
    new: str
    files: tuple[str, ...]


@record
class Changes:
    """The changes from the side `old` to the side `new`, which are names for display.

    `kind` is the type of the sides, and `compared` the number of compared artifacts. `changes` has only the artifacts
    that are not the same. `strict` says that origins were compared, too. `notes` are sentences for the user.
    """

    kind: Literal["artifacts", "revisions", "environments"]
    old: str
    new: str
    compared: int
    changes: tuple[ArtifactChange, ...]
    strict: bool = False
    notes: tuple[str, ...] = ()

    def count(self, status: Status) -> int:
        """Return the number of artifacts with a status."""
        return sum(change.status == status for change in self.changes)

    def files_with(self, name: str) -> int:
        """Return the number of artifacts in which a field changes."""
        return len({file for group in self.groups if group.field == name for file in group.files})

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The changes of fields, in the order of the fields; within a field, the most frequent change first."""
        found: dict[tuple[str, Part, str, str], list[str]] = {}
        order: dict[str, int] = {}
        for change in self.changes:
            for d in change.differences if change.status == "changed" else ():
                order.setdefault(d.field, len(order))
                found.setdefault((d.field, d.part, d.old, d.new), []).append(change.file)
        groups = (Group(*key, tuple(files)) for key, files in found.items())
        return tuple(sorted(groups, key=lambda group: (order[group.field], -len(group.files))))

    @property
    def exit_code(self) -> ExitCode:
        """0 if nothing differs, 1 if anything does, and 3 if an artifact cannot be compared."""
        if self.count("broken"):
            return ExitCode.CONFIGURATION
        return ExitCode.FINDINGS if self.changes else ExitCode.OK


def artifact_change(file: str, old: ResolvedConfig, new: ResolvedConfig, *, strict: bool) -> ArtifactChange:
    """Return the change between two versions of an artifact: values and key references; with `strict`, also origins."""
    found = drift(old, new, strict=True)
    counted = found if strict else tuple(d for d in found if d.part in ("value", "secret reference"))
    return ArtifactChange(file, "changed" if counted else "same", counted)


def one_sided_change(file: str, artifact: ResolvedConfig, *, is_new: bool) -> ArtifactChange:
    """Return the change of an artifact that was added (`is_new`) or removed: its main fields."""
    differences = []
    for name in MAIN_FIELDS:
        value, origin = artifact.config[name], artifact.provenance[name].text
        text = str(value) if artifact.api_key is value else show_value(value)  # type: ignore[arg-type]
        part: Part = "secret reference" if artifact.api_key is value else "value"
        differences.append(
            Difference(name, part, "", text, "", origin) if is_new else Difference(name, part, text, "", origin, "")
        )
    return ArtifactChange(file, "added" if is_new else "removed", tuple(differences))


def resolution_change(place: str, old: Resolution, new: Resolution, *, strict: bool) -> ArtifactChange:
    """Return the change from one resolution to another, without any key."""
    differences = tuple(_resolution_differences(old, new, strict=strict))
    return ArtifactChange(place, "changed" if differences else "same", differences)


def _resolution_differences(old: Resolution, new: Resolution, *, strict: bool) -> Iterator[Difference]:
    for difference in differences(old, new):
        if difference.same_value and not strict:
            continue
        yield field_difference(old, new, difference.name, is_same=difference.same_value)
    if strict:
        yield from _files(old, new)


def field_difference(old: Resolution, new: Resolution, name: str, *, is_same: bool = False) -> Difference:
    """Return the difference of two resolutions in a field: in the value or (`is_same`) in the origin alone."""
    before, after = old.decisions[name], new.decisions[name]
    part: Part = "provenance" if is_same else "value"
    texts = value_text(old, name), value_text(new, name)
    if before.field.secret and before.winner is not None and after.winner is not None:
        # Keys are not shown, only whether they are the same.
        texts = "a key", "the same key" if is_same else "another key"
    return Difference(name, part, *texts, _origin(before), _origin(after))


def value_text(resolution: Resolution, name: str) -> str:
    """Return the value of a field for display. A key is shown as `a key`."""
    decision = resolution.decisions[name]
    if decision.winner is None:
        is_login = decision.field.secret and resolution.auth_method == "qwen-oauth"
        return "the Qwen OAuth login" if is_login else NOT_SET
    if decision.field.secret:
        return "a key"
    if decision.value is None or isinstance(decision.value, Secret):
        wrong = f" (not valid: {decision.problem.wrong})" if decision.problem is not None else ""
        return safe_text(decision.field, decision.winner.revealed) + wrong
    return show_value(decision.value)


def _origin(decision: Decision) -> str:
    return "" if decision.winner is None else str(decision.winner.origin)


def _files(old: Resolution, new: Resolution) -> Iterator[Difference]:
    """Yield the differences in the files that are read."""
    pairs = {
        "env_file": [", ".join(file.shown for file in one.files) or "none" for one in (old, new)],
        "settings": [_settings(one) for one in (old, new)],
    }
    for name, (before, after) in pairs.items():
        if before != after:
            yield Difference(name, "resolution", before, after, "", "")


def _settings(resolution: Resolution) -> str:
    scopes = resolution.settings.scopes if resolution.settings is not None else ()
    return (
        ", ".join(f"{scope.file.shown} ({scope.file.scope})" for scope in scopes if scope.outcome == "read") or "none"
    )
