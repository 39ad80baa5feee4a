"""The check of many artifacts: found, checked each from its own place, and told together."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.reading.artifacts_below import env_files_around, files_below
from qwen_cfg.reading.git import status_of
from qwen_cfg.reading.git_batch import statuses_of
from qwen_cfg.reading.ownership import foreign_owner
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME
from qwen_schema import ArtifactError, QwenCfgError, unexpected
from qwen_schema.records import record, replace

from .arguments import artifact_name, with_config
from .check_one import check_artifact
from .reports.outcome import from_plain, outcome_of, outcome_of_error, to_plain
from .workers import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qwen_cfg.application.request import Request
    from qwen_cfg.core.world import GitStatus

    from .check_one import Manner
    from .output import Output
    from .reports.outcome import Outcome

# After so many seconds a terminal is shown how far the check is.
_QUIET_SECONDS = 1.0
_BAR = 30

# A note about more files names so many of them.
_MOST_NAMES = 3


@record
class Target:
    """An artifact to check, and why it cannot be, where that is known already. `is_found` if nobody named it."""

    name: str
    error: str = ""
    hint: str = ""
    is_found: bool = False

    def require(self) -> None:
        """Make sure that it can be checked.

        Raises:
            ArtifactError: if nothing can be checked there, or it was found and belongs to another user.
        """
        if self.error:
            raise ArtifactError(self.error, where=self.name, hint=self.hint)
        if self.is_found and foreign_owner(Path(self.name)) is not None:
            hint = "To check it, name the file."
            raise ArtifactError("this artifact belongs to another user", where=self.name, hint=hint)


def targets_of(names: Sequence[str], output: Output) -> tuple[Target, ...]:
    """Return what is named: files as they are, and of directories every artifact in them and below, each once."""
    targets: dict[str, Target] = {}
    for name in names:
        for target in _below(name, output) if os.path.isdir(name) else [Target(name)]:  # noqa: PTH112
            directory, base = os.path.split(target.name)
            # Two ways to one file are one artifact; a link is one of its own.
            targets.setdefault(os.path.join(os.path.realpath(directory), base), target)  # noqa: PTH118
    return tuple(targets.values())


def _below(directory: str, output: Output) -> Iterator[Target]:
    found = files_below(directory, ARTIFACT_NAME)
    for tree in found.without_git:
        output.notice(f"note: {tree}: git did not say what it ignores here, so every directory is searched")
    own = artifact_name(directory)
    if skipped := [name for name in found.skipped if name != own]:
        # No place in a list of results: what a link leads to may be among the artifacts already.
        more = f" and {len(skipped) - _MOST_NAMES:,} more" if len(skipped) > _MOST_NAMES else ""
        names = ", ".join(skipped[:_MOST_NAMES]) + more
        output.notice(f"note: not checked, as they are links or no regular files: {names}. To check one, name it.")
    # Whoever names a directory names the artifact in it, whatever git does with it and wherever it leads.
    is_named = os.path.lexists(own)
    if is_named:
        yield Target(own)
    elif not found.files and not found.unseen:
        hint = f"What git ignores is not searched. Create one: qwen-cfg resolve -o {ARTIFACT_NAME}"
        yield Target(directory, f"there is no {ARTIFACT_NAME} in this directory, nor below it", hint)
    yield from (Target(name, is_found=True) for name in found.files if not is_named or name != own)
    hint = "Make it searchable for you, or name the artifacts in it."
    yield from (Target(name, wrong, hint) for name, wrong in found.unseen)


def check_each(targets: tuple[Target, ...], request: Request, manner: Manner, output: Output) -> list[Outcome]:
    """Check artifacts, each from its own place, and return the outcomes in the order of the targets."""
    if not manner.artifact_only:
        manner = replace(manner, git_status=_Statuses(targets).status)

    def check(index: int) -> Outcome:
        return _outcome(targets[index], request, manner)

    def lost(index: int) -> Outcome:
        ended = QwenCfgError("the process that checked this artifact was ended", hint="Check it alone.")
        return outcome_of_error(targets[index].name, ended)

    work = Work(check, to_plain, from_plain, lost, _Progress(len(targets), output).show)
    # What is written also goes into the approvals, which one process writes at a time.
    return work.all(len(targets), alone=manner.update)


def _outcome(target: Target, request: Request, manner: Manner) -> Outcome:
    try:
        target.require()
        return outcome_of(check_artifact(with_config(request, target.name), manner))
    except QwenCfgError as error:
        return outcome_of_error(target.name, error)
    except Exception as error:
        return outcome_of_error(target.name, unexpected(error))


class _Statuses:
    """What git does with the env files around artifacts, asked once for all of them; others are asked about singly."""

    def __init__(self, targets: tuple[Target, ...]) -> None:
        files = (Path(os.path.realpath(os.path.dirname(target.name)), ARTIFACT_NAME) for target in targets)  # noqa: PTH120
        self._known = statuses_of(env_files_around(tuple(files)))

    def status(self, path: Path) -> GitStatus | None:
        """Return what git does with a file."""
        return self._known[path] if path in self._known else status_of(path)


class _Progress:
    """How far the check is, shown to a terminal once it takes longer than a second."""

    def __init__(self, total: int, output: Output) -> None:
        self._total, self._output = total, output
        self._next = time.monotonic() + _QUIET_SECONDS

    def show(self, done: int) -> None:
        """Show that so many are done."""
        now = time.monotonic()
        if done == self._total:
            self._output.progress("")
        elif now >= self._next and self._output.progress_columns:
            self._next = now + 0.1
            self._output.progress(progress_line(done, self._total, self._output.progress_columns))


def progress_line(done: int, total: int, columns: int) -> str:
    """Return a line with a bar in it, as far as the columns have room for one."""
    told = f"checking {done:,} of {total:,} artifacts"
    filled = _BAR * done // max(total, 1)
    line = f"{told} [{'#' * filled}{'.' * (_BAR - filled)}]"
    return (line if len(line) <= columns else told)[:columns]
