"""An archive with its own `.git`, whose settings name a program wherever git allows it; and an old git."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .git import git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Settings that name a program for git commands that qwen-cfg does not use. Every archive below has them.
OTHER_COMMANDS = (
    *("core.pager", "pager.ls-files", "pager.check-ignore", "core.editor", "sequence.editor", "core.askPass"),
    *("core.alternateRefsCommand", "credential.helper", "diff.external", "diff.x.command", "diff.x.textconv"),
    *("filter.x.clean", "filter.x.smudge", "filter.x.process", "merge.x.driver", "gpg.program", "gpg.ssh.program"),
    *("remote.origin.receivepack", "uploadpack.packObjectsHook", "trailer.x.command", "interactive.diffFilter"),
    *("hook.x.command", "browser.x.cmd", "man.x.cmd", "difftool.x.cmd", "mergetool.x.cmd", "tar.x.command"),
    *("gpg.ssh.defaultKeyCommand", "web.browser", "core.hooksPath", "submodule.x.update"),
)
# The further settings file that each of these settings leads to.
FURTHER_FILES = {"include.path": "more", "extensions.worktreeConfig": "config.worktree"}
HOOKS = ("post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout", "fsmonitor-watchman")


@dataclass(frozen=True)
class PartialClone:
    """A partial clone whose sparse index needs a missing tree.

    Every question about the index makes git fetch the tree from the remote, with the programs that the settings name.
    """

    tree: Path

    @property
    def program(self) -> Path:
        return self.tree / ".git/program"

    def configure(self, settings: Mapping[str, str]) -> None:
        """Add settings to those that every archive has; `{program}` and `{tree}` are replaced in them."""
        own = {
            "core.repositoryFormatVersion": "1",
            "extensions.partialClone": "origin",
            "remote.origin.promisor": "true",
            "remote.origin.url": "{tree}",
            "protocol.allow": "always",
            **{f"protocol.{name}.allow": "always" for name in ("file", "ext", "ssh", "git", "https")},
            **dict.fromkeys(OTHER_COMMANDS, "{program}"),
        }
        (self.tree / ".git/config").write_text("", encoding="utf-8")
        for name, value in {**own, **settings}.items():
            filled = [word.format(program=self.program, tree=self.tree) for word in (name, value)]
            git(self.tree, "config", "--add", *filled)
        for file in (FURTHER_FILES[name] for name in settings if name in FURTHER_FILES):
            for name in ("remote.origin.uploadpack", "core.fsmonitor"):
                git(self.tree, "config", "--file", str(self.tree / ".git" / file), name, str(self.program))

    def has_run(self) -> bool:
        """Return whether the program has run since the last call."""
        marker = self.tree.parent / "it-ran"
        ran = marker.exists()
        marker.unlink(missing_ok=True)
        return ran


def partial_clone(tree: Path) -> PartialClone:
    """Make a directory a partial clone with a tracked `.env`."""
    for name in ("in/f", "out/f", ".env", "out/.gitignore"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        if not (tree / name).exists():
            (tree / name).write_text("x", encoding="utf-8")
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "x")
    git(tree, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    missing = git(tree, "rev-parse", "HEAD:out")
    (tree / ".git/objects" / missing[:2] / missing[2:]).unlink()
    clone = PartialClone(tree)
    clone.program.write_text(f"#!/bin/sh\ntouch {tree.parent}/it-ran\n", encoding="utf-8")
    clone.program.chmod(0o755)
    (tree / ".git/hooks").mkdir()
    for hook in HOOKS:
        (tree / ".git/hooks" / hook).symlink_to(clone.program)
    return clone


def path_with_old_git(directory: Path) -> str:
    """Return a PATH with a git that does not know GIT_NO_LAZY_FETCH, like git before 2.39.4."""
    directory.mkdir(parents=True)
    shim = directory / "git"
    shim.write_text(f'#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec {shutil.which("git")} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return f"{directory}:{os.environ['PATH']}"
