"""The layout of help texts: short for `-h`, complete for `--help`; shared options are described by a few commands."""

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
COMMANDS_THAT_DESCRIBE = ("resolve", "check", "run")

_USUAL_COLUMNS = 80

# The end of the first clause of a help text, outside parentheses.
_END_OF_CLAUSE = r"(?:; |\. )(?![^(]*\))"


class WholeWords(argparse.RawDescriptionHelpFormatter):
    """Breaks lines only between words, so that options, URLs and variables stay whole."""

    def __init__(self, prog: str) -> None:
        # Without a width, argparse would import shutil.
        super().__init__(prog, width=_columns() - 2)

    def _split_lines(self, text: str, width: int) -> list[str]:
        import textwrap  # noqa: PLC0415 - the program's own help has no such text

        return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Return a text whose paragraphs are wrapped if the help is narrow. Indented lines do not change."""
        if width >= _USUAL_COLUMNS - 2 - len(indent):
            return super()._fill_text(text, width, indent)
        paragraphs: list[str] = []
        continues = False
        for line in text.splitlines():
            is_prose = bool(line) and not line[0].isspace()
            if is_prose and continues:
                paragraphs[-1] += f" {line}"
            else:
                paragraphs.append(line)
            continues = is_prose and not line.endswith(":")
        lines: list[str] = []
        for paragraph in paragraphs:
            is_prose = bool(paragraph) and not paragraph[0].isspace()
            lines += self._split_lines(paragraph, width - len(indent)) if is_prose else [paragraph]
        return "".join(f"{indent}{line}\n" if line else "\n" for line in lines)

    def wrap(self, text: str) -> str:
        """Return a text wrapped to the width of the help."""
        import textwrap  # noqa: PLC0415 - as above

        return textwrap.fill(text, self._width, break_long_words=False, break_on_hyphens=False)


def _columns() -> int:
    """Return the width of the help, as `shutil.get_terminal_size` does: COLUMNS, the terminal's width, or 80."""
    variable = os.environ.get("COLUMNS", "")
    try:
        named = int(variable)
    except ValueError:
        named = 0
    if named > 0:
        return named
    try:
        # A stream that was closed at the start is None.
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return _USUAL_COLUMNS
    return columns or _USUAL_COLUMNS


def usage_of(program: str, actions: Sequence[argparse.Action]) -> str:
    """Return the usage line: every argument by name, and `[OPTIONS]` for the options."""
    return " ".join([program, "[OPTIONS]", *(_argument(action) for action in actions if not action.option_strings)])


def examples(*lines: str) -> str:
    """Return the part of a help text with examples of command lines."""
    return "examples:\n" + "".join(f"  qwen-cfg {line}\n" for line in lines)


def help_text(parser: argparse.ArgumentParser, *, short: bool) -> str:
    """Return the help text of a parser. The short one has the first clause for each option."""
    formatter = WholeWords(parser.prog)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups)
    formatter.add_text(parser.description)
    describes = not short and parser.prog.rpartition(" ")[2] in COMMANDS_THAT_DESCRIBE
    names: list[str] = []
    for group in parser._action_groups:
        actions = group._group_actions
        if group.title in SHARED and not describes:
            names += [action.option_strings[0] for action in actions]
            continue
        formatter.start_section(group.title)
        formatter.add_text(group.description)
        formatter.add_arguments(_with_short_help(actions) if short else actions)
        formatter.end_section()
    if names:
        text = f"For these options, see qwen-cfg resolve --help: {', '.join(names)}."
        formatter.add_text(formatter.wrap(text))
    epilog = parser.epilog or ""
    formatter.add_text(epilog.partition("\n\n")[0] if short else epilog)
    if short:
        formatter.add_text(f"More: {parser.prog} --help")
    return formatter.format_help()


def _argument(action: argparse.Action) -> str:
    choices = "{" + ",".join(map(str, action.choices or ())) + "}"
    name = action.metavar if isinstance(action.metavar, str) else choices
    forms = {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} ...", argparse.PARSER: f"{name} ..."}
    return forms.get(str(action.nargs), name)


def _with_short_help(actions: Sequence[argparse.Action]) -> list[argparse.Action]:
    """Return the actions with the first clause of their help texts, and without `--help`, which the last line names."""
    import copy  # noqa: PLC0415 - a short help alone needs it

    short = [copy.copy(action) for action in actions if not isinstance(action, ShowHelp)]
    for action in short:
        if action.help:
            action.help = re.split(_END_OF_CLAUSE, action.help)[0]
    return short


class ShowHelp(argparse._HelpAction):
    """Prints the short help for `-h`, and the complete help for `--help`."""

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
