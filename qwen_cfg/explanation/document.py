"""The document that explains a resolution; its parts are in the order of the screen."""

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
class Offer:
    """A value from a layer that is not used: the reason, and the origin of the value that overrides it."""

    fate: str
    value: str
    layer: LayerName
    origin: str
    variable: str | None
    by: str | None = None


@record
class FieldStory:
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
    shadowed: tuple[Offer, ...]
    unreached: tuple[Offer, ...]

    @property
    def stands_alone(self) -> bool:
        """Whether the field has its default and no layer offers another value."""
        by_default = self.layer is not None and layer_named(self.layer).is_default
        is_undisputed = not self.unreached and not self.problem and not self.shadowed
        return by_default and is_undisputed and self.name not in ALWAYS_SHOWN


@record
class PlaceStory:
    """The outcome at one place of the search.

    `sets` are the fields whose value comes from the file there (or would, if it had been reached), and `unused` the
    fields for which its value is not used. `moves` says that the file moves the user's Qwen directory.
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
class ScopeStory:
    """One scope of settings: its file, the outcome with its reason, and the fields that it sets or does not."""

    scope: Scope
    path: str
    outcome: ScopeOutcome
    why: str
    sets: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@record
class DirectoryStory:
    """The directory that a variable moves the user's Qwen directory to, or why it does not move."""

    path: str | None
    moved_by: str
    text: str
    problem: str | None


@record
class OtherStory:
    """The result under another profile: the fields that differ, each with whether its value is the same.

    `error` is the reason if there is no result; `unread` are files that it depends on and that were not read.
    """

    profile: str
    title: str
    agrees: bool
    differences: tuple[tuple[FieldStory, bool], ...]
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
    fields: tuple[FieldStory, ...]
    directory: DirectoryStory | None
    places: tuple[PlaceStory, ...]
    read: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    diagnostics: tuple[Diagnostic, ...]
    not_considered: tuple[str, ...]
    others: tuple[OtherStory, ...]
    settings: tuple[ScopeStory, ...] = ()
