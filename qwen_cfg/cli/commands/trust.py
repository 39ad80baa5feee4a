"""The command `trust`: say that a file may decide where keys and prompts go, see what was said, and take it back."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_cfg.application.compilation import allowed_owners, compilation_of, trust_store
from qwen_cfg.application.config_file import config_file
from qwen_cfg.application.login import concern_of_stored_login
from qwen_cfg.cli.actions import ChoicesOrPath
from qwen_cfg.cli.arguments import request_of, with_config
from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_config_option, add_field_flags, add_resolution_options
from qwen_cfg.cli.terminal.consent import trust_command
from qwen_cfg.cli.terminal.prompt import has_terminal
from qwen_cfg.cli.terminal.yes_or_no import confirm
from qwen_cfg.reading.ownership import refused
from qwen_cfg.reading.qwen_home import home_of
from qwen_cfg.reading.state_directory import state_directory
from qwen_cfg.trust import TrustEntry, TrustStore, trust_entry
from qwen_schema import ExitCode, NotTrustedError, UsageError
from qwen_schema.records import asdict, replace

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.request import Request
    from qwen_cfg.cli.output import Output
    from qwen_cfg.reading.ownership import ForeignFileError
    from qwen_cfg.trust import Concern

FORMAT = 1
SETTINGS_NAME = "settings.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=ChoicesOrPath(["list", "revoke"]),
        metavar="{list,revoke,FILE}",
        help="list or revoke what is trusted; or trust an artifact FILE, as with --config, or what resolves in "
        "a directory; without it, trust what resolves here",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="with revoke: files, or directories that hold them")
    parser.add_argument("--all", action="store_true", help="with revoke: everything")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_format_option(parser, TEXT, JSON, help_text="with list: text or json")
    add_config_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples("trust", "trust qwen.toml", "trust list", "trust revoke ./.env")


def execute(args: argparse.Namespace, output: Output) -> int:
    """Trust, list or revoke."""
    _check_usage(args)
    if args.action not in ("list", "revoke"):
        # Before the directory is changed to.
        place = ["-C", args.action] if args.action is not None and Path(args.action).is_dir() else []
        return _trust(_request(args), output, place, asks=not args.yes)
    # There need not be a working directory for these.
    store = TrustStore(state_directory(os.environ, home_of(os.environ).path))
    if args.action == "list":
        return _list(store, args.format, output)
    return _revoke(store, None if args.all else args.paths, output)


def _request(args: argparse.Namespace) -> Request:
    """Return what is to be trusted: what resolves in a directory, or an artifact.

    Raises:
        UsageError: if a file is named that is no artifact by its name, or two are.
    """
    named = args.action
    if named is None:
        return request_of(args)
    if args.config is not None:
        raise UsageError("two artifacts are named", where=f"{named}, --config", hint="Name one.")
    if Path(named).is_dir():
        os.chdir(named)
        return request_of(args)
    if Path(named).suffix not in (".toml", ".json") or Path(named).name == SETTINGS_NAME:
        hint = "To trust all files that decide what resolves here: qwen-cfg trust"
        raise UsageError("not an artifact", where=named, hint=hint)
    return with_config(request_of(args), named)


def _check_usage(args: argparse.Namespace) -> None:
    if args.action != "revoke" and (args.paths or args.all):
        raise UsageError("only valid with revoke", where="--all" if args.all else "PATH")
    if args.action == "revoke" and bool(args.paths) == args.all:
        raise UsageError("name the files to revoke, or use --all", where="revoke")


def _list(store: TrustStore, form: str, output: Output) -> int:
    entries = store.entries()

    def text(output: Output) -> None:
        output.lines(*(map(_line, entries) if entries else ["nothing is trusted"]), look="trust")

    show(form, Views(text, lambda: {"format": FORMAT, "trusted": [asdict(entry) for entry in entries]}), output)
    return ExitCode.OK


def _line(entry: TrustEntry) -> str:
    """Return what is trusted as a line: a file, and to decide about what, or whose it may be."""
    if entry.owner is not None:
        return f"{entry.path}  owned by user {entry.owner}"
    what = f"your prompts, and {entry.reference or 'a key'}" if entry.handed_over else "prompts only"
    return f"{entry.path}  {entry.host}  ({what})"


def _revoke(store: TrustStore, paths: list[str] | None, output: Output) -> int:
    """Take back what is trusted at some paths, or everything."""
    gone = store.revoke(None if paths is None else tuple(map(Path, paths)))
    if not gone and paths is not None:
        raise UsageError("no trusted file there", where=", ".join(paths), hint="See: qwen-cfg trust list")
    output.lines(*([f"no longer trusted: {_line(entry)}" for entry in gone] or ["nothing was trusted"]), look="trust")
    return ExitCode.OK


def _trust(request: Request, output: Output, place: list[str], *, asks: bool) -> int:
    """Ask about everything that is in the way at once; `place` are the words that lead to the directory."""
    store = trust_store(request.process)
    foreign, concern = _in_the_way(request)
    new = None if concern is None or store.covers(concern) else concern
    help_text = [*map(str, foreign), *([] if new is None else new.lines)]
    if not help_text:
        output.lines("nothing here needs to be trusted" if concern is None else f"{concern.place}: trusted already")
        return ExitCode.OK
    if asks:
        program, *words = trust_command(request)
        _ask(help_text, [program, *place, *words], output)
    entries = [TrustEntry(str(error.path), owner=error.owner) for error in foreign]
    for entry in (*entries, *([] if new is None else [trust_entry(new)])):
        store.add(entry)
        output.lines(f"trusted: {_line(entry)}", look="trust")
    return ExitCode.OK


def _in_the_way(request: Request) -> tuple[tuple[ForeignFileError, ...], Concern | None]:
    """Return the env files of other users that are read here, and what is of concern if they may be."""
    if request.config is not None:
        file = config_file(request)
        here = file.surroundings
        concern = file.concern or concern_of_stored_login(file.artifact, here.base, here.home)
        return (() if file.foreign is None else (file.foreign,)), concern
    compilation = compilation_of(replace(request, trust_project=True))
    world, allows = compilation.world, allowed_owners(request.process, all_of_them=request.trusts_project)
    every = {**world.sightings, **world.settings_seen}
    found = [refused(p, world.standpoint.show(p), allows) for p, seen in every.items() if seen.is_foreign]
    concern = compilation.concern
    if concern is None and compilation.resolution.is_complete:
        concern = concern_of_stored_login(compilation.artifact, world.cwd, world.home)
    return tuple(error for error in found if error is not None), concern


def _ask(help_text: list[str], command: list[str], output: Output) -> None:
    """Return if the answer is yes; `command` asks again.

    Raises:
        NotTrustedError: if it is not, or nobody can be asked.
    """
    if not has_terminal():
        again = shlex.join([*command, "--yes"])
        raise NotTrustedError(*help_text, hint=f"There is no terminal to ask at. If that is right: {again}")
    output.notice(*help_text, "")
    if not confirm("Trust that? [y/N] "):
        raise NotTrustedError("nothing was trusted", where=os.curdir)
