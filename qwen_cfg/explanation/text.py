"""The explanation for a terminal: one screen, from the values in use down to the diagnostics."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from qwen_cfg.core.layers import layer_named, layers_for, origin_text, ranking
from qwen_cfg.rules import EXCLUDED, FILE_HIDES, OF_ALL_FIELDS, OTHER_PROFILE
from qwen_schema import declared_fields, declared_profiles, printable
from qwen_schema.records import replace
from qwen_schema.styles import STYLES

from .layout import GAP, Lines, grid, longest_word, stacked, unbroken, with_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from qwen_cfg.core.origin import Layer
    from qwen_cfg.rules import Diagnostic
    from qwen_schema import Field

    from .document import DirectoryStory, Explanation, FieldStory, Offer, OtherStory, PlaceStory, ScopeStory

# The condition under which the highest layer is used.
_ENTRY_CONDITION = (
    "A provider entry overrides a flag only where one is used: the entry with the id of the model, or, if no entry has "
    "it and nothing else gives a key or a base URL, the first entry of the method."
)

# Below this width, a value and its origin are below each other instead of side by side.
SIDE_BY_SIDE_WIDTH = 72

_MARKS = {"found": ">", "filled-in": "+"}

# From this number on, successive absent places are shown in one line.
_LONG = 5


def screen(explanation: Explanation, *, width: int, everything: bool = False) -> RenderableType:
    """Return the screen. Without `everything`, fields with their defaults are only counted."""
    told = [f for f in explanation.fields if everything or not f.stands_alone]
    parts: list[RenderableType] = [_heading(explanation, width), Text()]
    parts += [_fields(told, width), *_left_out(explanation, told), Text(), *_search(explanation, everything, width)]
    parts += _settings(explanation, everything, width)
    if explanation.excluded:
        parts += [Text(), Text("excluded", "bold"), *_excluded(explanation)]
    return Group(*parts, *_remarks(explanation, width, (*OF_ALL_FIELDS, OTHER_PROFILE, EXCLUDED, FILE_HIDES)))


def field_screen(explanation: Explanation, *, width: int) -> RenderableType:
    """Return the screen of one field: every layer in order of precedence, with its values."""
    (story,) = explanation.fields
    layers = layers_for(declared_profiles()[explanation.profile], declared_fields()[story.name])
    parts: list[RenderableType] = [_heading(explanation, width), Text()]
    parts += [_fields([story], width), Text()]
    parts += [Lines(Text(story.description), 2), Text()]
    parts += [Lines(Text(ranking(layers), "bold")), *_layers(story, layers, width)]
    if any(layer.name == "provider-entry" for layer in layers):
        parts += [Text(), Lines(Text(_ENTRY_CONDITION, "dim"))]
    return Group(*parts, *_remarks(explanation, width, (*OF_ALL_FIELDS, OTHER_PROFILE)))


def _heading(explanation: Explanation, width: int) -> RenderableType:
    dialect = "" if explanation.dialect == "dotenv" else f", dialect {explanation.dialect}"
    return heading(explanation.cwd, explanation.rules + dialect, explanation.diagnostics, width)


def heading(cwd: str, rules: str, diagnostics: tuple[Diagnostic, ...], width: int) -> RenderableType:
    """Return the heading of a screen: the place, the rules in use with the reason, and warnings about those."""
    place, whose = Text(printable(cwd), "bold"), Text(printable(rules), "dim")
    fits = place.cell_len + whose.cell_len + 2 <= width
    beside = place + Text(" " * (width - place.cell_len - whose.cell_len)) + whose
    first: list[RenderableType] = [beside] if fits else [Lines(whose), unbroken(place)]
    warned = (d for d in diagnostics if d.code in OF_ALL_FIELDS)
    warnings = [Lines(_label(d) + Text(f"  {printable(d.finding.message)}")) for d in warned]
    return Group(*first, *warnings)


def _fields(stories: list[FieldStory], width: int) -> RenderableType:
    rows: list[tuple[Text, Text, Text]] = []
    for story in stories:
        rows.append((Text(f"  {story.name}", "bold"), value_text(story), winner_text(story)))
        rows += [(Text(), Text(_shown(o.value), "dim"), Text(_loss(o), "dim")) for o in _losers(story)]
    name = max((row[0].cell_len for row in rows), default=0)
    widths = _column_widths([row[1:] for row in rows], width - name - 2 * GAP)
    if width < SIDE_BY_SIDE_WIDTH or widths is None:
        return _stacked(stories)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    table.add_column("  field", no_wrap=True)
    table.add_column("value", overflow="fold", width=widths[0])
    table.add_column("source", overflow="fold", width=widths[1])
    for row in rows:
        table.add_row(*row)
    return table


def _column_widths(rows: Sequence[tuple[Text, Text]], room: int) -> tuple[int, int] | None:
    """Return the widths of two columns in which no word is cut; None if there is no room for them."""
    longest = [[max(longest_word(text), 1) for text in row] for row in rows]
    value, source = (max(column) for column in zip(*longest, (len("value"), len("source")), strict=True))
    if value + source > room:
        return None
    whole_value, whole_source = (max(text.cell_len for text in column) for column in zip(*rows, strict=True))
    value = min(max(value, whole_value), max(value, room - max(source, whole_source)))
    return value, min(room - value, max(source, whole_source))


def _stacked(stories: list[FieldStory]) -> RenderableType:
    lines: list[RenderableType] = []
    for story in stories:
        lines.append(Text(story.name, "bold"))
        lines += [Lines(value_text(story), 2), Lines(winner_text(story), 2)]
        lines += [Lines(Text(f"{_loss(o)}: {_shown(o.value)}", "dim"), 4) for o in _losers(story)]
    return Group(*lines)


def value_text(story: FieldStory) -> Text:
    """Return the value of a field for display."""
    if story.value is None:
        return Text("(none)", "red" if story.layer is None and story.name == "api_key" else "dim")
    return Text(_shown(story.value), "red" if story.problem else "green")


def _shown(value: str) -> str:
    return printable(value) if value else "(empty)"


def winner_text(story: FieldStory) -> Text:
    """Return the source of a field's value, with a mark if the value is not valid."""
    text = Text(printable(story.won_by))
    return text + Text("  not valid", "bold red") if story.problem else text


