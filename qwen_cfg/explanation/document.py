"""The types of the document that explains a resolution, in the order of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.layers import layer_named
from qwen_schema.records import record

if TYPE_CHECKING:
    from qwen_cfg.core.place import Outcome
    from qwen_cfg.core.settings import Scope, ScopeOutcome
    from qwen_cfg.rules import Diagnostic
    from qwen_schema import Excluded, LayerName, Reach

# Shown even if they have their defaults, since most users look for them.
ALWAYS_SHOWN = ("auth_method", "api_key", "base_url", "model")


@record
class UnusedValue:
    """A value that a layer offers and that is not used. `fate` is the reason, `by` the origin that overrides it."""

    fate: str
    value: str
    layer: LayerName
    origin: str
    variable: str | None
    by: str | None = None


@record
class FieldExplanation:
    """The explanation of one field. `value` is for display: a secret is masked."""

    name: str
    description: str
    flags: tuple[str, ...]
    variables: tuple[str, ...]
    needs_reach: Reach
    secret: bool
    value: str | None
    layer: LayerName | None
    origin: str | None
    variable: str | None
    reach: Reach | None
    won_by: str
    problem: str | None
    shadowed: tuple[UnusedValue, ...]
    unreached: tuple[UnusedValue, ...]

    @property
    def can_be_omitted(self) -> bool:
        """Whether the screen may omit the field: it has its default, and no layer offers another value."""
        by_default = self.layer is not None and layer_named(self.layer).is_default
        is_undisputed = not self.unreached and not self.problem and not self.shadowed
        return by_default and is_undisputed and self.name not in ALWAYS_SHOWN


@record
class PlaceExplanation:
    """One place of the search for env files, with its outcome.

    `sets` are the fields whose value comes from the file (or would, if the search had reached it), and `unused` the
    fields for which its value is not used. `moves` is true if the file moves the user's Qwen directory.
    """

    path: str
    outcome: Outcome
    exists: bool
    kind: str
    sets: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unreadable: str | None = None
    moves: bool = False


@record
class ScopeExplanation:
    """One scope of settings: its file, the outcome with its reason, the fields that it sets, and its unused values."""

    scope: Scope
    path: str
    outcome: ScopeOutcome
    why: str
    sets: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@record
class DirectoryExplanation:
    """The new place of the user's Qwen directory if a variable moves it, or the problem that prevents this."""

    path: str | None
    moved_by: str
    text: str
    problem: str | None


@record
class OtherProfileExplanation:
    """The result under another profile. Each difference has the field, and whether its value is the same.

    `error` is the reason if there is no result. `unread` are files that the result depends on and that were not read.
    """

    profile: str
    title: str
    agrees: bool
    differences: tuple[tuple[FieldExplanation, bool], ...]
    unread: tuple[str, ...]
    error: str | None


@record
class Explanation:
    """Everything that `--explain` shows."""

    cwd: str
    profile: str
    title: str
    rules: str
    because: str | None
    home_fills_in: bool
    dialect: str
    chosen_by: str
    complete: bool
    fields: tuple[FieldExplanation, ...]
    directory: DirectoryExplanation | None
    places: tuple[PlaceExplanation, ...]
    read: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    diagnostics: tuple[Diagnostic, ...]
    not_considered: tuple[str, ...]
    others: tuple[OtherProfileExplanation, ...]
    settings: tuple[ScopeExplanation, ...] = ()
