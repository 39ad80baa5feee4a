"""Prints the lowest version of each dependency that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
_LOWEST = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9.]+)")


def lowest_versions() -> list[str]:
    """Return the constraints.

    Raises:
        ValueError: if a dependency has no lowest version.
    """
    found = []
    for dependency in tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]:
        match = _LOWEST.match(dependency)
        if match is None:
            raise ValueError(f"{dependency} has no lowest version")
        found.append(f"{match[1]}=={match[2]}")
    return found


if __name__ == "__main__":
    print(*lowest_versions(), sep="\n")
