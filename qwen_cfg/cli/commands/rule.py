"""The command `rule`: explains a rule, with the reason, the advice and an example."""

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


_EPILOG = """
An error makes a configuration incomplete. Every command that resolves shows
warnings, and only resolve --explain shows notes. With check --select, findings
make the check fail.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="a rule's code, such as QC103; without it, all rules")
    add_format_option(parser, TEXT, JSON, help_text="text (the default) or json")
    parser.epilog = f"{examples('rule', 'rule QC103')}{_EPILOG}"


def execute(args: argparse.Namespace, output: Output) -> int:
    """Print the page of a rule, or list all rules."""
    chosen = list(pages().values()) if args.code is None else [_page(args.code)]

    def text(output: Output) -> None:
        content = _list(chosen, output.width) if args.code is None else _text(chosen[0], output.width)
        output.lines(*content.splitlines(), look="rule")

    def data() -> object:
        documents = [_data(page) for page in chosen]
        return {"rules": documents} if args.code is None else documents[0]

    show(args.format, Views(text, data), output)
    return ExitCode.OK


def _page(code: str) -> Page:
    """Return the page of a code, in upper or lower case.

    Raises:
        UsageError: if no rule has this code.
    """
    page = pages().get(code.upper())
    if page is None:
        # The letters O, I and L are often mistaken for digits.
        digits = code[:2] + code[2:].upper().translate(str.maketrans("OIL", "011"))
        suggestion = f"Did you mean {digits.upper()}? " if digits.upper() in pages() else did_you_mean(code, pages())
        raise UsageError(f"unknown rule {show_word(code)}", hint=f"{suggestion}To list the rules: qwen-cfg rule")
    return page


def _list(rules: list[Page], width: int) -> str:
    rows = (f"{page.rule.code}  {page.rule.severity:<7}  {page.rule.title}" for page in rules)
    return "".join(f"{_wrap(row, width, ' ' * len('QC000  warning  '))}\n" for row in rows)


def _text(page: Page, width: int) -> str:
    rule = page.rule
    paragraphs = (f"{rule.code} {rule.severity}: {rule.title}", page.why, page.advice)
    parts = [_wrap(paragraph, width) for paragraph in paragraphs]
    return "\n\n".join([*parts, f"For example:\n\n{textwrap.indent(page.example, '  ')}"]) + "\n"


def _wrap(text: str, width: int, indent: str = "") -> str:
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
