"""Rules about the search: files not reached, paths skipped, no home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.env_file import may_set_all
from qwen_cfg.core.unread_files import unread_candidate
from qwen_schema import declared_fields

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.env_file import EnvFile
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution

_REPORTED_BY_COMPLETENESS = ("auth_method", "api_key")


def unreached_fields(resolution: Resolution) -> Iterator[Finding]:
    """A field has its default or no value, and a file that was not read sets it."""
    for name, file, offer in _unreached_values(resolution):
        variable, first = str(offer.origin.variable), resolution.files[0].shown
        yield Finding(
            f"{variable} is set in {offer.origin.place}, which was not reached: {first} came first.",
            _how_to_set(resolution, name, variable),
            name,
            file.shown,
            offer.origin.line,
        )


def file_hides(resolution: Resolution) -> Iterator[Finding]:
    """The file found hides another file with variables, even if they are set elsewhere."""
    if not _ended_early(resolution):
        return
    first = resolution.files[0].shown
    reported = {(name, file.shown) for name, file, _ in _unreached_values(resolution)}
    for file in resolution.unreached:
        offers = [
            unread_candidate(file, name, resolution.auth_method)
            for name in resolution.decisions
            if (name, file.shown) not in reported
        ]
        variables = [str(offer.origin.variable) for offer in offers if offer is not None]
        if variables and not _is_reported_by_completeness(resolution, offers):
            yield Finding(
                f"{first} hides {file.shown}, which sets {', '.join(variables)}.",
                f"Only the first env file is read: set the variables in {first}, or export them.",
                None,
                file.shown,
            )


def skipped_places(resolution: Resolution) -> Iterator[Finding]:
    """The path of an env file exists, but is not an env file."""
    for visit in resolution.search.visits:
        if visit.outcome == "skipped":
            shown = resolution.world.standpoint.show(visit.place.path)
            yield Finding(
                f"{shown} is a {visit.kind}, not a file; the search continued.",
                "If you want an env file there, replace it with a file.",
                None,
                shown,
            )


def no_home(resolution: Resolution) -> Iterator[Finding]:
    """Without a home, or with an invalid QWEN_HOME, the env files there cannot be found."""
    if resolution.world.home_problem:
        yield Finding(
            f"~/.qwen/.env and ~/.env were not found: {resolution.world.home_problem}.",
            "Set HOME to your home directory.",
        )
    directory = resolution.directory
    if directory.problem and directory.origin is not None:
        yield Finding(
            f"{directory.origin} is ignored: {directory.problem}.",
            "Set it to a directory, or unset it to use ~/.qwen.",
            None,
            directory.origin.file,
            directory.origin.line,
        )


def _ended_early(resolution: Resolution) -> bool:
    """Return whether the search itself found a file, and ended there."""
    return resolution.world.choice.chosen_by == "search" and bool(resolution.files)


def _unreached_values(resolution: Resolution) -> Iterator[tuple[str, EnvFile, Candidate]]:
    """Yield each field that has only its default, with a file not reached and the file's value for the field."""
    if not _ended_early(resolution):
        return
    for name, decision in resolution.decisions.items():
        if name in _REPORTED_BY_COMPLETENESS or (decision.winner is not None and not decision.by_default):
            continue
        for file in resolution.unreached:
            offer = unread_candidate(file, name, resolution.auth_method)
            if offer is not None and offer.origin.variable not in resolution.files[0].lines:
                yield name, file, offer


def _is_reported_by_completeness(resolution: Resolution, offers: list[Candidate | None]) -> bool:
    """Return whether a file sets only the missing key, which has its own error."""
    is_missing = resolution.needs_api_key or resolution.auth_method is None
    return is_missing and all(offer is None or offer.field in _REPORTED_BY_COMPLETENESS for offer in offers)


def _how_to_set(resolution: Resolution, field: str, variable: str) -> str:
    """Return where to set a variable so that it is used."""
    declared, first = declared_fields()[field], resolution.files[0]
    excluded = resolution.decisions["excluded_variables"].items
    if declared.reach == "user" and first.place.reach == "project":
        return f"Export it, or use {declared.flags[0]}: no file of a project may set {field}."
    if variable in excluded and not may_set_all(first.place, resolution.profile):
        return f"Export it: {first.shown} may not set it."
    return f"Set it in {first.shown} too, or export it."
