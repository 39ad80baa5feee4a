"""The format `sarif`: SARIF 2.1.0 for GitHub code scanning and editors (OASIS, sections 3.13 to 3.58)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from qwen_schema.version import VERSION

from .problem import CHANGE, DRIFT, INVALID, NOTE

if TYPE_CHECKING:
    from qwen_cfg.cli.output import Output

    from .problem import Problem, Results

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

# The codes that are not rules of the catalogue, with their levels and descriptions.
_OWN_RULES = {
    DRIFT: ("error", "The artifact differs from what resolves now."),
    CHANGE: ("warning", "The artifact changes from one side of the comparison to the other."),
    INVALID: ("error", "The artifact cannot be checked."),
    NOTE: ("note", "Something to know about the artifact."),
}


def show(results: Results, output: Output) -> None:
    """Write a log with one run."""
    output.data(document(results))


def document(results: Results) -> dict[str, Any]:
    """Return the log as plain values."""
    rules = _rules(results)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "qwen-cfg", "version": VERSION, "rules": rules}},
        "invocations": [
            {
                "executionSuccessful": not any(problem.code == INVALID for problem in results.problems),
                "exitCode": results.exit_code,
            }
        ],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the top of the repository"}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, index) for problem in results.problems],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(results: Results) -> list[dict[str, Any]]:
    """Return the descriptions of the rules that have findings, in the order of their codes."""
    own = [(code, level, text) for code, (level, text) in _OWN_RULES.items()]
    found = {problem.code for problem in results.problems}
    return [
        {"id": code, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for code, level, text in sorted((*own, *results.rules))
        if code in found
    ]


def _result(problem: Problem, index: dict[str, int]) -> dict[str, Any]:
    place = {"artifactLocation": _location(problem.file), "region": {"startLine": problem.line}}
    return {
        "ruleId": problem.code,
        "ruleIndex": index[problem.code],
        "level": problem.level,
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
        # Identifies a result if its line has moved.
        "partialFingerprints": {"qwenCfg/v1": ":".join((problem.code, problem.about, problem.file))},
    }


def _location(file: str) -> dict[str, str]:
    """Return the URI of a file: relative to the repository, or else absolute."""
    if Path(file).is_absolute() or file.startswith("../"):
        return {"uri": Path(os.path.normpath(Path(file).absolute())).as_uri()}
    return {"uri": quote(os.fsencode(file)), "uriBaseId": "%SRCROOT%"}
