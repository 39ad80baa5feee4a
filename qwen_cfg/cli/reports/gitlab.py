"""The format `gitlab`: a Code Quality report for merge requests (GitLab, "Code Quality report format")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

    from .problem import Problem, Results

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def show(results: Results, output: Output) -> None:
    """Write a list of issues."""
    output.data(document(results))


def document(results: Results) -> list[dict[str, Any]]:
    """Return the issues as plain values. Each has its own fingerprint: GitLab shows one issue per fingerprint."""
    counts: dict[str, int] = {}
    issues = []
    for problem in results.problems:
        identity = "\0".join((problem.code, problem.file, problem.about))
        counts[identity] = counts.get(identity, 0) + 1
        issues.append(_issue(problem, f"{identity}\0{counts[identity]}"))
    return issues


def _issue(problem: Problem, identity: str) -> dict[str, Any]:
    from hashlib import sha256  # noqa: PLC0415 - slow to import

    return {
        "description": problem.message,
        "check_name": f"qwen-cfg: {problem.code}",
        "fingerprint": sha256(identity.encode("utf-8", "surrogateescape")).hexdigest(),
        "severity": _SEVERITIES[problem.level],
        "location": {"path": problem.file, "lines": {"begin": problem.line}},
    }
