"""Reads files from the revisions of a git repository, by its objects: nothing is checked out or written."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from qwen_schema import UsageError, did_you_mean, redact_unknown
from qwen_schema.bounded import LARGEST_BYTES
from qwen_schema.printable import shorten
from qwen_schema.records import field, record

from .git import ask_repository
from .git_command import is_installed
from .git_tree import work_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# The time limit for an answer about a whole tree, in seconds: a repository may have a million files.
_SECONDS = 60

# The modes of a tree's entries that are files; a link (120000) is not followed, a submodule (160000) is elsewhere.
_FILE_MODES = (b"100644", b"100755")

# More than the artifacts of any repository.
_MOST_FILES = 100_000

# Limits in bytes for one request to git, and for all of them: a small repository can contain huge files.
_MOST_BYTES = 64 * 1024 * 1024
_MOST_BYTES_OF_ALL = 512 * 1024 * 1024

# The limit for the name of a revision, in characters.
_LONGEST = 4096


@record
class Blob:
    """The content of a file in a revision, by its object ID in git; equal contents have equal IDs."""

    oid: str


@record
class Content:
    """The content of a blob, or the reason why there is none."""

    raw: bytes = field(default=b"", repr=False)
    problem: str = ""


@record
class Repository:
    """The repository around a directory. Names of files are relative to `top`, the top of the work tree."""

    directory: Path

    @property
    def top(self) -> Path:
        """The top of the work tree; the directory itself if there is none (a bare repository)."""
        return work_tree(self.directory) or self.directory

    def name_of(self, path: str) -> str:
        """Return the name in the repository of a path relative to the directory; empty for the top itself.

        Raises:
            UsageError: if the path is outside the work tree.
        """
        full = os.path.normpath(os.path.join(self.directory, path))  # noqa: PTH118 - links stay
        name = posixpath.normpath(os.path.relpath(full, self.top).replace(os.sep, "/"))
        if name == ".." or name.startswith("../"):
            raise UsageError("this path is outside the git work tree", where=path, hint="Name a path in it.")
        return "" if name == "." else name

    def commit(self, revision: str) -> str:
        """Return the ID of the commit that a revision names.

        Raises:
            UsageError: if there is no such commit or no repository, or git does not answer.
        """
        self._require()
        found = self._object_id(f"{revision}^{{commit}}") if is_word(revision) else None
        if found is None:
            raise self._unknown_revision(revision)
        return found

    def merge_base(self, one: str, other: str) -> str:
        """Return the best common ancestor of two commits.

        Raises:
            UsageError: if they have none.
        """
        answer = ask_repository(self.directory, "merge-base", one, other, seconds=_SECONDS)
        if answer is None or answer.returncode or not answer.stdout.strip():
            hint = "A shallow clone may lack it: git fetch --unshallow. Or name two revisions: A B."
            raise UsageError("git finds no common ancestor of the two revisions", hint=hint)
        return answer.stdout.split()[0].decode()

    def files(self, commit: str, is_wanted: Callable[[str], bool]) -> dict[str, Blob]:
        """Return the files of a commit whose names `is_wanted` selects, in git's order, without links and submodules.

        Raises:
            UsageError: if git cannot list all of them.
        """
        answer = ask_repository(self.directory, "ls-tree", "-r", "-z", "--full-tree", commit, seconds=_SECONDS)
        if answer is None or answer.returncode:
            hint = (
                "It may have too many files. In a partial clone, fetch its directories first: "
                "git fetch --refetch --filter=blob:none."
            )
            raise UsageError("git cannot list the files of this revision", where=commit[:12], hint=hint)
        found: dict[str, Blob] = {}
        for entry in answer.stdout.split(b"\0"):
            head, _, raw_name = entry.partition(b"\t")
            words, name = head.split(b" "), os.fsdecode(raw_name)
            if words[0] in _FILE_MODES and is_wanted(name):
                found[name] = Blob(words[2].decode())
            if len(found) > _MOST_FILES:
                raise UsageError(f"the revision has more than {_MOST_FILES:,} artifacts", where=commit[:12])
        return found

    def contents(self, blobs: Iterable[Blob]) -> dict[Blob, Content]:
        """Return the content of each blob, up to the size limit of an artifact.

        Raises:
            UsageError: if all contents together are too large, or git does not answer.
        """
        wanted = list(dict.fromkeys(blobs))
        sizes = self._sizes(wanted)
        found = {blob: Content(problem=_obstacle(sizes.get(blob))) for blob in wanted}
        small = [blob for blob in wanted if not found[blob].problem]
        if sum(sizes[blob] for blob in small) > _MOST_BYTES_OF_ALL:
            hint = "Compare fewer files at a time: -- PATH."
            raise UsageError("the artifacts that differ have more than 512 MiB together", hint=hint)
        for part in _parts(small, sizes):
            found |= self._read(part)
        return found

    def _require(self) -> None:
        """Check that git can be asked about the repository.

        Raises:
            UsageError: if git is not installed or does not answer, or there is no repository.
        """
        if not is_installed():
            raise UsageError(
                "git is not installed, so revisions cannot be read", hint="Install git, or name two files."
            )
        answer = ask_repository(self.directory, "rev-parse", "--git-dir")
        if answer is None:
            raise UsageError("git does not answer about this repository", where=str(self.top), hint="Try: git status")
        if answer.returncode:
            hint = "Revisions need a git repository. Change to one, or name two files."
            raise UsageError("this is not in a git repository", where=str(self.directory), hint=hint)

    def _unknown_revision(self, revision: str) -> UsageError:
        if self._object_id("HEAD^{commit}") is None and self._refs() == []:
            hint = "Commit first, or name two files."
            return UsageError("the repository has no commits", where=str(self.top), hint=hint)
        near = did_you_mean(revision, self._refs()) if len(revision) <= _LONGEST else ""
        hint = f"{near}Name a branch, a tag or a commit, or a file that exists."
        return UsageError(f"unknown revision '{shorten(redact_unknown(revision))}'", hint=hint)

    def _refs(self) -> list[str]:
        words = ("for-each-ref", "--count=1000", "--format=%(refname:short)")
        answer = ask_repository(self.directory, *words, seconds=_SECONDS)
        return [] if answer is None or answer.returncode else os.fsdecode(answer.stdout).splitlines()

    def _object_id(self, word: str) -> str | None:
        answer = ask_repository(self.directory, "rev-parse", "--quiet", "--verify", word, seconds=_SECONDS)
        return None if answer is None or answer.returncode else answer.stdout.strip().decode()

    def _sizes(self, blobs: list[Blob]) -> dict[Blob, int]:
        """Return the size in bytes of each blob that the repository contains."""
        answer = self._batch("--batch-check", blobs)
        lines = [line.split() for line in answer.splitlines()]
        return {Blob(line[0].decode()): int(line[2]) for line in lines if len(line) == 3 and line[1] == b"blob"}

    def _read(self, blobs: list[Blob]) -> dict[Blob, Content]:
        answer, at = self._batch("--batch", blobs), 0
        found = {}
        for blob in blobs:
            end = answer.find(b"\n", at)
            head = answer[at:end].split()
            if end < 0 or len(head) != 3 or head[0].decode() != blob.oid:
                found[blob] = Content(problem="git does not return its content")
                at = end + 1 if end >= 0 else at
                continue
            size = int(head[2])
            found[blob] = Content(answer[end + 1 : end + 1 + size])
            at = end + 1 + size + 1
        return found

    def _batch(self, option: str, blobs: list[Blob]) -> bytes:
        if not blobs:
            return b""
        names = "".join(f"{blob.oid}\n" for blob in blobs).encode()
        # Buffered for speed: git searches all packs for each missing object.
        answer = ask_repository(self.directory, "cat-file", option, "--buffer", input_=names, seconds=_SECONDS)
        if answer is None:
            raise UsageError("git does not answer about this repository", where=str(self.top), hint="Try: git status")
        return answer.stdout


def is_word(revision: str) -> bool:
    """Return whether a word may be passed to git as a revision: git cannot read it as an option or as two words."""
    return 0 < len(revision) <= _LONGEST and not revision.startswith("-") and revision.isprintable()


def _obstacle(size: int | None) -> str:
    if size is None:
        return "this clone does not have its content (a partial clone?)"
    return "it is larger than 1 MiB" if size > LARGEST_BYTES else ""


def _parts(blobs: list[Blob], sizes: dict[Blob, int]) -> Iterable[list[Blob]]:
    """Yield blobs in groups; each group is read with one request."""
    part: list[Blob] = []
    total = 0
    for blob in blobs:
        if part and total + sizes[blob] > _MOST_BYTES:
            yield part
            part, total = [], 0
        part.append(blob)
        total += sizes[blob]
    if part:
        yield part
