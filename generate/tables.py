"""The generated modules by file name: the declarations as Python source."""

from __future__ import annotations

import json
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .literal import literal
from .validators import Compiler

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
DECLARED = ROOT / "schema" / "qwen_schema"
TABLES = DECLARED / "tables"

_HEAD = '"""{title} Written by `make generate`."""\n\nfrom __future__ import annotations\n\nfrom typing import Any\n'
_VALUES = "is_artifact = _is_artifact\n\nVALUES: dict[str, Callable[[Any], bool]] = {{\n{}}}\n"
_HELPERS = ("has_format", "has_only", "is_equal", "is_integer", "is_number", "is_text", "matches", "others_of")


def tables() -> dict[str, str]:
    """Return the source of every module by its file name."""
    fields = _schema("fields")
    return {
        "fields.py": _table("What `fields.schema.json` declares, by field.", "FIELDS", fields["properties"]),
        "profiles.py": _table("What `profiles.toml` declares, by profile.", "PROFILES", _toml("profiles")),
        "providers.py": _table("What `providers.toml` declares, by provider.", "PROVIDERS", _toml("providers")),
        "qwen_oauth.py": _table("What `qwen_oauth.toml` declares.", "QWEN_OAUTH", _toml("qwen_oauth")),
        "validators.py": _validators(fields, _schema("resolved")),
    }


def ranking() -> str:
    """Return the source of the module with the order of the layers as text, for the help."""
    # The layers read the other tables, so these must exist.
    from qwen_cfg.core.layers import ranking, usual_layers  # noqa: PLC0415
    from qwen_schema import DEFAULT_PROFILE, declared_profiles  # noqa: PLC0415

    words = textwrap.fill(f"{ranking(usual_layers(declared_profiles()[DEFAULT_PROFILE]))}.", 72)
    return (
        '"""The order of the layers under the usual profile, as a sentence. Written by `make generate`."""\n\n'
        f"RANKING = {words!r}\n"
    )


def _table(title: str, name: str, declared: Mapping[str, Any]) -> str:
    return f"{_HEAD.format(title=title)}\n{name}: dict[str, Any] = {literal(declared)}\n"


def _validators(fields: dict[str, Any], resolved: dict[str, Any]) -> str:
    """Return a function for the artifact, and one for the values of each field."""
    compiler = Compiler(fields, resolved)
    compiler.function("_is_artifact", resolved, resolved["$id"])
    functions = {
        name: compiler.function(f"_is_fields_{name}", declaration, fields["$id"])
        if "secret" not in declaration["x-qwen"]
        # A value is the secret itself, not the reference to it.
        else compiler.function(f"_is_secret_{name}", declaration["x-qwen"]["secret"], fields["$id"])
        for name, declaration in fields["properties"].items()
    }
    title = "What tells whether a document or a value conforms to its schema."
    helpers = "".join(f"    {helper},\n" for helper in _HELPERS)
    head = _HEAD.format(title=title).replace(
        "from typing import Any\n",
        "from collections.abc import Callable\nfrom typing import Any\n\n"
        f"from qwen_schema.validator_checks import (\n{helpers})\n",
    )
    values = "".join(f"    {name!r}: {function},\n" for name, function in functions.items())
    return "\n\n".join([head, *compiler.functions.values(), _VALUES.format(values)])


def _schema(name: str) -> dict[str, Any]:
    return json.loads((DECLARED / f"{name}.schema.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((DECLARED / f"{name}.toml").read_text(encoding="utf-8"))
