"""The command `exec`: starts a program with exactly the config of an artifact, or the config that resolves here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qwen_cfg.application.projects_programs import projects_programs
from qwen_cfg.application.start import overrides, start_of
from qwen_cfg.cli.arguments import request_of, this_process
from qwen_cfg.cli.help import examples
from qwen_cfg.cli.options import add_config_option, add_field_flags, add_resolution_options
from qwen_cfg.cli.ready_config import keyed_config
from qwen_cfg.cli.terminal.consent import gate_of
from qwen_cfg.starting.program import program_named, replace_process
from qwen_schema import ExitCode, UsageError
from qwen_schema.records import replace

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.application.ready import KeyedConfig
    from qwen_cfg.application.request import Process, Request
    from qwen_cfg.application.start import Start
    from qwen_cfg.cli.output import Output
    from qwen_cfg.writing.private_directory import PrivateDirectory

# How to approve programs that a project's settings start.
_APPROVAL = "run it in a terminal, and answer yes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "program",
        metavar="-- PROGRAM",
        nargs="*",
        help="the program and its arguments, after --",
    )
    parser.add_argument(
        "--print",
        action="store_true",
        dest="print_only",
        help="show the variables that would be set and removed, with the key masked, without starting the program",
    )
    add_config_option(parser)
    add_resolution_options(parser)
    add_field_flags(parser)
    parser.epilog = examples(
        "exec -- qwen",
        "exec --config qwen.toml -- qwen -p ping",
        "exec --model m -- python app.py",
        "exec --print -- qwen",
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Pass the trust gate, get the key, show what would still override the config, and start the program.

    Raises:
        UsageError: if no program is named, or it does not exist.
        ConfigurationError: if the result is incomplete, or the config has a login instead of a key.
    """
    if not args.program:
        raise UsageError("no program is named", hint="Name one after --, such as: qwen-cfg exec -- qwen")
    if os.name != "posix":
        raise UsageError("exec needs a POSIX system: Linux, macOS or WSL")
    process = this_process()
    program_named(args.program[0], process.environ)
    request = request_of(args)
    use = keyed_config(request, gate_of(request, output), output)
    start = start_of(use, args.program, process)
    output.notice(*start.notices)
    if args.print_only:
        return _show(start, use, process, output)
    if start.is_qwen_code:
        _require_trusted_programs(start, process, request, use, output)
    return _replace_process(start, use, process, output)


def _require_trusted_programs(
    start: Start, process: Process, request: Request, use: KeyedConfig, output: Output
) -> None:
    """Ask before Qwen Code starts programs that a project's files name. Qwen Code does not ask, and they get the key.

    Raises:
        NotTrustedError: if the user does not approve them.
    """
    assert start.profile is not None  # noqa: S101 - a start of Qwen Code has one
    for programs in () if request.trusts_project else projects_programs(process, start.child.environ, start.profile):
        gate = replace(gate_of(request, output), command=_APPROVAL, key_is_typed=False)
        gate.require(programs.concern(str(use.artifact.api_key)))


def _replace_process(start: Start, use: KeyedConfig, process: Process, output: Output) -> int:
    """Replace this process by the program. The private settings remain until the program ends."""
    directory = None
    try:
        if start.settings is not None:
            directory, start = _with_private_settings(start, process)
        output.notice(*overrides(start, use, process))
        output.flush()
        replace_process(start.program, start.words, start.child.environ, None if directory is None else directory.lock)
    except BaseException:
        if directory is not None:
            directory.remove()
        raise


def _show(start: Start, use: KeyedConfig, process: Process, output: Output) -> int:
    """Show what the program would get. Private settings are written to find out, and removed again."""
    from qwen_cfg.cli.reports.start import start_lines  # noqa: PLC0415

    if start.settings is not None:
        directory, start_with_settings = _with_private_settings(start, process)
        try:
            output.notice(*overrides(start_with_settings, use, process))
        finally:
            directory.remove()
    output.lines(*start_lines(start), secrets=True)
    return ExitCode.OK


def _with_private_settings(start: Start, process: Process) -> tuple[PrivateDirectory, Start]:
    """Write the settings of a start into a private directory; return the directory, and the start that names it."""
    import json  # noqa: PLC0415 - only a start of Qwen Code needs it

    from qwen_cfg.writing.private_directory import make_private_directory  # noqa: PLC0415

    directory = make_private_directory(process.state)
    try:
        return directory, start.with_settings_at(
            directory.write("settings.json", json.dumps(start.settings, indent=2) + "\n")
        )
    except BaseException:
        directory.remove()
        raise
