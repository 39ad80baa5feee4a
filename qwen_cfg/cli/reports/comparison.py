"""`resolve --compare-profiles`: what every generation of Qwen Code makes of this place, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.incomplete import IncompleteError
from qwen_cfg.core.chosen_profile import ChosenProfile
from qwen_cfg.core.other_profiles import elsewhere
from qwen_cfg.core.resolution import Resolution
from qwen_cfg.explanation import explain
from qwen_cfg.rules import diagnose, diagnose_profile
from qwen_schema import ExitCode
from qwen_schema.records import record

from .error import error_data

if TYPE_CHECKING:
    from qwen_cfg.application.compilation import Compilation
    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_cfg.cli.painting import Color
    from qwen_cfg.explanation import Explanation
    from qwen_schema import Profile, QwenCfgError

FORMAT = 1


@record
class ProfileOutcome:
    """What a profile makes of the world: a resolution with its explanation, or the error that is there instead."""

    profile: Profile
    resolution: Resolution | None
    explanation: Explanation | None
    error: QwenCfgError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """What `resolve --explain` under this profile ends with."""
        complete = self.resolution is not None and self.resolution.is_complete
        return ExitCode.OK if complete else ExitCode.CONFIGURATION


def compare(request: Request, output: Output, *, form: str | None, color: Color, reveal: bool) -> int:
    """Show what the profile that is asked for and every other resolve; the exit code is the first one's."""
    compilation = compilation_of(request, "every profile")
    made = [_made(compilation, profile, reveal=reveal) for profile in compilation.outcomes]
    if form == "json":
        output.data(_data(made), secrets=reveal)
        return made[0].exit_code
    from qwen_cfg.explanation.side_by_side import Column, side_by_side_screen  # noqa: PLC0415

    columns = tuple(
        Column(m.profile.name, m.profile.title, m.explanation, f"{m.error}" if m.error else None) for m in made
    )
    generation = compilation.generation
    head = (generation.rules, diagnose_profile(generation))
    place = compilation.world.standpoint.show_directory(compilation.world.cwd)
    output.screen(lambda width: side_by_side_screen(place, columns, width=width, head=head), color)
    return made[0].exit_code


def _made(compilation: Compilation, profile: Profile, *, reveal: bool) -> ProfileOutcome:
    outcome = compilation.outcomes[profile]
    if not isinstance(outcome, Resolution):
        return ProfileOutcome(profile, None, None, outcome)
    others = elsewhere(outcome, compilation.outcomes)
    # As with --profile, which gives the same document.
    generation = ChosenProfile(profile, compilation.generation.installed, "--profile")
    diagnostics = diagnose(outcome, other_profiles=others, generation=generation)
    explained = explain(outcome, diagnostics, other_profiles=others, generation=generation, reveal=reveal)
    return ProfileOutcome(profile, outcome, explained)


def _data(made: list[ProfileOutcome]) -> dict[str, object]:
    return {
        "format": FORMAT,
        "exit_code": made[0].exit_code,
        "profiles": {one.profile.name: _one(one) for one in made},
    }


def _one(made: ProfileOutcome) -> dict[str, object]:
    """Return the explanation under a profile, or the error that is printed in its place."""
    from qwen_cfg.explanation.data import explanation_data  # noqa: PLC0415

    if made.explanation is None or made.resolution is None:
        return error_data(made.error) if made.error else {}
    incomplete = None if made.resolution.is_complete else IncompleteError(made.explanation.diagnostics).as_data()
    return explanation_data(made.explanation, made.exit_code, incomplete)
