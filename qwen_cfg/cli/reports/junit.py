"""The format `junit`: JUnit XML for test reports, with a test case for each subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import printable, redact

from .problem import INVALID, in_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.cli.output import Output

    from .problem import Problem, Results, Subject

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def show(results: Results, output: Output) -> None:
    """Write a document with one test suite."""
    output.text("".join(f"{line}\n" for line in _document(results)))


def _document(results: Results) -> Iterator[str]:
    errors = sum(_is_error(subject) for subject in results.subjects)
    failures = sum(_fails(subject) for subject in results.subjects) - errors
    name = _escape(f"qwen-cfg {results.command}")
    counts = f'name="{name}" tests="{len(results.subjects)}" failures="{failures}" errors="{errors}"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites {counts}>"
    yield f'  <testsuite {counts} skipped="0">'
    for subject in results.subjects:
        yield from _case(subject, results.command)
    yield "  </testsuite>"
    yield "</testsuites>"


def _case(subject: Subject, command: str) -> Iterator[str]:
    name, file = _escape(subject.name), _escape(in_repository(subject.name))
    opening = f'    <testcase classname="qwen-cfg.{_escape(command)}" name="{name}" file="{file}"'
    if not subject.problems:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    kind = "error" if _is_error(subject) else "failure"
    failing = [problem for problem in subject.problems if problem.fails]
    if failing:
        # Programs show only one failure for each test.
        codes = _escape(", ".join(dict.fromkeys(problem.code for problem in failing)))
        yield f'      <{kind} type="{codes}" message="{_escape(failing[0].message)}">'
        yield from (f"        {_problem_text(problem)}" for problem in failing)
        yield f"      </{kind}>"
    others = [problem for problem in subject.problems if not problem.fails]
    if others:
        yield "      <system-out>"
        yield from (f"        {problem.level}: {_problem_text(problem)}" for problem in others)
        yield "      </system-out>"
    yield "    </testcase>"


def _problem_text(problem: Problem) -> str:
    return _escape(f"{problem.file}:{problem.line}: {problem.code}: {problem.message}")


def _fails(subject: Subject) -> bool:
    return any(problem.fails for problem in subject.problems)


def _is_error(subject: Subject) -> bool:
    """Return whether a subject could not be checked, which is an error in JUnit and not a failure."""
    return any(problem.code == INVALID for problem in subject.problems)


def _escape(text: str) -> str:
    """Return a text for an element or an attribute, without keys and without characters that XML 1.0 forbids."""
    return "".join(_ENTITIES.get(character, character) for character in printable(redact(text)))
