"""The command `rule`: what a code means, why it matters and what to do about it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from qwen_cfg.cli.formats import JSON, TEXT, Views, add_format_option, show
from qwen_cfg.cli.help import examples
from qwen_cfg.rules.pages import Page, pages
from qwen_schema import ExitCode, UsageError, did_you_mean, show_word

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output


_MORE = """
An error makes a configuration incomplete, a warning is shown by every command
that resolves, and a note only by resolve --explain. check --select makes the
findings of rules count.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="a rule's code, such as QC103; without it, all rules")
    add_format_option(parser, TEXT, JSON, help_text="text (the default) or json")
    parser.epilog = f"{examples('rule', 'rule QC103')}{_MORE}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Print the page of a rule, or name every rule."""
    found = list(pages().values()) if args.code is None else [_page(args.code)]

    def text(output: Output) -> None:
        help_text = _list(found, output.width) if args.code is None else _text(found[0], output.width)
        output.lines(*help_text.splitlines(), look="rule")

    def data() -> object:
        documents = [_data(page) for page in found]
        return {"rules": documents} if args.code is None else documents[0]

    show(args.format, Views(text, data), output)
    return ExitCode.OK


def _page(code: str) -> Page:
    """Return the page of a code, in whatever case it is written.

    Raises:
        UsageError: if it is the code of no rule.
    """
    page = pages().get(code.upper())
    if page is None:
        # The letters O, I and L are easily taken for digits.
        digits = code[:2] + code[2:].upper().translate(str.maketrans("OIL", "011"))
        near = f"Did you mean {digits.upper()}? " if digits.upper() in pages() else did_you_mean(code, pages())
        raise UsageError(f"unknown rule {show_word(code)}", hint=f"{near}To list the rules: qwen-cfg rule")
    return page


def _list(found: list[Page], width: int) -> str:
    rows = (f"{page.rule.code}  {page.rule.severity:<7}  {page.rule.title}" for page in found)
    return "".join(f"{_wrapped(row, width, ' ' * len('QC000  warning  '))}\n" for row in rows)


def _text(page: Page, width: int) -> str:
    rule = page.rule
    paragraphs = (f"{rule.code} {rule.severity}: {rule.title}", page.why, page.advice)
    parts = [_wrapped(paragraph, width) for paragraph in paragraphs]
    return "\n\n".join([*parts, f"For example:\n\n{textwrap.indent(page.example, '  ')}"]) + "\n"


def _wrapped(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _data(page: Page) -> dict[str, str]:
    rule = page.rule
    return {
        "code": rule.code,
        "severity": rule.severity,
        "title": rule.title,
        "why": page.why,
        "advice": page.advice,
        "example": page.example,
    }
