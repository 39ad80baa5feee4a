"""The command `trust`: lets project files decide where keys and prompts go, lists them, or revokes the trust."""

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
from qwen_cfg.reading.ownership import ownership_error
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
        help="list or revoke trusted files, or trust an artifact FILE or the files that decide in a directory; without "
        "it, trust the files that decide here",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="with revoke: trusted files, or their directories")
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
        # Before `_request` changes to the directory.
        place = ["-C", args.action] if args.action is not None and Path(args.action).is_dir() else []
        return _trust(_request(args), output, place, asks=not args.yes)
    # These actions need no working directory.
    store = TrustStore(state_directory(os.environ, home_of(os.environ).path))
    if args.action == "list":
        return _list(store, args.format, output)
    return _revoke(store, None if args.all else args.paths, output)


def _request(args: argparse.Namespace) -> Request:
    """Return the request to trust: the result in a directory, or an artifact.

    Raises:
        UsageError: if the name is not that of an artifact, or two artifacts are named.
    """
    named = args.action
    if named is None:
        return request_of(args)
    if args.config is not None:
        raise UsageError("two artifacts are named", where=f"{named}, --config", hint="Name only one.")
    if Path(named).is_dir():
        os.chdir(named)
        return request_of(args)
    if Path(named).suffix not in (".toml", ".json") or Path(named).name == SETTINGS_NAME:
        hint = "To trust all files that decide here: qwen-cfg trust"
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
    """Return a trusted file as a line: its path, and its owner, or the host with the data that may be sent there."""
    if entry.owner is not None:
        return f"{entry.path}  owned by user {entry.owner}"
    data = f"your prompts, and {entry.reference or 'a key'}" if entry.credential_digest else "prompts only"
    return f"{entry.path}  {entry.host}  ({data})"


def _revoke(store: TrustStore, paths: list[str] | None, output: Output) -> int:
    """Revoke the trust in the files at some paths, or in all files."""
    entries = store.revoke(None if paths is None else tuple(map(Path, paths)))
    if not entries and paths is not None:
        raise UsageError("no trusted file there", where=", ".join(paths), hint="See: qwen-cfg trust list")
    lines = [f"no longer trusted: {_line(entry)}" for entry in entries]
    output.lines(*(lines or ["nothing was trusted"]), look="trust")
    return ExitCode.OK


def _trust(request: Request, output: Output, place: list[str], *, asks: bool) -> int:
    """Ask for every missing approval at once. `place` are the options that name the directory."""
    store = trust_store(request.process)
    foreign, concern = _concerns(request)
    new = None if concern is None or store.covers(concern) else concern
    lines = [*map(str, foreign), *([] if new is None else new.lines)]
    if not lines:
        output.lines("nothing here needs to be trusted" if concern is None else f"{concern.place}: already trusted")
        return ExitCode.OK
    if asks:
        program, *words = trust_command(request)
        _require_yes(lines, [program, *place, *words], output)
    entries = [TrustEntry(str(error.path), owner=error.owner) for error in foreign]
    for entry in (*entries, *([] if new is None else [trust_entry(new)])):
        store.add(entry)
        output.lines(f"trusted: {_line(entry)}", look="trust")
    return ExitCode.OK


def _concerns(request: Request) -> tuple[tuple[ForeignFileError, ...], Concern | None]:
    """Return the errors about files of other users, and the concern about the values in use if these files are read."""
    if request.config is not None:
        file = config_file(request)
        here = file.surroundings
        concern = file.concern or concern_of_stored_login(file.artifact, here.base, here.home)
        return (() if file.owner_error is None else (file.owner_error,)), concern
    compilation = compilation_of(replace(request, trust_project=True))
    world, allows = compilation.world, allowed_owners(request.process, all_of_them=request.trusts_project)
    states = {**world.path_states, **world.settings_states}
    errors = [ownership_error(p, world.standpoint.show(p), allows) for p, each in states.items() if each.is_foreign]
    concern = compilation.concern
    if concern is None and compilation.resolution.is_complete:
        concern = concern_of_stored_login(compilation.artifact, world.cwd, world.home)
    return tuple(error for error in errors if error is not None), concern


def _require_yes(lines: list[str], command: list[str], output: Output) -> None:
    """Ask the user, and return if the answer is yes. `command` is the command line for the hint.

    Raises:
        NotTrustedError: if the answer is no, or there is no terminal to ask at.
    """
    if not has_terminal():
        with_yes = shlex.join([*command, "--yes"])
        raise NotTrustedError(*lines, hint=f"There is no terminal to ask at. To approve it anyway: {with_yes}")
    output.notice(*lines, "")
    if not confirm("Trust that? [y/N] "):
        raise NotTrustedError("nothing was trusted", where=os.curdir)
