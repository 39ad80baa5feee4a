"""Runs every measurement and prints the median ratio of each: `make bench`."""

from __future__ import annotations

from itertools import chain

from . import reading, starting, streaming


def main() -> None:
    """Print a line per measurement."""
    print("median of A / median of B, A and B taken in turn (smaller is faster for A)\n")
    for measurement in chain(reading.measurements(), streaming.measurements(), starting.measurements()):
        print(f"{measurement.ratio():7.2f}  {measurement.title}")


if __name__ == "__main__":
    main()
