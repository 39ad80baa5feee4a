"""Checks many artifacts: finds them, and checks each in its own directory."""

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
from qwen_schema import ArtifactError, QwenCfgError, unexpected_error
from qwen_schema.records import record, replace

from .arguments import artifact_name, with_config
from .check_one import check_artifact
from .reports.outcome import from_plain, outcome_of, outcome_of_error, to_plain
from .workers import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qwen_cfg.application.request import Request
    from qwen_cfg.core.world import GitStatus

    from .check_one import CheckOptions
    from .output import Output
    from .reports.outcome import Outcome

# A terminal shows the progress after this time, in seconds.
_PROGRESS_AFTER = 1.0
# The width of the progress bar, in columns.
_BAR = 30

# A note names at most this many files.
_MOST_NAMES = 3


@record
class Target:
    """An artifact to check, or an error if it cannot be checked. `is_found` is true if a search found it."""

    name: str
    error: str = ""
    hint: str = ""
    is_found: bool = False

    def require(self) -> None:
        """Require that the artifact can be checked.

        Raises:
            ArtifactError: if it has an error, or if a search found it and it belongs to another user.
        """
        if self.error:
            raise ArtifactError(self.error, where=self.name, hint=self.hint)
        if self.is_found and foreign_owner(Path(self.name)) is not None:
            hint = "To check it, name the file."
            raise ArtifactError("this artifact belongs to another user", where=self.name, hint=hint)


def targets_of(names: Sequence[str], output: Output) -> tuple[Target, ...]:
    """Return the artifacts for file names, and all artifacts in and below directories, each once."""
    targets: dict[str, Target] = {}
    for name in names:
        for target in _targets_below(name, output) if os.path.isdir(name) else [Target(name)]:  # noqa: PTH112
            directory, base = os.path.split(target.name)
            # Two paths to one file are one artifact; a link is an artifact of its own.
            targets.setdefault(os.path.join(os.path.realpath(directory), base), target)  # noqa: PTH118
    return tuple(targets.values())


def _targets_below(directory: str, output: Output) -> Iterator[Target]:
    found = files_below(directory, ARTIFACT_NAME)
    for tree in found.without_git:
        output.notice(f"note: {tree}: git did not report which files it ignores, so every directory is searched")
    own = artifact_name(directory)
    if skipped := [name for name in found.skipped if name != own]:
        # Not in the results: the target of a link may be in them already.
        more = f" and {len(skipped) - _MOST_NAMES:,} more" if len(skipped) > _MOST_NAMES else ""
        names = ", ".join(skipped[:_MOST_NAMES]) + more
        output.notice(
            f"note: not checked, because they are links or not regular files: {names}. To check one, name it."
        )
    # The name of a directory also names its artifact, even if git ignores it or it is a link.
    is_named = os.path.lexists(own)
    if is_named:
        yield Target(own)
    elif not found.files and not found.unseen:
        hint = f"Files that git ignores are not searched. To create one: qwen-cfg resolve -o {ARTIFACT_NAME}"
        yield Target(directory, f"there is no {ARTIFACT_NAME} in or below this directory", hint)
    yield from (Target(name, is_found=True) for name in found.files if not is_named or name != own)
    hint = "Allow access to it, or name the artifacts in it."
    yield from (Target(name, error, hint) for name, error in found.unseen)


def check_each(targets: tuple[Target, ...], request: Request, options: CheckOptions, output: Output) -> list[Outcome]:
    """Check artifacts, each in its own directory, and return the outcomes in the order of the targets."""
    if not options.artifact_only:
        options = replace(options, git_status=_Statuses(targets).status)

    def check(index: int) -> Outcome:
        return _check_target(targets[index], request, options)

    def missing_outcome(index: int) -> Outcome:
        error = QwenCfgError("the process that checked this artifact was killed", hint="Check it alone.")
        return outcome_of_error(targets[index].name, error)

    work = Work(check, to_plain, from_plain, missing_outcome, _Progress(len(targets), output).show)
    # An update also writes the approvals, which only one process at a time can write.
    return work.all(len(targets), alone=options.update)


def _check_target(target: Target, request: Request, options: CheckOptions) -> Outcome:
    try:
        target.require()
        return outcome_of(check_artifact(with_config(request, target.name), options))
    except QwenCfgError as error:
        return outcome_of_error(target.name, error)
    except Exception as error:
        return outcome_of_error(target.name, unexpected_error(error))


class _Statuses:
    """The git status of the env files around artifacts, read in one call. Other files need a call each."""

    def __init__(self, targets: tuple[Target, ...]) -> None:
        files = (Path(os.path.realpath(os.path.dirname(target.name)), ARTIFACT_NAME) for target in targets)  # noqa: PTH120
        self._known = statuses_of(env_files_around(tuple(files)))

    def status(self, path: Path) -> GitStatus | None:
        """Return the git status of a file."""
        return self._known[path] if path in self._known else status_of(path)


class _Progress:
    """Shows the progress of the check on a terminal, once the check takes longer than a second."""

    def __init__(self, total: int, output: Output) -> None:
        self._total, self._output = total, output
        self._next = time.monotonic() + _PROGRESS_AFTER

    def show(self, done: int) -> None:
        """Show the number of finished artifacts."""
        now = time.monotonic()
        if done == self._total:
            self._output.progress("")
        elif now >= self._next and self._output.progress_columns:
            self._next = now + 0.1
            self._output.progress(progress_line(done, self._total, self._output.progress_columns))


def progress_line(done: int, total: int, columns: int) -> str:
    """Return a progress line of at most `columns` columns, with a bar if it fits."""
    text = f"checking {done:,} of {total:,} artifacts"
    filled = _BAR * done // max(total, 1)
    line = f"{text} [{'#' * filled}{'.' * (_BAR - filled)}]"
    return (line if len(line) <= columns else text)[:columns]
