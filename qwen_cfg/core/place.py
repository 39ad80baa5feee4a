"""The places of env files, and the outcome of a search at each."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from qwen_schema.records import record

from .paths import is_in_qwen_directory

if TYPE_CHECKING:
    from pathlib import Path

    from qwen_schema import Reach

Outcome = Literal["absent", "found", "filled-in", "not-reached", "skipped", "ignored"]


@record
class Place:
    """A possible place of an env file; `home_rank` is its number among the home-level files, if it is one."""

    path: Path
    reach: Reach
    home_rank: int | None = None

    @property
    def home_level(self) -> bool:
        """Whether it is a home-level file."""
        return self.home_rank is not None

    @property
    def directory(self) -> Path:
        """The directory that it belongs to; for `.qwen/.env` the parent of `.qwen`."""
        return self.path.parent.parent if self.in_qwen_directory else self.path.parent

    @cached_property
    def in_qwen_directory(self) -> bool:
        """Whether it is a `.qwen/.env`."""
        return is_in_qwen_directory(self.path)


@record
class Visit:
    """The outcome at one place; `kind` is the type of the file there, if it was read.

    `found` is the first file, `filled-in` a file that is read after it, `ignored` a file in an untrusted folder.
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
        """The places in the order of the search."""
        return tuple(visit.place for visit in self.visits)

    @property
    def read(self) -> tuple[Place, ...]:
        """The places whose files are read, in order of precedence.

        After the first file found come the home-level files in their own order, since one may be in a searched
        directory.
        """
        first = [visit.place for visit in self.visits if visit.outcome == "found"]
        filling = [visit.place for visit in self.visits if visit.outcome == "filled-in"]
        return (*first, *sorted(filling, key=lambda place: place.home_rank or 0))

    @property
    def unreached(self) -> tuple[Place, ...]:
        """The places that the search did not reach, in order."""
        return tuple(visit.place for visit in self.visits if visit.outcome == "not-reached")
