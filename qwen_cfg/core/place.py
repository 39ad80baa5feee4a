"""The places where env files are looked for, and the outcome of a search at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qwen_schema.records import record

from .paths import is_in_qwen_directory

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import Reach

Outcome = Literal["absent", "found", "filled-in", "not-reached", "skipped", "ignored"]


@record
class Place:
    """A place where an env file is looked for; `home_rank` is its number among the home-level files, if it is one."""

    path: Path
    reach: Reach
    home_rank: int | None = None

    @property
    def home_level(self) -> bool:
        """Whether it is one of the files of the home."""
        return self.home_rank is not None

    @property
    def directory(self) -> Path:
        """The directory that it belongs to: for `.qwen/.env` the one in which `.qwen` stands."""
        return self.path.parent.parent if self.in_qwen_directory else self.path.parent

    @property
    def in_qwen_directory(self) -> bool:
        """Whether it is a `.qwen/.env`."""
        return is_in_qwen_directory(self.path)


@record
class Visit:
    """The outcome at one place; `kind` is what stands there, as far as it was looked at.

    `found` is the first file, `filled-in` one that is read after it, `ignored` one in a folder that is not trusted.
    """

    place: Place
    outcome: Outcome
    kind: str = ""


@record
class Search:
    """The visits, from the working directory up to the home."""

    visits: tuple[Visit, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """The places in the order in which they are looked at."""
        return tuple(visit.place for visit in self.visits)

    @property
    def read(self) -> tuple[Place, ...]:
        """The places whose files are read, in the order in which they count.

        After the first found come the home-level files in an order of their own: one may lie on the way.
        """
        first = [visit.place for visit in self.visits if visit.outcome == "found"]
        filling = [visit.place for visit in self.visits if visit.outcome == "filled-in"]
        return (*first, *sorted(filling, key=lambda place: place.home_rank or 0))

    @property
    def unreached(self) -> tuple[Place, ...]:
        """The places that the search never came to, in order."""
        return tuple(visit.place for visit in self.visits if visit.outcome == "not-reached")
