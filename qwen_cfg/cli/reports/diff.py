"""The changes of `diff` as text, as JSON under `diff.schema.json`, and as problems at places in files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwen_schema import ExitCode
from qwen_schema.records import asdict

from .difference import difference_lines, value_text

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output
    from qwen_cfg.core.changes import ArtifactChange, Changes, Group, Status
    from qwen_schema import QwenCfgError

    from .problem import Problem, Results

FORMAT = 1

# At most this many changes of a field are listed; the others are counted. JSON has all of them.
_MOST_LISTED = 10


class Diff:
    """Changes in every output format. With `summary`, the text has only the totals."""

    def __init__(self, changes: Changes, *, summary: bool) -> None:
        self._changes = changes
        self._summary = summary

    def text(self, output: Output) -> None:
        """Write the changes as text."""
        output.lines(*_lines(self._changes, summary=self._summary), look="check")
        output.notice(*(f"note: {note}" for note in self._changes.notes))

    def data(self) -> dict[str, Any]:
        """Return the changes as plain values."""
        return diff_data(self._changes)

    def results(self) -> Results:
        """Return each changed field as a problem at its line in the artifact."""
        from .problem import Results, Subject  # noqa: PLC0415 - for formats that list problems

        changes, code = self._changes, int(self._changes.exit_code)
        subjects = [Subject(one.file, one.status, _problems(one), _exit_code(one)) for one in changes.changes]
        # Some programs reject a report without any test.
        subjects = subjects or [Subject(f"{changes.old} → {changes.new}", "unchanged")]
        return Results("diff", tuple(subjects), code, _headline(changes))


def error_results(name: str, error: QwenCfgError) -> Results:
    """Return the error that ended a comparison as a problem of one side."""
    from .problem import Results, Subject, problem_of  # noqa: PLC0415 - for formats that list problems

    subject = Subject(name, "error", (problem_of(error, name),), int(error.exit_code))
    return Results("diff", (subject,), int(error.exit_code), str(error))


def _exit_code(change: ArtifactChange) -> int:
    return int(ExitCode.FINDINGS if change.error is None else change.error.exit_code)


def _problems(change: ArtifactChange) -> tuple[Problem, ...]:
    from .check import line_of  # noqa: PLC0415 - for formats that list problems
    from .problem import CHANGE, INVALID, Problem, in_repository, sentences  # noqa: PLC0415

    file = in_repository(change.path)
    if change.error is not None:
        words = sentences(str(change.error), change.error.hint)
        return (Problem("error", INVALID, words, file, fails=True),)
    if change.status != "changed":
        values = ", ".join(f"{d.field} {d.new or d.old}" for d in change.differences)
        return (Problem("warning", CHANGE, f"This artifact was {change.status}: {values}.", file, fails=True),)
    return tuple(
        Problem(
            "warning",
            CHANGE,
            f"{d.field} was {value_text(d.old, d.old_origin)} and is {value_text(d.new, d.new_origin)}.",
            file,
            line_of(change.text, d.field),
            fails=True,
            about=d.field,
        )
        for d in change.differences
    )


def diff_data(changes: Changes) -> dict[str, Any]:
    """Return changes as plain values."""
    return {
        "format": FORMAT,
        "exit_code": int(changes.exit_code),
        "kind": changes.kind,
        "old": changes.old,
        "new": changes.new,
        "strict": changes.strict,
        "compared": changes.compared,
        "counts": {status: changes.count(status) for status in ("changed", "added", "removed", "broken")},
        "groups": [asdict(group) for group in changes.groups],
        "artifacts": [_artifact_data(change) for change in changes.changes],
        "notes": list(changes.notes),
    }


def _artifact_data(change: ArtifactChange) -> dict[str, Any]:
    error = change.error
    return {
        "file": change.file,
        "status": change.status,
        "differences": [asdict(difference) for difference in change.differences],
        "error": None if error is None else {"message": error.what, "where": error.where, "hint": error.hint},
    }


def _lines(changes: Changes, *, summary: bool) -> list[str]:
    lines = [_headline(changes)]
    if changes.kind == "revisions":
        lines += _group_lines(changes)
    if not summary:
        lines += [line for change in changes.changes for line in _artifact_lines(change, changes)]
    return lines


def _headline(changes: Changes) -> str:
    sides = f"{changes.old} → {changes.new}"
    if changes.kind != "revisions":
        fields = {d.field for change in changes.changes for d in change.differences if d.part != "resolution"}
        count = f"{len(fields)} field{'' if len(fields) == 1 else 's'} differ{'s' if len(fields) == 1 else ''}"
        same = "the same" if not changes.changes else "the same values, from other files"
        return f"{sides}: {count if fields else same}"
    compared = f"{changes.compared:,} artifact{'' if changes.compared == 1 else 's'}"
    if not changes.changes:
        return f"{sides}: {compared}, the same in both"
    changed = changes.count("changed")
    others = [f"{changes.count(s):,} {word}" for s, word in _OTHER_STATUSES if changes.count(s)]
    if not changed:
        return f"{sides}: {', '.join(others)}, of {compared}"
    return f"{sides}: {', '.join([f'{changed:,} of {compared} differ' + ('s' if changed == 1 else ''), *others])}"


_OTHER_STATUSES: tuple[tuple[Status, str], ...] = (
    ("added", "added"),
    ("removed", "removed"),
    ("broken", "not compared: invalid"),
)


def _group_lines(changes: Changes) -> list[str]:
    """Return the lines for each field that changes: the number of artifacts, and the most frequent changes."""
    lines = [""] if changes.groups else []
    for field in dict.fromkeys(group.field for group in changes.groups):
        groups = [group for group in changes.groups if group.field == field]
        lines.append(f"  {field} differs in {changes.files_with(field):,} of {changes.compared:,}")
        lines += [f"    {len(group.files):>6,}  {_change_text(group)}" for group in groups[:_MOST_LISTED]]
        rest = groups[_MOST_LISTED:]
        if rest:
            lines.append(f"    {sum(len(group.files) for group in rest):>6,}  {len(rest):,} other changes")
    return lines


def _change_text(group: Group) -> str:
    part = "" if group.part in ("value", "secret reference") else f"{group.part}: "
    return f"{part}{group.old or '(empty)'} → {group.new or '(empty)'}"


def _artifact_lines(change: ArtifactChange, changes: Changes) -> list[str]:
    name = [] if changes.kind != "revisions" else ["", change.file + _STATUS[change.status]]
    if change.error is not None:
        return [*name, f"  {change.error}", *([f"  {change.error.hint}"] if change.error.hint else [])]
    if change.status in ("added", "removed"):
        return [
            *name,
            *(f"  {d.field}  {value_text(d.new or d.old, d.new_origin or d.old_origin)}" for d in change.differences),
        ]
    return [*name, *(line for difference in change.differences for line in difference_lines(difference))]


_STATUS = {"changed": "", "added": " (added)", "removed": " (removed)", "broken": " (invalid)"}
