"""`python -m fuzz`: runs every target under atheris for a while, each in its own process."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .targets import HERE, TARGETS, seeds_of

CRASHES = HERE / "crashes"
GROWN = HERE / "grown"

_DICTIONARIES = HERE / "dictionaries"
# An input that takes longer than this is a hang.
_SECONDS_FOR_ONE = 20
_EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s*([0-9]+)")
_LINES_OF_A_CRASH = 40


def main() -> int:
    """Run the targets, print the number of inputs of each, and return 1 if a target failed."""
    args = _arguments()
    codes = [_fuzz(target, args.seconds) for target in args.targets or TARGETS]
    return int(any(codes))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"any of {', '.join(TARGETS)}; all without one")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs (60)")
    args = parser.parse_args()
    unknown = set(args.targets) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    return args


def _fuzz(target: str, seconds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="qwen-cfg-fuzz-") as directory:
        seeds = Path(directory)
        for name, data in seeds_of(target):
            (seeds / name).write_bytes(data)
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "fuzz.engine",
                target,
                *_options(target, seconds),
                str(_new_inputs(target)),
                str(seeds),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    _report(target, ended.returncode, ended.stdout.decode("utf-8", "replace"))
    return ended.returncode


def _options(target: str, seconds: int) -> list[str]:
    CRASHES.mkdir(exist_ok=True)
    dictionary = _DICTIONARIES / f"{target.partition('_')[0]}.dict"
    return [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={CRASHES / target}-",
        f"-dict={dictionary}",
        f"-timeout={_SECONDS_FOR_ONE}",
        "-print_final_stats=1",
    ]


def _new_inputs(target: str) -> Path:
    """Return the directory of a target's inputs with new coverage."""
    directory = GROWN / target
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _report(target: str, code: int, output: str) -> None:
    executions = _EXECUTIONS.search(output)
    count = f"{int(executions[1]):,} executions" if executions else "it did not finish"
    print(f"{target}: {count}, {f'exit {code}: see {CRASHES}' if code else 'no crash'}", flush=True)
    if code:
        print("\n".join(output.splitlines()[-_LINES_OF_A_CRASH:]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
