"""`resolve --compare-profiles`: what every version of Qwen Code makes of this place, side by side."""

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


@record
class SideBySide:
    """What the profile that is asked for and every other resolve; the exit code is the first one's."""

    compilation: Compilation
    outcomes: tuple[ProfileOutcome, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        return self.outcomes[0].exit_code

    def text(self, output: Output, color: Color) -> None:
        """Show the profiles to people, in columns."""
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
            "profiles": {one.profile.name: _one(one) for one in self.outcomes},
        }


def compare(request: Request, *, reveal: bool) -> SideBySide:
    """Return what each profile resolves for a request; keys are in it only with `reveal`."""
    compilation = compilation_of(request, "every profile")
    outcomes = [_made(compilation, profile, reveal=reveal) for profile in compilation.outcomes]
    return SideBySide(compilation, tuple(outcomes))


def _made(compilation: Compilation, profile: Profile, *, reveal: bool) -> ProfileOutcome:
    outcome = compilation.outcomes[profile]
    if not isinstance(outcome, Resolution):
        return ProfileOutcome(profile, None, None, outcome)
    others = compare_profiles(outcome, compilation.outcomes)
    # As with --profile, which gives the same document.
    chosen_profile = ChosenProfile(profile, compilation.chosen_profile.installed, "--profile")
    diagnostics = diagnose(outcome, other_profiles=others, chosen_profile=chosen_profile)
    explained = explain(outcome, diagnostics, other_profiles=others, chosen_profile=chosen_profile, reveal=reveal)
    return ProfileOutcome(profile, outcome, explained)


def _one(made: ProfileOutcome) -> dict[str, object]:
    """Return the explanation under a profile, or the error that is printed in its place."""
    from qwen_cfg.explanation.data import explanation_data  # noqa: PLC0415

    if made.explanation is None or made.resolution is None:
        return error_data(made.error) if made.error else {}
    incomplete = None if made.resolution.is_complete else IncompleteError(made.explanation.diagnostics).as_data()
    return explanation_data(made.explanation, made.exit_code, incomplete)