def _losers(story: FieldStory) -> tuple[Offer, ...]:
    """Return the values that are not used, without an empty default."""
    return tuple(o for o in story.shadowed + story.unreached if o.value or not layer_named(o.layer).is_default)


def _loss(offer: Offer) -> str:
    label = {
        "beaten": "overridden:",
        "empty": "empty:",
        "not reached": "not reached",
        "hidden by an empty variable": "hidden by an empty variable:",
        "needs reach user": "refused (needs reach user):",
        "not under this method": "not read under this method:",
        "not beside the entry": "not used with this provider entry:",
    }[offer.fate]
    return f"{label} {printable(origin_text(offer.layer, offer.origin, offer.variable))}"


def _left_out(explanation: Explanation, told: list[FieldStory]) -> list[RenderableType]:
    count = len(explanation.fields) - len(told)
    if not count:
        return []
    fields = "1 more field has its default" if count == 1 else f"{count} more fields have their defaults"
    return [Lines(Text(f"{fields} (--all shows them)", "dim"), 2)]


def _search(explanation: Explanation, everything: bool, width: int) -> list[RenderableType]:  # noqa: FBT001
    rule = {
        "search": "env file: the first one found is used; files are not merged",
        "flag": "env file: only the one that --env-file names",
        "none": "env file: none (--no-env-file)",
    }[explanation.chosen_by]
    if explanation.home_fills_in and explanation.chosen_by == "search":
        rule = "env files: the first one found, then those of the home for what it leaves unset"
    shown = [p for p in explanation.places if p.outcome != "not-reached" or p.exists or everything]
    rows = [row for run in _runs(shown, everything) for row in _rows(run)]
    table = grid(rows, width, uncut=(0, 1)) if width >= SIDE_BY_SIDE_WIDTH else None
    body = [part for row in rows for part in _stacked_place(row, width)] if table is None else [table]
    nothing = [] if any(p.exists for p in explanation.places) else [Text("  no env file found", "dim")]
    return [Lines(Text(rule, "bold")), *_moved(explanation.directory), *body, *nothing]


def _moved(directory: DirectoryStory | None) -> list[RenderableType]:
    """Return the line about a variable that moves `~/.qwen`, or should move it; empty if there is none."""
    if directory is None:
        return []
    leads = f"does not move ~/.qwen: {directory.problem}" if directory.problem else f"moves ~/.qwen to {directory.path}"
    style = "yellow" if directory.problem else "dim"
    return [Lines(Text(printable(f"{directory.moved_by} {leads}"), style), 2, hanging=2)]


