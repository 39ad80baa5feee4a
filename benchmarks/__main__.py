"""Runs every measurement, prints the results and writes the tables of docs/performance.md: `make bench`."""

from __future__ import annotations

from itertools import chain

from . import floors, imports, reading, starting, streaming, working
from .report import write_table


def main() -> None:
    """Write the tables."""
    parts = chain(reading.measurements(), streaming.measurements())
    write_table("parts", ("CPU time", "ratio (middle half)"), ((m.title, str(m.ratio())) for m in parts))
    starting.main()
    imports.main()
    working.main()
    floors.main()


if __name__ == "__main__":
    main()
