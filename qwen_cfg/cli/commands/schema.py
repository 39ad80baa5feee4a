"""The command `schema`: prints the JSON Schemas of this program's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.application.schemas import SCHEMAS
from qwen_cfg.cli.help import examples
from qwen_schema import ExitCode

if TYPE_CHECKING:
    import argparse

    from qwen_cfg.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        choices=[name for schema in SCHEMAS for name in schema.names],
        help=f"the schema to print: {', '.join(name for schema in SCHEMAS for name in schema.names)}; "
        "without NAME, all schemas are listed with their contents",
    )
    parser.epilog = (
        examples("schema", "schema resolved > qwen.schema.json", "schema explain")
        + "\nAn artifact that is written in or below the directory of a qwen.schema.json\n"
        "begins with a line that names the schema, for editors with tombi or Taplo.\n"
    )


def execute(args: argparse.Namespace, output: Output) -> int:
    """Print a schema, or list all of them."""
    if args.name is None:
        width = max(len(", ".join(schema.names)) for schema in SCHEMAS)
        output.lines(*(f"{', '.join(schema.names):<{width}}  {schema.summary}" for schema in SCHEMAS))
        return ExitCode.OK
    chosen = next(schema for schema in SCHEMAS if args.name in schema.names)
    output.data(chosen.load(), secrets=True)
    return ExitCode.OK
