"""Changes one value of a project in the env file that `init` writes, if that file sets the value."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from qwen_cfg.writing.save_env_file import env_file_of, save_settings
from qwen_schema import ConfigurationError, Secret, declared_fields, safe_text
from qwen_schema.records import record

from .compilation import compilation_of
from .typed_key import vouch_for_typed_key

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Origin
    from qwen_cfg.trust.gate import Gate
    from qwen_cfg.writing.gitignore import Accept

    from .compilation import Compilation
    from .request import Request


@record
class EnvVariable:
    """The variable in the env file of the working directory to write a field's value to.

    `was` is the present value for display; empty if there is none.
    """

    field: str
    variable: str
    was: str


def place_of(compilation: Compilation, name: str) -> EnvVariable:
    """Return the variable that sets a field in the env file that `init` writes.

    Raises:
        ConfigurationError: if another place sets the field, or the project is not set up.
    """
    decision, field = compilation.resolution.decisions[name], declared_fields()[name]
    winner, kept = decision.winner, env_file_of(compilation.world.cwd)
    if winner is None or decision.by_default:
        if kept not in [file.place.path for file in compilation.resolution.files]:
            raise ConfigurationError(
                f"no file sets {name} here, and there is no .qwen/.env to set it in",
                hint=_where_to_add(compilation, name),
            )
        return EnvVariable(name, field.variables[0].name, "" if winner is None else safe_text(field, winner.revealed))
    if winner.origin.path != kept or winner.origin.variable is None or winner.origin.behind:
        raise ConfigurationError(
            f"{name} is not set by ./.qwen/.env; nothing changed",
            where=str(winner.origin),
            hint=_entry_hint(name) if _uses_entry(compilation) else _how_to_change(winner.origin, name),
        )
    return EnvVariable(name, winner.origin.variable, safe_text(field, winner.revealed))


def _where_to_add(compilation: Compilation, name: str) -> str:
    """Return the file that could set a field that no file sets: the env file that was read, else the one of `init`."""
    files = compilation.resolution.files
    if not files:
        return "Set this project up first: qwen-cfg init"
    to_add = f"Add {declared_fields()[name].variables[0].name}=VALUE to {files[0].shown}."
    return f"{to_add} Or set this project up: qwen-cfg init" if files[0].place.home_level else to_add


def _uses_entry(compilation: Compilation) -> bool:
    """Return whether a provider entry is in use: it overrides the other places, so an edit there may have no effect."""
    winners = (decision.winner for decision in compilation.resolution.decisions.values())
    return any(winner is not None and winner.origin.layer == "provider-entry" for winner in winners)


def _entry_hint(name: str) -> str:
    return f"A provider entry of settings.json is used here. To see the edits that work: qwen-cfg why-not {name}=VALUE"


def _how_to_change(origin: Origin, name: str) -> str:
    """Return a hint on how to change the value at an origin."""
    if origin.path is None:
        return f"Change it there{f', or unset {origin.variable}' if origin.source.is_exported else ''}."
    way = f"Edit {origin.file}, line {origin.line}."
    if (origin.path.parent.name, origin.path.name) != (".qwen", ".env"):
        return way
    directory = shlex.quote(str(origin.path.parent.parent))
    return f"{way} Or: qwen-cfg -C {directory} set {name}{'' if name == 'api_key' else ' VALUE'}"


def set_value(
    request: Request, place: EnvVariable, text: str | Secret, gate: Gate, accept: Accept | None
) -> tuple[tuple[str, ...], Compilation]:
    """Write a value to its place; return messages about the changes, and the compilation afterwards.

    Raises:
        ConfigurationError: if the value cannot be written in the file.
        OutputError: if the file cannot be written, or git does not ignore it.
    """
    process = request.process
    kept = save_settings({place.field: text}, process.cwd, process.home.path, accept, {place.field: place.variable})
    after = compilation_of(request)
    winner = after.resolution.decisions[place.field].winner
    if place.field == "base_url" and winner is not None and winner.origin.path == kept.path:
        # The user typed the endpoint, so there is no question about it later.
        gate.vouch(after.concern, [place.field])
        vouch_for_typed_key(request, gate, _key_variable(place.variable), [place.field])
    new = safe_text(declared_fields()[place.field], text.reveal() if isinstance(text, Secret) else text)
    where = kept.shown if winner is None else winner.origin.place
    done = f"{place.variable} in {where} is now {new}{f'; it was {place.was}' if place.was else ''}"
    return (done, *kept.done[1:]), after


def _key_variable(variable: str) -> str:
    """Return the variable of the key that goes to the endpoint in a variable."""
    fields = declared_fields()
    methods = {method for v in fields["base_url"].variables if v.name == variable for method in v.under}
    return next(v.name for v in fields["api_key"].variables if not methods or methods & set(v.under))
