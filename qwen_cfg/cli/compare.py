"""`resolve --compare-profiles`: what every generation of Qwen Code makes of this place, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.explanation import explain
from qwen_cfg.generations import elsewhere
from qwen_cfg.rules import diagnose
from qwen_schema import ExitCode

from .incomplete import IncompleteError

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.explanation import Explanation
    from qwen_cfg.resolution import Resolution

    from .output import Output

FORMAT = 1


def compare(args: argparse.Namespace, resolution: Resolution, output: Output) -> int:
    """Show what this profile and every other resolve; the exit code is this one's."""
    others = (other.resolution for other in elsewhere(resolution))
    resolutions = (resolution, *(other for other in others if other is not None))
    explanations = tuple(explain(one, diagnose(one), reveal=args.show_secrets) for one in resolutions)
    code = _exit_code(resolution)
    if args.format == "json":
        output.data(_data(resolutions, explanations), secrets=args.show_secrets)
        return code
    from qwen_cfg.explanation.side_by_side import SideBySide, side_by_side_screen  # noqa: PLC0415

    compared = SideBySide(explanations)
    output.screen(lambda width: side_by_side_screen(compared, width=width), args.color)
    return code


def _exit_code(resolution: Resolution) -> ExitCode:
    return ExitCode.OK if resolution.is_complete else ExitCode.CONFIGURATION


def _data(resolutions: tuple[Resolution, ...], explanations: tuple[Explanation, ...]) -> dict[str, object]:
    from qwen_cfg.explanation.data import explanation_data  # noqa: PLC0415

    return {
        "format": FORMAT,
        "exit_code": _exit_code(resolutions[0]),
        "profiles": {
            explanation.profile: explanation_data(explanation, _exit_code(resolution), _error(resolution, explanation))
            for resolution, explanation in zip(resolutions, explanations, strict=True)
        },
    }


def _error(resolution: Resolution, explanation: Explanation) -> dict[str, object] | None:
    return None if resolution.is_complete else IncompleteError(explanation.diagnostics).as_data()
