"""The result of `doctor`: line by line as text, or as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from qwen_cfg.core.layers import layer_named
from qwen_cfg.explanation.layout import SIDE_BY_SIDE_WIDTH, grid, stack_cells
from qwen_cfg.explanation.styled import Group, Lines, Text
from qwen_schema import ExitCode, mask, printable, redact_unknown, show_value, to_document, without_secrets
from qwen_schema.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.explanation.styled import Part
    from qwen_runtime import ReadyConfig
    from qwen_runtime.doctor import Step
    from qwen_schema import ResolvedConfig

FORMAT = 1

# The mark and the style of each outcome.
_MARKS = {"ok": ("✓", "green"), "failed": ("✗", "bold red"), "skipped": ("\N{EN DASH}", "dim"), "note": ("!", "yellow")}
_NAME_WIDTH = 6


@record
class Examination:
    """The steps of a finished examination."""

    steps: tuple[Step, ...]

    @property
    def first_failure(self) -> Step | None:
        """The first step that failed; None if there is none."""
        return next((step for step in self.steps if step.outcome == "failed" and not self._is_overruled(step)), None)

    def _is_overruled(self, step: Step) -> bool:
        """Return whether a failure is ignored: a key may be valid for a chat but not for the list of models."""
        answers = any(other.name == "chat" and other.outcome == "ok" for other in self.steps)
        return answers and step.name in ("models", "model")

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the first failed step, or 0."""
        error = self.first_failure.error if self.first_failure else None
        return ExitCode.OK if error is None else error.exit_code


def heading(use: ReadyConfig, rules: str, width: int) -> Part:
    """Return the rules in use, and the values of the connection with their origins."""
    rows = [
        (Text(name, "bold"), Text(_redact(value)), Text(_redact(origin), "dim"))
        for name, value, origin in _settings(use)
    ]
    table = grid(rows, width) if width >= SIDE_BY_SIDE_WIDTH else None
    return Group(Lines(Text(_redact(rules), "dim")), *(stack_cells(rows) if table is None else [table]), Text())


def line(step: Step, width: int) -> Part:
    """Return a step as a line, with the place of the error and the hint below it."""
    mark, style = _MARKS[step.outcome]
    what = Text(_redact(step.what), "dim" if step.outcome == "skipped" else "")
    if step.seconds is not None:
        what.append(f"  {step.seconds:.2f} s", "dim")
    place = step.error.where if step.error else ""
    under = [Lines(Text(_redact(text), style), 4) for text, style in ((place, ""), (step.hint, "dim")) if text]
    head = Text(f"{mark} {step.name.ljust(_NAME_WIDTH)}", style)
    hanging = 4 if width < SIDE_BY_SIDE_WIDTH else head.cell_len + 2
    return Group(Lines(Text().append_text(head).append("  ").append_text(what), hanging=hanging), *under)


def closing(examination: Examination, width: int) -> Part:  # noqa: ARG001 - like the other parts
    """Return the conclusion: all steps passed, or the first of several things to fix."""
    first = examination.first_failure
    if first is None:
        count = sum(step.outcome == "note" for step in examination.steps)
        notes = f", with {count} note{'' if count == 1 else 's'}" if count else ""
        exception = ", except the list of models" if any(s.outcome == "failed" for s in examination.steps) else ""
        return Group(Text(), Lines(Text(f"all steps passed{notes}{exception}", "green")))
    if sum(step.outcome == "failed" for step in examination.steps) == 1 and first.hint:
        return Group()
    return Group(Text(), Lines(Text(f"First fix ({first.name}): {_redact(first.hint or first.what)}", "bold")))


def document(artifact: ResolvedConfig, examination: Examination) -> dict[str, Any]:
    """Return the examination as plain values, without secrets."""
    artifact_document = to_document(without_secrets(artifact))
    first = examination.first_failure
    return {
        "format": FORMAT,
        "config": artifact_document["config"],
        "provenance": artifact_document["provenance"],
        "steps": [_step_data(step) for step in examination.steps],
        "error": first.error.as_data() if first and first.error else None,
        "exit_code": int(examination.exit_code),
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "outcome": step.outcome,
        "what": step.what,
        "hint": step.hint,
        "seconds": None if step.seconds is None else round(step.seconds, 3),
        "error": step.error.as_data() if step.error else None,
    }


def _settings(use: ReadyConfig) -> Iterator[tuple[str, str, str]]:
    """Yield the values of the connection: name, value and origin."""
    artifact = use.artifact
    yield "base_url", artifact.text("base_url"), _origin(artifact, "base_url")
    yield "model", artifact.text("model"), _origin(artifact, "model")
    if use.key is None:
        yield "login", "Qwen OAuth", str(artifact.api_key.path)
    else:
        yield "api_key", mask(use.key.reveal()), _key_origin(artifact)
    proxy_settings = {
        "proxy": artifact.text("proxy"),
        "no_proxy": artifact.text("proxy") and show_value(cast("tuple[str, ...]", artifact.config["no_proxy"])),
        "ca_bundle": artifact.text("ca_bundle"),
    }
    for name, value in proxy_settings.items():
        if value and not layer_named(artifact.provenance[name].layer).is_default:
            yield name, value, _origin(artifact, name)


def _origin(artifact: ResolvedConfig, name: str) -> str:
    return artifact.provenance[name].text


def _key_origin(artifact: ResolvedConfig) -> str:
    """Return the origin of the key, or the present reference to it if --secret-from has changed the reference."""
    reference, recorded = artifact.api_key, artifact.provenance["api_key"]
    is_recorded = reference.kind == recorded.layer and reference.variable == recorded.variable
    is_same_file = reference.path is None or str(recorded.origin).startswith(f"{reference.path}:")
    return recorded.text if is_recorded and is_same_file else str(reference)


def _redact(text: str) -> str:
    return printable(redact_unknown(text))
