"""Generates pages from the declarations: the tables of fields, providers and rules, and the man page.

Run as `make docs`; with `--check`, writes nothing and exits 1 if anything is out of date.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from man_page import man_page

from qwen_cfg.rules.pages import Page, pages
from qwen_schema import Field, Provider, declared_fields, declared_providers, show_value

DOCS = Path(__file__).parent
NOTICE = "<!-- Written by docs/generate.py. -->\n\n"

# The Python version for the man page, since argparse wraps and orders options differently in other versions.
WRITTEN_BY = (3, 11)


def fields_page() -> str:
    """Return the table of the fields."""
    rows = "".join(_row(field) for field in declared_fields().values())
    return f"""# The fields

{NOTICE}Every setting that can be configured. A flag overrides the environment, which overrides the env file, which
overrides the default. If several variables feed a field, the first one with a value is used, whether the
environment or the env file sets it. Under the profile `qwen-code-0.21`, Qwen Code's [settings files](settings.md)
count too, the order differs for some fields, and so do [some defaults](settings.md#defaults).

*Reach* says who may set a field: with `project`, any file may set it; with `user`, only flags, the environment, and
files of your own: `~/.qwen/.env`, `~/.env` and your own settings.

| field | flag | variables | settings | default | reach |
| --- | --- | --- | --- | --- | --- |
{rows}
{"".join(_paragraph(field) for field in declared_fields().values())}"""


def rules_page() -> str:
    """Return the table of the rules, and a section for each."""
    rows = "".join(_rule_row(page) for page in pages().values())
    return f"""# The rules

{NOTICE}The checks of a resolution, each with a stable code. An error makes the resolution incomplete (exit code 3);
warnings are written to standard error; only `--explain` shows notes. `check` shows warnings, too; with `--select` it
applies the named rules, including notes, and exits with 1 if they have findings.
`qwen-cfg rule CODE` shows a section of this page.

| code | severity | what | why |
| --- | --- | --- | --- |
{rows}{"".join(_rule_section(page) for page in pages().values())}"""


def providers_page() -> str:
    """Return the table of the providers."""
    rows = "".join(_provider_row(provider) for provider in declared_providers().values())
    begun = "; ".join(
        f"{p.title} {_word_list(p.key_beginnings)}" for p in declared_providers().values() if p.key_beginnings
    )
    remarks = "".join(f"\n**{p.title}**: {p.key_remark}\n" for p in declared_providers().values() if p.key_remark)
    terms = "".join(_terms_row(provider) for provider in declared_providers().values() if provider.terms_page)
    return f"""# The providers

{NOTICE}The host of a base URL identifies the provider, which decides how the key is sent and how prompts are marked for
caching. Hosts that begin with `*` are recognised by their ending: anybody may be able to register such a name.
Everything is declared in `schema/qwen_schema/providers.toml`.

| provider | hosts | the key is sent as | caching | base URLs end in |
| --- | --- | --- | --- | --- |
{rows}
*Marked*: the request marks the parts to cache (`cache_control`): the instructions and the latest message.
*Automatic*: the provider caches a prefix that does not change, and this program does not change it. *Unknown*: the
request marks nothing; the prefix does not change here, either.

Beginnings of keys that show the provider, so that [QC117](rules.md#qc117) reports a key at another provider's host:
{begun}.
{remarks}
## Terms and training

Under Qwen OAuth, its terms apply with any base URL. `qwen-cfg terms` shows the terms that apply in a project.
The statements on training are summaries of the provider's own documents; the pages decide.

| provider | pages | training on prompts and answers |
| --- | --- | --- |
{terms}"""


def _row(field: Field) -> str:
    flags = ", ".join(f"`{flag}`" for flag in field.flags)
    variables = ", ".join(f"`{variable.name}`" for variable in field.variables)
    setting = f"`{'.'.join(field.setting.names)}`" if field.setting is not None else ""
    return f"| `{field.name}` | {flags} | {variables} | {setting} | {_default(field)} | {field.reach} |\n"


def _rule_row(page: Page) -> str:
    rule = page.rule
    return f"| [{rule.code}](#{rule.code.lower()}) | {rule.severity} | {rule.title} | {page.why} |\n"


def _rule_section(page: Page) -> str:
    example = textwrap.indent(page.example, "    ")
    return f"\n## {page.rule.code}\n\n**{page.rule.title}** ({page.rule.severity}). {page.advice}\n\n{example}\n"


def _provider_row(provider: Provider) -> str:
    hosts = [*provider.hosts, *(f"*{ending}" for ending in provider.host_endings if ending)]
    listed = ", ".join(f"`{host}`" for host in hosts) or "every other host, local servers too"
    key = "`Authorization: Bearer`" if provider.key_header == "authorization" else f"`{provider.key_header}`"
    title = f"[{provider.title}]({provider.key_page})" if provider.key_page else provider.title
    path = ", ".join(f"`{ending}`" for ending in (provider.usual_path, *provider.other_bases))
    return f"| {title} | {listed} | {key} | {provider.caching} | {path} |\n"


def _terms_row(provider: Provider) -> str:
    pages = f"[terms]({provider.terms_page}), [privacy]({provider.privacy_page})"
    remark = f". {provider.terms_remark}" if provider.terms_remark else ""
    return f"| {provider.title} | {pages}{remark} | {provider.training_remark or 'no statement known'} |\n"


def _word_list(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _default(field: Field) -> str:
    if field.default is None:
        return ""
    others = "".join(f"; `{show_value(value)}` under {method}" for method, value in field.default_for.items())
    return (f"`{show_value(field.default)}`" if field.default != "" else "none") + others


def _paragraph(field: Field) -> str:
    examples = ", ".join(f"`{show_value(example)}`" for example in field.examples)
    return f"\n**{field.name}**: {field.description}" + (f" For example {examples}.\n" if examples else "\n")


def main() -> int:
    """Write every page, or with `--check` report those that are out of date."""
    pages = {
        "fields.md": fields_page(),
        "providers.md": providers_page(),
        "rules.md": rules_page(),
        "man/qwen-cfg.1": man_page(),
    }
    if sys.version_info[:2] != WRITTEN_BY:
        del pages["man/qwen-cfg.1"]
    stale = [name for name, text in pages.items() if not _is_current(DOCS / name, text)]
    if "--check" in sys.argv[1:]:
        print("".join(f"out of date: docs/{name} (make docs)\n" for name in stale), end="")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(pages[name], encoding="utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
