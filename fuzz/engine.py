"""Runs one target under atheris in its own process: `python -m fuzz.engine TARGET [libFuzzer's options]`."""

from __future__ import annotations

import importlib
import sys

import atheris

# The modules whose coverage counts; the target too, since the goal is to reach its assertions.
_INSTRUMENTED = ("qwen_schema", "dotenv", "tomllib", "fuzz")


def main() -> None:
    """Fuzz until a crash or the time limit; atheris ends the process."""
    target, *options = sys.argv[1:]
    with atheris.instrument_imports(include=_INSTRUMENTED):
        importlib.import_module("tomllib")
        check = importlib.import_module(f"fuzz.{target}").check
    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
