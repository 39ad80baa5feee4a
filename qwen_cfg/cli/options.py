"""The options that several commands share: the flags of the fields, and how to resolve."""

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
        "a provider entry of settings.json overrides it. An empty flag is ignored, but\n"
        "for --proxy= (no proxy).",
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
    parser.set_defaults(given={})


def add_resolution_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how to resolve."""
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
        help="how the artifact refers to the key: environment:VARIABLE, env-file:PATH:VARIABLE, keyring:SERVICE/NAME, "
        "command:WORDS (run without a shell, when the key is needed), flag, oauth-cache",
    )


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an artifact."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        nargs="?",
        const="",
        help="use this artifact and resolve nothing; only --secret-from may go with it (without FILE: the first "
        "qwen.toml from the working directory up)",
    )


def add_color_option(parser: argparse.ArgumentParser) -> None:
    """Add the choice of colour."""
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="use colours on a terminal (auto), or never (NO_COLOR and FORCE_COLOR are honoured)",
    )


def _metavar(field: Field) -> str | None:
    values = "{" + ",".join(field.schema.get("enum", ())) + "}"
    if "enum" in field.schema:
        # More of them than fit beside the flag stand in the description.
        return values if len(values) <= _WIDEST_METAVAR else field.name.upper()
    by_format = {"http-url": "URL", "proxy-url": "URL", "file-path": "PATH", "header-value": "KEY"}
    by_type = {"number": "SECONDS", "integer": "COUNT", "array": "LIST"}
    return by_format.get(field.schema.get("format", "")) or by_type.get(field.schema["type"], field.name.upper())


def _help(field: Field) -> str:
    from qwen_schema.profiles import declared_profiles  # noqa: PLC0415

    default = "" if field.default in (None, "") else f" (default: {qwen_schema.show_value(field.default)}"
    for profile in declared_profiles().values():
        other = profile.defaults.get(field.name, {}).get("openai")
        default += f"; {profile.qwen_code}: {other}" if default and other else ""
    default += ")" if default else ""
    variables = ", ".join(variable.name for variable in field.variables)
    return f"{field.description}{default} [{variables}]".replace("%", "%%")
