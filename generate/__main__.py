"""Generates the modules from the declarations; with `--check`, exits with 1 if one is out of date."""

from __future__ import annotations

import sys

from .tables import ROOT, TABLES, ranking, tables


def main() -> int:
    """Write the modules that are out of date, or with `--check` name them."""
    only_check = "--check" in sys.argv[1:]
    stale = [name for name, text in tables().items() if _is_stale(name, text, only_check=only_check)]
    # The layers can be read only after the tables exist.
    stale += ["ranking.py"] if _is_stale("ranking.py", ranking(), only_check=only_check) else []
    if only_check and stale:
        print("".join(f"out of date: {TABLES.relative_to(ROOT)}/{name} (make generate)\n" for name in stale), end="")
        return 1
    return 0


def _is_stale(name: str, text: str, *, only_check: bool) -> bool:
    """Return whether a module is out of date; without `only_check`, also write it."""
    path = TABLES / name
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    if not only_check:
        path.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
