"""The result of `resolve --compare-profiles`: every profile side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import compilation_of
from qwen_cfg.application.incomplete import IncompleteError
from qwen_cfg.core.chosen_profile import ChosenProfile
from qwen_cfg.core.other_profiles import compare_profiles
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
    """The result under a profile: a resolution with its explanation, or an error."""

    profile: Profile
    resolution: Resolution | None
    explanation: Explanation | None
    error: QwenCfgError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of `resolve --explain` under this profile."""
        complete = self.resolution is not None and self.resolution.is_complete
        return ExitCode.OK if complete else ExitCode.CONFIGURATION


@record
class SideBySide:
    """The results under the profile in use, which comes first, and under every other profile."""

    compilation: Compilation
    outcomes: tuple[ProfileOutcome, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command, which is that of the profile in use."""
        return self.outcomes[0].exit_code

    def text(self, output: Output, color: Color) -> None:
        """Write the profiles as text, in columns."""
        from qwen_cfg.explanation.side_by_side import (  # noqa: PLC0415 - JSON needs no screen
            Column,
            side_by_side_screen,
        )

        columns = tuple(
            Column(o.profile.name, o.profile.title, o.explanation, f"{o.error}" if o.error else None)
            for o in self.outcomes
        )
        chosen_profile, world = self.compilation.chosen_profile, self.compilation.world
        head = (chosen_profile.rules, diagnose_profile(chosen_profile))
        place = world.standpoint.show_directory(world.cwd)
        output.screen(lambda width: side_by_side_screen(place, columns, width=width, head=head), color)

    def data(self) -> dict[str, object]:
        """Return the profiles as plain values."""
        return {
            "format": FORMAT,
            "exit_code": self.exit_code,
            "profiles": {outcome.profile.name: _outcome_data(outcome) for outcome in self.outcomes},
        }


def compare(request: Request, *, reveal: bool) -> SideBySide:
    """Return the result of a request under each profile. With `reveal`, keys are not masked."""
    compilation = compilation_of(request, "every profile")
    outcomes = [_outcome_under(compilation, profile, reveal=reveal) for profile in compilation.outcomes]
    return SideBySide(compilation, tuple(outcomes))


def _outcome_under(compilation: Compilation, profile: Profile, *, reveal: bool) -> ProfileOutcome:
    resolution = compilation.outcomes[profile]
    if not isinstance(resolution, Resolution):
        return ProfileOutcome(profile, None, None, resolution)
    others = compare_profiles(resolution, compilation.outcomes)
    # The document is the same as with --profile.
    chosen_profile = ChosenProfile(profile, compilation.chosen_profile.installed, "--profile")
    diagnostics = diagnose(resolution, other_profiles=others, chosen_profile=chosen_profile)
    explanation = explain(resolution, diagnostics, other_profiles=others, chosen_profile=chosen_profile, reveal=reveal)
    return ProfileOutcome(profile, resolution, explanation)


def _outcome_data(outcome: ProfileOutcome) -> dict[str, object]:
    """Return the explanation under a profile as plain values, or the error if there is none."""
    from qwen_cfg.explanation.data import explanation_data  # noqa: PLC0415

    if outcome.explanation is None or outcome.resolution is None:
        return error_data(outcome.error) if outcome.error else {}
    incomplete = None if outcome.resolution.is_complete else IncompleteError(outcome.explanation.diagnostics).as_data()
    return explanation_data(outcome.explanation, outcome.exit_code, incomplete)
