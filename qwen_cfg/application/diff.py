"""Compares two artifacts, all artifacts of two git revisions, or the resolutions in two environments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_cfg.core.changes import ArtifactChange as Change
from qwen_cfg.core.changes import Changes, artifact_change, one_sided_change, resolution_change
from qwen_cfg.reading.revisions import Repository, is_word
from qwen_cfg.writing.artifact_file import ARTIFACT_NAME, read_artifact
from qwen_schema import ArtifactError, QwenCfgError, UsageError, did_you_mean, load, redact_unknown
from qwen_schema import patterns as re
from qwen_schema.envfile import Subject, file_values
from qwen_schema.envfile.text import decode_text
from qwen_schema.records import record, replace

from .compilation import compilation_of
from .incomplete import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from qwen_cfg.reading.revisions import Blob, Content
    from qwen_schema import ResolvedConfig

    from .compilation import Compilation
    from .request import Request

# Variables that a file of variables does not change, since files and programs are those of this machine.
_MACHINE_VARIABLES = ("HOME", "PATH", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "SYSTEMROOT", "PATHEXT")

# The separators of two revisions, as in git.
_COMMON, _BOTH = "...", ".."

# A file in a revision: a colon within braces, as in HEAD@{10:00}, is part of the revision.
_IN_REVISION = re.compile(r"(?P<revision>(?:[^:{}]|\{[^}]*\})+):(?P<path>.+)", re.DOTALL)

_FORMS = "Name two artifacts (A B), two revisions (A B, A..B or A...B), or one of each as REVISION:FILE."


@record
class Side:
    """One side of a comparison: an artifact in a file, an artifact in a revision, or all artifacts of a revision."""

    word: str
    file: str = ""
    revision: str = ""

    @property
    def is_artifact(self) -> bool:
        """Whether the side is a single artifact."""
        return bool(self.file)


def _ignore(done: int, total: int) -> None:
    """Ignore the progress."""


def diff_of(
    cwd: Path, words: Sequence[str], paths: Sequence[str], *, strict: bool, note: Callable[[int, int], None] = _ignore
) -> Changes:
    """Return the changes between the artifacts or revisions that words name; `paths` limits the files of revisions.

    `note` is called with the number of compared artifacts and their total.

    Raises:
        UsageError: if the words name nothing that can be compared.
        ArtifactError: if one of two artifacts is invalid.
    """
    if len(words) == 1 and (ends := _range(words[0])) is not None:
        return _revisions(cwd, ends, paths, strict=strict, note=note)
    if len(words) == 2 and _range(words[0]) is not None:
        return diff_of(cwd, words[:1], (words[1], *paths), strict=strict, note=note)
    if len(words) == 1:
        one = _side(words[0])
        revision = redact_unknown(one.word)
        here = f"To compare with the file here: qwen-cfg diff {revision}:{ARTIFACT_NAME} {ARTIFACT_NAME}. "
        raise UsageError("nothing to compare with", hint=f"{'' if one.is_artifact else here}{_FORMS}")
    if len(words) != 2:
        raise UsageError("nothing to compare", hint=_FORMS)
    old, new = _side(words[0]), _side(words[1])
    if old.is_artifact != new.is_artifact:
        one = old if old.is_artifact else new
        other = new if old.is_artifact else old
        Repository(cwd).commit(other.revision)  # Raises an error for a word that is neither a file nor a revision.
        artifact, revision = redact_unknown(one.word), redact_unknown(other.word)
        raise UsageError(
            f"{artifact} is an artifact, and {revision} is not a file",
            hint=f"Compare it with the file in a revision: {revision}:{artifact}. {_FORMS}",
        )
    if old.is_artifact:
        if paths:
            raise UsageError("a path can only limit revisions", where=paths[0], hint=_FORMS)
        (_, before), (text, after) = _artifact(cwd, old), _artifact(cwd, new)
        change = artifact_change(new.word, before, after, strict=strict)
        changes = (replace(change, path=new.file, text=text),) if change.differences else ()
        return Changes("artifacts", old.word, new.word, 1, changes, strict)
    return _revisions(cwd, (old.revision, new.revision, _BOTH), paths, strict=strict, note=note)


def environments(request: Request, files: Sequence[Path], shown: Sequence[str], *, only: bool, strict: bool) -> Changes:
    """Return the changes from the resolution in this environment to that with the variables of a file.

    With two files, both sides have the variables of a file. These are added to this environment, or replace it with
    `only`. The directory, the home and the `qwen` on the PATH do not change.

    Raises:
        EnvFileError: if a file cannot be read.
    """
    with_files = [_request_with(request, file, name, only=only) for file, name in zip(files, shown, strict=True)]
    sides = with_files if len(with_files) == 2 else [request, *with_files]
    names = [f"with {name}" for name in shown]
    names = names if len(names) == 2 else ["here", *names]
    old, new = (compilation_of(side, of_artifact=True) for side in sides)
    place = old.world.standpoint.show_directory(old.world.cwd)
    change = resolution_change(place, old.resolution, new.resolution, strict=strict)
    changes = (replace(change, path=shown[-1]),) if change.differences else ()
    notes = tuple(_notes({names[0]: old, names[1]: new}))
    return Changes("environments", names[0], names[1], 1, changes, strict, notes)


def _request_with(request: Request, file: Path, shown: str, *, only: bool) -> Request:
    process = request.process
    values = file_values(process.cwd / file, shown, request.dialect or "dotenv")
    compared = {name: value for name, value in values.items() if name not in _MACHINE_VARIABLES}
    kept = {name: text for name, text in process.environ.items() if not only or name in _MACHINE_VARIABLES}
    return replace(request, process=replace(process, environ={**kept, **compared}))


def _notes(sides: Mapping[str, Compilation]) -> Iterator[str]:
    """Yield notes about the sides: different rules, and the reason why a side is incomplete."""
    rules = {name: side.chosen_profile.rules for name, side in sides.items()}
    if len(set(rules.values())) > 1:
        yield "; ".join(f"{name}: {words}" for name, words in rules.items())
    found = {name: _incomplete(side) for name, side in sides.items()}
    is_same = len(set(found.values())) == 1
    for name, why in found.items():
        if why:
            yield f"{'on both sides' if is_same else name}, the configuration is incomplete: {why}"
        if is_same:
            break


def _incomplete(side: Compilation) -> str:
    return "" if side.resolution.is_complete else IncompleteError(side.diagnostics).what


def _side(word: str) -> Side:
    """Return the side that a word names. A file comes before a revision of the same name."""
    file = os.path.join(word, ARTIFACT_NAME) if os.path.isdir(word) else word  # noqa: PTH112, PTH118 - "./" stays
    if os.path.exists(file):  # noqa: PTH110 - a text
        return Side(word, file)
    if (found := _IN_REVISION.fullmatch(word)) is not None:
        return Side(word, found["path"], found["revision"])
    if word.endswith((".toml", ".json")) or word.startswith((".", "/")):
        raise ArtifactError("there is no such file", where=word, hint=_similar_name(word) or _FORMS)
    return Side(word, revision=word)


def _similar_name(word: str) -> str:
    """Return a hint at a file in the same directory with a similar name; empty if there is none."""
    directory, name = os.path.split(word)
    try:
        beside = sorted(os.listdir(directory or "."))  # noqa: PTH208 - names are wanted
    except (OSError, ValueError):
        return ""
    return did_you_mean(name, [each for each in beside if each.endswith((".toml", ".json"))]).strip()


def _range(word: str) -> tuple[str, str, str] | None:
    """Return the two revisions of a range and their separator; an empty revision is HEAD."""
    if os.path.exists(word) or word.startswith(("./", "../", "/")):  # noqa: PTH110 - a text
        return None
    for between in (_COMMON, _BOTH):
        old, found, new = word.partition(between)
        if found:
            return old or "HEAD", new or "HEAD", between
    return None


def _artifact(cwd: Path, side: Side) -> tuple[str, ResolvedConfig]:
    """Return the text of an artifact, and the artifact."""
    if not side.revision:
        return read_artifact(cwd / side.file, side.file)
    repository = Repository(cwd)
    commit = repository.commit(side.revision)
    # As in git, a path is relative to the top, or with ./ to the working directory.
    name = repository.name_of(side.file) if side.file.startswith(("./", "../")) else side.file
    blob = repository.files(commit, lambda file: file == name).get(name)
    if blob is None:
        hint = "The path is relative to the top of the repository, or with ./ to the working directory."
        raise UsageError("the revision has no such file", where=side.word, hint=hint)
    return _parse(repository.contents([blob])[blob], side.word)


def _parse(content: Content, where: str) -> tuple[str, ResolvedConfig]:
    """Return the text of a file in a revision, and the artifact.

    Raises:
        ArtifactError: if the content is not an artifact.
    """
    if content.problem:
        raise ArtifactError(content.problem, where=where)
    text = decode_text(content.raw, Subject(where, "artifact", ArtifactError, ""))
    return text, load(text, where=where)


def _revisions(
    cwd: Path, ends: tuple[str, str, str], paths: Sequence[str], *, strict: bool, note: Callable[[int, int], None]
) -> Changes:
    repository, (one, other, between) = Repository(cwd), ends
    for word in (one, other):
        if not is_word(word):
            raise UsageError(f"this is not the name of a revision: {redact_unknown(word)}", hint=_FORMS)
    old, new = repository.commit(one), repository.commit(other)
    if between == _COMMON:
        old = repository.merge_base(old, new)
    is_wanted = _file_filter(repository, paths)
    before, after = repository.files(old, is_wanted), repository.files(new, is_wanted)
    if paths and not before and not after:
        raise UsageError("neither revision has an artifact there", where=", ".join(paths))
    changed = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    artifacts = _Artifacts(repository, (before, after), changed, (one, other))
    changes = []
    for number, name in enumerate(sorted(changed)):
        note(number, len(changed))
        changes.append(_change(artifacts, name, strict=strict))
    differing = tuple(change for change in changes if change.status != "same")
    return Changes("revisions", one, other, len(before.keys() | after.keys()), differing, strict)


def _file_filter(repository: Repository, paths: Sequence[str]) -> Callable[[str], bool]:
    """Return the function that selects the compared files of a revision: each `qwen.toml`, or those below paths."""
    names = [repository.name_of(path) for path in paths]
    roots = tuple(f"{name}/" if name else "" for name in names)

    def is_wanted(file: str) -> bool:
        is_artifact = file == ARTIFACT_NAME or file.endswith(f"/{ARTIFACT_NAME}")
        return file in names or (is_artifact and (not names or file.startswith(roots)))

    return is_wanted


class _Artifacts:
    """The artifacts of two revisions, each content read and parsed once."""

    def __init__(
        self,
        repository: Repository,
        sides: tuple[dict[str, Blob], dict[str, Blob]],
        changed: Sequence[str],
        names: tuple[str, str],
    ) -> None:
        self._repository = repository
        self._sides = sides
        self._names = names
        blobs = [side[file] for side in sides for file in changed if file in side]
        self._contents = repository.contents(blobs)
        self._parse: dict[Blob, tuple[str, ResolvedConfig]] = {}

    def of(self, file: str) -> tuple[tuple[str, ResolvedConfig] | None, ...]:
        """Return the text and the artifact of a file in each revision.

        Raises:
            ArtifactError: if one of them is not valid.
        """
        return tuple(self._artifact(file, side, name) for side, name in zip(self._sides, self._names, strict=True))

    def path(self, file: str) -> str:
        """Return the path of a file on this disk, where it need not exist."""
        return str(self._repository.top / file)

    def _artifact(self, file: str, side: dict[str, Blob], name: str) -> tuple[str, ResolvedConfig] | None:
        blob = side.get(file)
        if blob is None:
            return None
        if blob not in self._parse:
            self._parse[blob] = _parse(self._contents[blob], f"{name}:{file}")
        return self._parse[blob]


def _change(artifacts: _Artifacts, file: str, *, strict: bool) -> Change:
    path = artifacts.path(file)
    try:
        old, new = artifacts.of(file)
    except QwenCfgError as error:
        return Change(file, "broken", error=error, path=path)
    if old is not None and new is not None:
        change = artifact_change(file, old[1], new[1], strict=strict)
        return replace(change, path=path, text=new[0])
    one = new or old
    assert one is not None  # noqa: S101 - it is in one of the revisions
    return replace(one_sided_change(file, one[1], is_new=old is None), path=path, text=one[0])