def _runs(places: list[PlaceStory], everything: bool) -> list[list[PlaceStory]]:  # noqa: FBT001
    """Return the places in lists; a long run of successive absent places is one list."""
    runs = [list(run) for _, run in groupby(places, lambda place: place.outcome == "absent")]
    return [
        part
        for run in runs
        for part in (
            [run] if run[0].outcome == "absent" and len(run) >= _LONG and not everything else [[p] for p in run]
        )
    ]


def _rows(run: list[PlaceStory]) -> list[tuple[Text, Text, Text]]:
    if len(run) == 1:
        return [_place(run[0])]
    first, last = printable(run[0].path), printable(run[-1].path)
    return [
        (
            Text("  absent", "dim"),
            Text(f"{first} to {last}", "dim"),
            Text(f"{len(run)} places (--all shows them)", "dim"),
        )
    ]


def _place(place: PlaceStory) -> tuple[Text, Text, Text]:
    mark = _MARKS.get(place.outcome, " ")
    style = "green" if mark != " " else "yellow" if place.exists else "dim"
    outcome = {"not-reached": "not reached", "filled-in": "fills in"}.get(place.outcome, place.outcome)
    return Text(f"{mark} {outcome}", style), Text(printable(place.path), style), Text(printable(_note(place)))


def _stacked_place(row: tuple[Text, Text, Text], width: int) -> list[RenderableType]:
    outcome, path, note = row
    return [*with_path(outcome, path, width), *([Lines(note, 4)] if note else [])]


def _note(place: PlaceStory) -> str:
    if place.outcome in _MARKS:
        return _what_it_sets(place)
    if place.outcome == "ignored":
        return "Qwen Code does not trust the folder"
    if place.outcome == "skipped":
        return f"a {place.kind}, not a file"
    if place.unreadable:
        return place.unreadable
    if place.kind == "fifo":
        return "a FIFO, not read"
    if not place.exists:
        return ""
    if place.outcome == "not-reached" and place.kind != "file":
        return f"a {place.kind}, not a file"
    return f"would set {', '.join(place.sets)}" if place.sets else "sets nothing that is used here"


def _what_it_sets(place: PlaceStory) -> str:
    names = [*place.sets, *(["where ~/.qwen is moved to"] if place.moves else [])]
    return _sets(names, place.unused) + (f"; {len(place.excluded)} excluded" if place.excluded else "")


def _sets(names: Sequence[str], unused: Sequence[str]) -> str:
    """Return the fields that a file sets, and those for which its value is not used, as text."""
    sets = f"sets {', '.join(names)}" if names else "sets nothing that is used here"
    return sets + (f"; not used: {', '.join(unused)}" if unused else "")


def _settings(explanation: Explanation, everything: bool, width: int) -> list[RenderableType]:  # noqa: FBT001
    """Return the scopes of settings in their order of precedence; those of the system only if their files exist."""
    shown = [
        scope
        for scope in explanation.settings
        if everything or scope.outcome != "absent" or scope.scope in ("user", "workspace")
    ]
    if not explanation.settings:
        return []
    rows = [_scope(scope) for scope in shown]
    heading = [Text(), Lines(Text("settings: the scopes are merged; an upper one overrides those below", "bold"))]
    table = grid(rows, width, uncut=(0, 1, 2)) if width >= SIDE_BY_SIDE_WIDTH else None
    return [*heading, *([part for row in rows for part in _stacked_scope(row, width)] if table is None else [table])]


def _scope(scope: ScopeStory) -> tuple[Text, Text, Text, Text]:
    style = {"read": "green", "absent": "dim"}.get(scope.outcome, "yellow")
    mark = ">" if scope.outcome == "read" else " "
    note = scope.why or (_sets(scope.sets, scope.unused) if scope.outcome == "read" else "")
    return (
        Text(f"{mark} {scope.outcome}", style),
        Text(scope.scope, style),
        Text(printable(scope.path), style),
        Text(printable(note)),
    )


def _stacked_scope(row: tuple[Text, Text, Text, Text], width: int) -> list[RenderableType]:
    outcome, scope, path, note = row
    return [*with_path(outcome + Text("  ") + scope, path, width), *([Lines(note, 4)] if note else [])]


