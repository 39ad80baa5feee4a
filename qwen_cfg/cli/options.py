"""The options that several commands share: the flags of the fields, and the options for resolving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qwen_schema
from qwen_schema.fields import declared_fields

from .actions import StoreFlag

if TYPE_CHECKING:
    import argparse

    from qwen_schema import Field

_WIDEST_METAVAR = 40


def add_field_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of every declared field, in a group of their own."""
    from qwen_cfg.application.flags import spellings  # noqa: PLC0415

    group = parser.add_argument_group(
        "fields",
        "A flag overrides every other source, except that in Qwen Code 0.21 and later\n"
        "a provider entry of settings.json overrides it. An empty flag is ignored,\n"
        "except --proxy=, which means no proxy.",
    )
    for field in declared_fields().values():
        group.add_argument(
            *spellings(field),
            action=StoreFlag,
            field=field,
            nargs=0 if field.is_switch else None,
            metavar=_metavar(field),
            help=_help(field),
        )
    parser.set_defaults(flags={})


def add_resolution_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for resolving: env file, trust, profile, dialect and secret reference."""
    from qwen_schema.envfile import DIALECTS  # noqa: PLC0415
    from qwen_schema.profiles import DEFAULT_PROFILE, declared_profiles  # noqa: PLC0415

    group = parser.add_argument_group("resolution")
    files = group.add_mutually_exclusive_group()
    files.add_argument("--env-file", metavar="PATH", help="read this env file instead of searching for one")
    files.add_argument("--no-env-file", action="store_true", help="read no env file")
    group.add_argument(
        "--trust-project",
        action="store_true",
        help="allow the project's files to decide where keys and prompts go, this once (or QWEN_CFG_TRUST_PROJECT=1)",
    )
    group.add_argument(
        "--profile",
        choices=list(declared_profiles()),
        help="which version of Qwen Code to follow: "
        + "; ".join(f"{p.name} ({p.qwen_code})" for p in declared_profiles().values())
        + "; versions between adopted the rules one by one: compare with resolve --compare-profiles"
        + f" (default: QWEN_CFG_PROFILE, else that of the qwen on the PATH, else {DEFAULT_PROFILE})",
    )
    group.add_argument(
        "--env-dialect",
        choices=list(DIALECTS),
        help="how to parse env files: like the npm package dotenv, as Qwen Code does, or like python-dotenv",
    )
    group.add_argument(
        "--secret-from",
        metavar="KIND:WHERE",
        help="where to take the key from; with -o, the artifact records this place: environment:VARIABLE, "
        "env-file:PATH:VARIABLE, keyring:SERVICE/NAME, command:WORDS (run without a shell, when the key is needed), "
        "flag, oauth-cache",
    )


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an artifact."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        nargs="?",
        const="",
        help="use this artifact and resolve nothing; only --secret-from can be combined with it (without FILE: the "
        "first qwen.toml from the working directory up)",
    )


def add_color_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for colours."""
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="when to use colours; auto is on a terminal, unless NO_COLOR or FORCE_COLOR is set",
    )


def _metavar(field: Field) -> str | None:
    values = "{" + ",".join(field.schema.get("enum", ())) + "}"
    if "enum" in field.schema:
        # A longer list is in the description.
        return values if len(values) <= _WIDEST_METAVAR else field.name.upper()
    by_format = {"http-url": "URL", "proxy-url": "URL", "file-path": "PATH", "header-value": "KEY"}
    by_type = {"number": "SECONDS", "integer": "COUNT", "array": "LIST"}
    return by_format.get(field.schema.get("format", "")) or by_type.get(field.schema["type"], field.name.upper())


def _help(field: Field) -> str:
    from qwen_schema.profiles import declared_profiles  # noqa: PLC0415

    default = "" if field.default in (None, "") else f" (default: {qwen_schema.show_value(field.default)}"
    for profile in declared_profiles().values():
        own_default = profile.defaults.get(field.name, {}).get("openai")
        default += f"; {profile.qwen_code}: {own_default}" if default and own_default else ""
    default += ")" if default else ""
    variables = ", ".join(variable.name for variable in field.variables)
    return f"{field.description}{default} [{variables}]".replace("%", "%%")
