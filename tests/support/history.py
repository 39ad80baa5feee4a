"""A git repository with artifacts in several revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_cfg.core.artifact import to_artifact
from qwen_schema import dump

from .git import git
from .trees import tree_of
from .worlds import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"


def artifact_text(**environ: str) -> str:
    """Return an artifact that was made with these variables."""
    with tree_of(Scene(environ={"OPENAI_API_KEY": KEY, **environ})) as tree:
        return dump(to_artifact(tree.resolve()))


@dataclass(frozen=True)
class History:
    """A repository that a test commits to."""

    tree: Path

    def git(self, *argv: str) -> str:
        return git(self.tree, *argv)

    def commit(self, files: Mapping[str, str | None], name: str = "") -> str:
        """Commit files (None removes one) and return the commit; with a name, make a branch of it."""
        for path, text in files.items():
            file = self.tree / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        if name:
            self.git("update-ref", f"refs/heads/{name}", "HEAD")
        return self.git("rev-parse", "HEAD")


def make_history(tree: Path) -> History:
    tree.mkdir(parents=True, exist_ok=True)
    history = History(tree)
    history.git("init", "--quiet", "--initial-branch=trunk")
    return history
