"""The table of output formats: what each is called, what it is for, and what writes a result in it."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Protocol

    from .output import Output
    from .reports.problem import Results

    class Shown(Protocol):
        """A result of a command, in the three shapes that formats are made from."""

        def text(self, output: Output) -> None:
            """Show it to people."""

        def data(self) -> object:
            """Return it as plain values."""

        def results(self) -> Results:
            """Return it as problems at places in files."""


class Views:
    """A result in the shapes that a command gives it; without `results`, it has no format that lists problems."""

    def __init__(
        self,
        text: Callable[[Output], None],
        data: Callable[[], object],
        results: Callable[[], Results] | None = None,
    ) -> None:
        self._text, self._data, self._results = text, data, results

    def text(self, output: Output) -> None:
        """Show it to people."""
        self._text(output)

    def data(self) -> object:
        """Return it as plain values."""
        return self._data()

    def results(self) -> Results:
        """Return it as problems at places in files."""
        assert self._results is not None  # noqa: S101 - no such format is offered then
        return self._results()


TEXT, JSON = "text", "json"

# The formats that list problems: each is the module of its name in `reports/`, loaded when it is used.
PROBLEMS = {
    "github": "annotations of GitHub Actions, and a table in the job's summary",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML, for test reports",
    "gitlab": "Code Quality of GitLab",
}


def add_format_option(parser: argparse.ArgumentParser, *names: str, told: str = "") -> None:
    """Add `--format` with the formats that a command has; the first one is the default."""
    described = "; ".join(f"{name}: {PROBLEMS[name]}" for name in names if name in PROBLEMS)
    parser.add_argument("--format", choices=list(names), default=names[0], help=told or described)


def show(form: str, shown: Shown, output: Output, *, secrets: bool = False, indent: int | None = 2) -> None:
    """Write a result in a format. JSON contains keys only with `secrets`, and is one line if `indent` is None."""
    RENDERERS[form](shown, output, secrets=secrets, indent=indent)


def _text(shown: Shown, output: Output, **_: object) -> None:
    shown.text(output)


def _json(shown: Shown, output: Output, *, secrets: bool, indent: int | None) -> None:
    output.data(shown.data(), secrets=secrets, indent=indent)


def _problems(name: str, shown: Shown, output: Output, **_: object) -> None:
    importlib.import_module(f"qwen_cfg.cli.reports.{name}").show(shown.results(), output)


RENDERERS: dict[str, Callable[..., None]] = {
    TEXT: _text,
    JSON: _json,
    **{name: partial(_problems, name) for name in PROBLEMS},
}