def _excluded(explanation: Explanation) -> list[RenderableType]:
    whose = "a project's" if explanation.home_fills_in else "a"
    return [
        Lines(
            Text(printable(f"{e.variable}  {e.origin}  {whose} plain .env may not set it; .qwen/.env may")),
            2,
            hanging=2,
        )
        for e in explanation.excluded
    ]


def _layers(story: FieldStory, layers: tuple[Layer, ...], width: int) -> list[RenderableType]:
    offers: dict[str, list[tuple[str, str]]] = {}
    if story.layer:
        offers[story.layer] = [(_shown(story.value or ""), story.won_by)]
    for offer in _losers(story):
        offers.setdefault(offer.layer, []).append((_shown(offer.value), _loss(offer)))
    rows: list[tuple[Text, ...]] = []
    for layer in layers:
        if layer.name not in offers:
            places = layer.set_by(_under_the_method(story))
            rows.append((Text(f"  {layer.name}"), Text("-", "dim"), Text(places, "dim")))
        for number, (value, origin) in enumerate(offers.get(layer.name, [])):
            rows.append((Text("" if number else f"  {layer.name}"), Text(value), Text(printable(origin))))
    table = grid(rows, width)
    return stacked(rows) if table is None else [table]


def _under_the_method(story: FieldStory) -> Field:
    """Return the declared field with only the variables that are read under the authentication method."""
    declared = declared_fields()[story.name]
    return replace(declared, variables=tuple(v for v in declared.variables if v.name in story.variables))


def _remarks(explanation: Explanation, width: int, told: tuple[str, ...]) -> list[RenderableType]:
    """Return the diagnostics, except those of rules shown elsewhere (`told`), and the results of other profiles."""
    said = tuple(d for d in explanation.diagnostics if d.code not in told)
    parts: list[RenderableType] = [Text(), diagnostics_part(said, width)] if said else []
    for other in explanation.others:
        parts += [Text(), *_other(other, len(explanation.fields), width)]
    return parts


def _other(other: OtherStory, fields: int, width: int) -> list[RenderableType]:
    if other.error:
        return [Lines(Text(printable(f"{other.title}: not known. {other.error}"), "yellow"))]
    if other.agrees:
        return [Lines(Text(f"{other.title} gives the same result{' for this field' if fields == 1 else ''}", "dim"))]
    unread = [Lines(Text(f"not known: what {printable(p)} says, a FIFO, not read", "yellow"), 2) for p in other.unread]
    rows = [_difference(story, same_value) for story, same_value in other.differences]
    table = grid(rows, width) if rows and width >= SIDE_BY_SIDE_WIDTH else None
    told = stacked(rows) if table is None else [table]
    return [Lines(Text(f"{other.title} {_how_it_differs(other)}", "bold")), *told, *unread]


def _how_it_differs(other: OtherStory) -> str:
    if any(not same_value for _, same_value in other.differences):
        return f"resolves differently ({OTHER_PROFILE}; side by side: --compare-profiles)"
    return (
        "has the same values, some from other sources" if other.differences else "reads files that were not read here"
    )


def _difference(story: FieldStory, same_value: bool) -> tuple[Text, Text, Text]:  # noqa: FBT001
    value = value_text(story) + Text("  (the same)", "dim") if same_value else value_text(story)
    return Text(f"  {story.name}", "bold"), value, winner_text(story)


def diagnostics_part(diagnostics: tuple[Diagnostic, ...], width: int) -> RenderableType:
    """Return diagnostics with their codes; the text is beside the code, or below it on a narrow screen."""
    bodies = [(_label(diagnostic), _body(diagnostic)) for diagnostic in diagnostics]
    table = grid(bodies, width) if width >= SIDE_BY_SIDE_WIDTH else None
    return Group(*(part for label, body in bodies for part in (label, Lines(body, 2)))) if table is None else table


def _label(diagnostic: Diagnostic) -> Text:
    return Text(f"{diagnostic.code} {diagnostic.severity}", STYLES[diagnostic.severity])


def _body(diagnostic: Diagnostic) -> Text:
    body = Text(printable(diagnostic.finding.message))
    return body.append(f"\n{printable(diagnostic.finding.hint)}", "dim") if diagnostic.finding.hint else body
