"""The explanation of a request or an artifact for a caller from Python, as text and as plain values."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from qwen_schema import ExitCode, SecretReference, redact, show_value, to_document, without_secrets
from qwen_schema.redacted_data import redacted_data

from .compilation import compilation_of
from .incomplete import IncompleteError

if TYPE_CHECKING:
    from qwen_cfg.explanation import Explanation
    from qwen_cfg.explanation.styled import Part
    from qwen_schema import ResolvedConfig

    from .compilation import Compilation
    from .request import Request

# In columns.
_WIDTH = 100


def resolution_text(request: Request, *, everything: bool) -> str:
    """Return the screen that explains a resolution, with every place of the search. Files are read again."""
    from qwen_cfg.explanation.plain import plain_text  # noqa: PLC0415 - not every caller explains
    from qwen_cfg.explanation.text import screen  # noqa: PLC0415

    drawn = screen(_explanation(_survey(request)), width=_WIDTH, everything=everything)
    text = plain_text(drawn, _WIDTH)
    text = _render_with_rich(drawn) if text is None else text
    return redact("\n".join(line.rstrip() for line in text.splitlines()) + "\n")


def _render_with_rich(drawn: Part) -> str:
    from rich.console import Console  # noqa: PLC0415 - slow to load, and few screens need it

    canvas = StringIO()
    # The text must not depend on variables of this process.
    console = Console(file=canvas, width=_WIDTH, no_color=True, highlight=False, markup=False, emoji=False, _environ={})
    console.print(drawn)
    return canvas.getvalue()


def resolution_data(request: Request) -> dict[str, Any]:
    """Return the explanation of a resolution as plain values, in the form of `explain.schema.json`."""
    from qwen_cfg.explanation.data import explanation_data  # noqa: PLC0415 - not every caller explains

    compilation = _survey(request)
    is_complete = compilation.resolution.is_complete
    error = None if is_complete else IncompleteError(compilation.diagnostics).as_data()
    code = ExitCode.OK if is_complete else ExitCode.CONFIGURATION
    data: dict[str, Any] = redacted_data(explanation_data(_explanation(compilation), code, error))
    return data


def artifact_text(name: str, artifact: ResolvedConfig) -> str:
    """Return the fields of an artifact as text, with their values and the recorded origins."""
    rows = [
        (field, str(value) if isinstance(value, SecretReference) else show_value(value))
        for field, value in artifact.config.items()
    ]
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = [f"  {n:<{names}}  {v:<{values}}  {artifact.provenance[n].text}".rstrip() for n, v in rows]
    return redact("\n".join((f"{name} (rules: {artifact.profile})", "", *lines, "")))


def artifact_data(artifact: ResolvedConfig) -> dict[str, Any]:
    """Return an artifact as plain values, without a key in it."""
    data: dict[str, Any] = redacted_data(to_document(without_secrets(artifact)))
    return data


def _survey(request: Request) -> Compilation:
    return compilation_of(request, "survey", of_artifact=True)


def _explanation(compilation: Compilation) -> Explanation:
    from qwen_cfg.explanation import explain  # noqa: PLC0415

    return explain(
        compilation.resolution,
        compilation.without_trusted(compilation.diagnostics),
        other_profiles=compilation.other_profiles,
        chosen_profile=compilation.chosen_profile,
    )
