"""The options of a command line that a message may repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema import declared_fields

if TYPE_CHECKING:
    import argparse


def repeated(args: argparse.Namespace) -> list[str]:
    """Return the options of a command line that a message may repeat: all that say how to resolve, but no key."""
    words: list[str] = []
    for name, given in args.given.items():
        if isinstance(given.text, str):
            words.append(given.flag if declared_fields()[name].is_switch else f"{given.flag}={given.text}")
    options = {
        "--env-file": args.env_file,
        "--profile": args.profile,
        "--env-dialect": args.env_dialect,
        "--secret-from": args.secret_from,
    }
    words += [f"{option}={value}" for option, value in options.items() if value is not None]
    switches = {"--no-env-file": args.no_env_file, "--trust-project": args.trust_project}
    return [*words, *(option for option, given in switches.items() if given)]
