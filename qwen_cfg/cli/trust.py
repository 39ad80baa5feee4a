"""The command `trust`: say that a file may decide where keys and prompts go, see what was said, and take it back."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.owners import ForeignFileError
from qwen_cfg.trust import Concern, Trusted, granted
from qwen_schema import ExitCode, NotTrustedError, UsageError, printable

from .configured import add_config_option, concern_of_given
from .inputs import asked, resolution_of
from .parser import add_field_flags, add_resolution_options
from .prompt import has_terminal
from .trusting import concern_here, says_yes, trust_command, trust_store

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.trust import TrustStore

    from .output import Output

FORMAT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "revoke"],
        help="list what is trusted, or take it back; without it, trust what resolves here, or --config FILE",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="with revoke: files, or directories that hold them")
    parser.add_argument("--all", action="store_true", help="with revoke: everything")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="with list: text or json")
    add_config_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)


def execute(args: argparse.Namespace, output: Output) -> int:
    """Trust, list or revoke."""
    _check_usage(args)
    store = trust_store()
    if args.action == "list":
        return _list(store, args.format, output)
    if args.action == "revoke":
        return _revoke(store, args, output)
    return _trust(store, args, output)


def _check_usage(args: argparse.Namespace) -> None:
    if args.action != "revoke" and (args.paths or args.all):
        raise UsageError("this goes with revoke", where="--all" if args.all else "PATH")
    if args.action == "revoke" and bool(args.paths) == args.all:
        raise UsageError("name what is not trusted any more, or say --all", where="revoke")


def _list(store: TrustStore, form: str, output: Output) -> int:
    entries = store.entries()
    if form == "json":
        output.data({"format": FORMAT, "trusted": [asdict(entry) for entry in entries]})
    else:
        output.text("".join(f"{_line(entry)}\n" for entry in entries) or "nothing is trusted\n")
    return ExitCode.OK


def _line(entry: Trusted) -> str:
    if entry.owner is not None:
        return f"{printable(entry.path)}  of the user number {entry.owner}"
    return f"{printable(entry.path)}  {printable(entry.host)}{'' if entry.handed_over else '  (prompts only)'}"


def _revoke(store: TrustStore, args: argparse.Namespace, output: Output) -> int:
    gone = store.revoke(None if args.all else tuple(map(Path, args.paths)))
    if not gone and not args.all:
        raise UsageError("nothing there is trusted", where=", ".join(args.paths), hint="See: qwen-cfg trust list")
    output.text("".join(f"not trusted any more: {_line(entry)}\n" for entry in gone) or "nothing was trusted\n")
    return ExitCode.OK


def _trust(store: TrustStore, args: argparse.Namespace, output: Output) -> int:
    try:
        concern = _concern(args)
    except ForeignFileError as error:
        return _trust_owner(store, error, args, output)
    if concern is None:
        output.text("nothing here needs to be trusted\n")
        return ExitCode.OK
    if store.covers(concern):
        output.text(f"{concern.place}: trusted already\n")
        return ExitCode.OK
    _ask(concern.told, args, output)
    store.add(granted(concern))
    output.text(f"trusted: {concern.file} for {concern.host}\n")
    return ExitCode.OK


def _concern(args: argparse.Namespace) -> Concern | None:
    if args.config is not None:
        return concern_of_given(args)
    return concern_here(resolution_of(asked(args), survey=False))


def _trust_owner(store: TrustStore, error: ForeignFileError, args: argparse.Namespace, output: Output) -> int:
    """Trust an env file that belongs to somebody else, which is what is in the way."""
    _ask(str(error), args, output)
    store.add(Trusted(str(error.path), owner=error.owner))
    output.text(f"trusted: {error.path}\n")
    return ExitCode.OK


def _ask(told: str, args: argparse.Namespace, output: Output) -> None:
    """Return if the answer is yes.

    Raises:
        NotTrustedError: if it is not, or nobody can be asked.
    """
    if args.yes:
        return
    if not has_terminal():
        command = shlex.join([*trust_command(args), "--yes"])
        raise NotTrustedError(told, hint=f"Nobody can be asked here. If that is right: {command}")
    output.notice(f"{told}\n")
    if not says_yes("Trust that? [y/N] "):
        raise NotTrustedError("nothing was trusted", where=os.curdir)
