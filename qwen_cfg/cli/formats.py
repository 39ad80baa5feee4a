"""The table of output formats: the name, the purpose and the renderer of each."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path
    from typing import Protocol

    from qwen_schema.codec import Form

    from .output import Output
    from .reports.problem import Results

    class Result(Protocol):
        """The result of a command, in the three forms that formats are made from."""

        def text(self, output: Output) -> None:
            """Write the result as text for people."""

        def data(self) -> object:
            """Return the result as plain values, for JSON."""

        def results(self) -> Results:
            """Return the result as problems at places in files."""


class Views:
    """A result made from functions. Without `results`, formats that list problems are not available."""

    def __init__(
        self,
        text: Callable[[Output], None],
        data: Callable[[], object],
        results: Callable[[], Results] | None = None,
    ) -> None:
        self._text, self._data, self._results = text, data, results

    def text(self, output: Output) -> None:
        """Write the result as text for people."""
        self._text(output)

    def data(self) -> object:
        """Return the result as plain values, for JSON."""
        return self._data()

    def results(self) -> Results:
        """Return the result as problems at places in files."""
        assert self._results is not None  # noqa: S101 - the command offers no such format
        return self._results()


TEXT, JSON = "text", "json"

# The formats that list problems. Each is a module of that name in `reports/`, imported when it is used.
PROBLEM_FORMATS = {
    "github": "annotations of GitHub Actions, and a table in the job's summary",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML, for test reports",
    "gitlab": "Code Quality of GitLab",
}


def add_format_option(parser: argparse.ArgumentParser, *names: str, help_text: str = "") -> None:
    """Add `--format` with the formats that a command has; the first one is the default."""
    descriptions = "; ".join(f"{name}: {PROBLEM_FORMATS[name]}" for name in names if name in PROBLEM_FORMATS)
    parser.add_argument(
        "--format", choices=list(names), default=names[0], help=help_text or f"the output format; {descriptions}"
    )


def artifact_form(path: Path) -> Form:
    """Return the form in which an artifact is written to a file, by the suffix of its name."""
    return "json" if path.suffix == ".json" else "toml"


def show(form: str, result: Result, output: Output, *, secrets: bool = False, indent: int | None = 2) -> None:
    """Write a result in a format. JSON has secrets only with `secrets`, and is one line if `indent` is None."""
    RENDERERS[form](result, output, secrets=secrets, indent=indent)


def _text(result: Result, output: Output, **_: object) -> None:
    result.text(output)


def _json(result: Result, output: Output, *, secrets: bool, indent: int | None) -> None:
    output.data(result.data(), secrets=secrets, indent=indent)


def _problems(name: str, result: Result, output: Output, **_: object) -> None:
    importlib.import_module(f"qwen_cfg.cli.reports.{name}").show(result.results(), output)


RENDERERS: dict[str, Callable[..., None]] = {
    TEXT: _text,
    JSON: _json,
    **{name: partial(_problems, name) for name in PROBLEM_FORMATS},
}
