"""An env file in a resolution: its assignments, its candidates, and the variables that it may not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qwen_schema import Profile

    from .origin import Candidate, VariableValue
    from .place import Place


@record
class EnvFile:
    """The parts of an env file that this program uses.

    `assigned` has the value of each name that it assigns, `offers` the candidates of the declared variables, and
    `excluded` the names that it sets but may not set.
    """

    place: Place
    shown: str
    assigned: Mapping[str, VariableValue]
    offers: Mapping[str, Candidate]
    excluded: tuple[str, ...] = ()

    @property
    def lines(self) -> Mapping[str, int]:
        """The line of each assigned name."""
        return {name: value.origin.line or 0 for name, value in self.assigned.items()}


def may_set_all(place: Place, profile: Profile) -> bool:
    """Return whether the file at a place may set every variable: a `.qwen/.env`, and under some profiles `~/.env`."""
    return place.in_qwen_directory or (place.home_level and not profile.home_env_excludes)


def without_excluded(file: EnvFile, names: tuple[str, ...], profile: Profile) -> EnvFile:
    """Return an env file without the variables that it may not set; their names are in `excluded`."""
    excluded = () if may_set_all(file.place, profile) else tuple(name for name in file.assigned if name in names)
    if profile.refused_variables and not file.place.home_level:
        # Refused variables of a field are reported with the field.
        declared = file.offers
        values = {n: value for n, value in file.assigned.items() if n in declared or n.upper() not in profile.refused}
        file = file if len(values) == len(file.assigned) else replace(file, assigned=values)
    if not excluded:
        return file
    offers = {name: candidate for name, candidate in file.offers.items() if name not in excluded}
    return replace(file, offers=offers, excluded=excluded)
