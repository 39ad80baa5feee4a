"""How help is laid out: short for `-h`, whole for `--help`, and the options that many commands share only once."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# The groups of options that nearly every command has, and the commands whose help describes each of them.
SHARED = ("resolution", "fields")
DESCRIBING = ("resolve", "check", "run")

_USUAL_COLUMNS = 80


# Where the first thing that a help text says ends: not within parentheses.
_END_OF_FIRST = r"(?:; |\. )(?![^(]*\))"


class WholeWords(argparse.RawDescriptionHelpFormatter):
    """Breaks lines between words alone: an option, a URL and a variable stay in one piece.

    For the width, argparse would load shutil.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)

    def _split_lines(self, text: str, width: int) -> list[str]:
        import textwrap  # noqa: PLC0415 - the program's own help has no such text

        return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Return a text with its paragraphs wrapped again where the help is narrow; indented lines stay as they are."""
        if width >= _USUAL_COLUMNS - 2 - len(indent):
            return super()._fill_text(text, width, indent)
        paragraphs: list[str] = []
        goes_on = False
        for line in text.splitlines():
            is_prose = bool(line) and not line[0].isspace()
            if is_prose and goes_on:
                paragraphs[-1] += f" {line}"
            else:
                paragraphs.append(line)
            goes_on = is_prose and not line.endswith(":")
        lines: list[str] = []
        for paragraph in paragraphs:
            is_prose = bool(paragraph) and not paragraph[0].isspace()
            lines += self._split_lines(paragraph, width - len(indent)) if is_prose else [paragraph]
        return "".join(f"{indent}{line}\n" if line else "\n" for line in lines)

    def listed(self, text: str) -> str:
        """Return a text of its own as wide as the help is."""
        import textwrap  # noqa: PLC0415 - as above

        return textwrap.fill(text, self._width, break_long_words=False, break_on_hyphens=False)


def _columns() -> int:
    """Return what `shutil.get_terminal_size` does: COLUMNS, the terminal's, or 80."""
    told = os.environ.get("COLUMNS", "")
    try:
        named = int(told)
    except ValueError:
        named = 0
    if named > 0:
        return named
    try:
        # A stream that was closed from the start is None.
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return _USUAL_COLUMNS
    return columns or _USUAL_COLUMNS


def usage_of(program: str, actions: Sequence[argparse.Action]) -> str:
    """Return the usage line: the arguments by name, and the options as one word."""
    return " ".join([program, "[OPTIONS]", *(_argument(action) for action in actions if not action.option_strings)])


def examples(*lines: str) -> str:
    """Return the end of a help text: command lines to begin with."""
    return "examples:\n" + "".join(f"  qwen-cfg {line}\n" for line in lines)


def help_text(parser: argparse.ArgumentParser, *, short: bool) -> str:
    """Return the help of a parser. The short one is what each option does, with only the names of shared ones."""
    formatter = WholeWords(parser.prog)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups)
    formatter.add_text(parser.description)
    describes = not short and parser.prog.rpartition(" ")[2] in DESCRIBING
    names: list[str] = []
    for group in parser._action_groups:
        actions = group._group_actions
        if group.title in SHARED and not describes:
            names += [action.option_strings[0] for action in actions]
            continue
        formatter.start_section(group.title)
        formatter.add_text(group.description)
        formatter.add_arguments(_shortened(actions) if short else actions)
        formatter.end_section()
    if names:
        text = f"These options are described by qwen-cfg resolve --help: {', '.join(names)}."
        formatter.add_text(formatter.listed(text))
    epilog = parser.epilog or ""
    formatter.add_text(epilog.partition("\n\n")[0] if short else epilog)
    if short:
        formatter.add_text(f"Everything: {parser.prog} --help")
    return formatter.format_help()


def _argument(action: argparse.Action) -> str:
    choices = "{" + ",".join(map(str, action.choices or ())) + "}"
    name = action.metavar if isinstance(action.metavar, str) else choices
    forms = {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} ...", argparse.PARSER: f"{name} ..."}
    return forms.get(str(action.nargs), name)


def _shortened(actions: Sequence[argparse.Action]) -> list[argparse.Action]:
    """Return actions with the first thing that their help says; the last line says how to get help."""
    import copy  # noqa: PLC0415 - a short help alone needs it

    short = [copy.copy(action) for action in actions if not isinstance(action, ShowHelp)]
    for action in short:
        if action.help:
            action.help = re.split(_END_OF_FIRST, action.help)[0]
    return short


class ShowHelp(argparse._HelpAction):
    """Prints the short help for `-h`, and the whole one for `--help`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - argparse's own
        values: object,  # noqa: ARG002
        option_string: str | None = None,
    ) -> None:
        """Print and exit."""
        parser._print_message(help_text(parser, short=option_string == "-h"))
        parser.exit()
