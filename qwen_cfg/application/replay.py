"""Resolves again with the inputs of an artifact, and compares the result with the artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.artifact import SECRET_FROM, to_artifact
from qwen_cfg.core.drift import Difference, drift
from qwen_cfg.core.resolution import InferredMethod
from qwen_cfg.core.world import EnvFileChoice, FlagValue
from qwen_cfg.rules import diagnose
from qwen_schema import (
    Secret,
    SecretReference,
    SecretReferenceError,
    Surroundings,
    kind_of_pointer,
    locate_path,
    look_up,
    show_value,
)
from qwen_schema.records import record, replace

from .absence import absence_of, with_absent
from .compilation import is_answered, without_split
from .incomplete import IncompleteError

if TYPE_CHECKING:
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.rules import Diagnostic, Rule
    from qwen_schema import ResolvedConfig, Value

    from .absence import Absence
    from .compilation import Compilation
    from .request import Process, Request


@record
class Comparison:
    """The new artifact, its differences from the old one, its diagnostics, and whether the key is missing.

    `absent` are files that the artifact was made from and that do not exist here; `unknown` are the fields that cannot
    be compared for this reason.
    """

    new: ResolvedConfig
    differences: tuple[Difference, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    key_is_missing: bool = False
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def replay(request: Request, old: ResolvedConfig) -> Request:
    """Return a request completed with the inputs of an artifact: its flags, env file, profile and dialect.

    So an artifact that was just written is never drift. An inferred method is kept if there is no key here, and values
    from files that do not exist here replace the defaults.
    """
    method, absence = old.provenance["auth_method"], _absence(old, request)
    is_assumed = method.layer == "default" or "auth_method" in absence.fields
    flags = {
        name: FlagValue(provenance.origin, text)
        for name, provenance in old.provenance.items()
        if provenance.layer == "flag" and (text := _text(old.config[name])) is not None
    }
    return replace(
        request,
        flags={**flags, **request.flags},
        choice=request.choice or _choice(old, request.process, absence),
        artifact_profile=old.profile,
        dialect=request.dialect or old.dialect,
        secret_from=request.secret_from or _declared_reference(old),
        assumed=InferredMethod(old.text("auth_method"), method.origin) if is_assumed else None,
        in_place=absence.in_place(old),
    )


def compare(old: ResolvedConfig, compilation: Compilation, rules: tuple[Rule, ...], *, strict: bool) -> Comparison:
    """Compare the compilation of a replayed request with the artifact, and apply rules.

    A missing key is assumed to be at the artifact's reference, and values from missing files are assumed unchanged;
    only `strict` reports them as drift.

    Raises:
        ConfigurationError: if the resolution is invalid, or incomplete for another reason.
    """
    resolution, process = compilation.resolution, compilation.request.process
    complete = _with_reference(resolution, old.api_key) if resolution.needs_api_key else resolution
    new = _artifact(complete, inline_secrets=old.api_key.kind == "literal" and _has_key_itself(resolution))
    if resolution.needs_api_key:
        new = replace(new, provenance={**new.provenance, "api_key": old.provenance["api_key"]})
    absence = _absence(old, compilation.request)
    unknown = absence.unknown(old, new, resolution.profile)
    new = with_absent(old, new, absence, unknown)
    has_key = resolution.decisions["api_key"].winner is not None
    missing = resolution.needs_api_key or (not has_key and _leads_nowhere(compilation))
    differences = drift(old, new, strict=strict)
    if strict:
        differences = (
            *([_missing_secret_difference(old)] if missing else []),
            *map(_missing_file_difference, absence.files),
            *differences,
        )
    diagnostics = diagnose(complete, rules, chosen_profile=compilation.chosen_profile)
    found = without_split(diagnostics, lambda: is_answered(compilation.concern_in(complete), process))
    return Comparison(new, differences, found, missing, absence.files, unknown)


def _with_reference(resolution: Resolution, reference: SecretReference) -> Resolution:
    """Return a resolution that lacks only a key as if the key were at a reference.

    No decision changes: the method is already decided.
    """
    return replace(resolution, options=replace(resolution.options, secret_from=reference))


def _leads_nowhere(compilation: Compilation) -> bool:
    """Return whether a declared reference leads neither to a key nor to a pointer.

    A login and a FIFO are not read, the keyring is not asked, and no command is run.
    """
    request, world, reference = compilation.request, compilation.world, compilation.request.secret_from
    if reference is None or reference.kind == "oauth-cache":
        return False
    if reference.path is not None and locate_path(reference.path, base=world.cwd, home=world.home).is_fifo():
        return False
    here = Surroundings(request.process.environ, request.secrets, world.cwd, world.home, world.dialect)
    try:
        look_up(reference, here)
    except SecretReferenceError:
        return True
    return False


def _has_key_itself(resolution: Resolution) -> bool:
    """Return whether the key itself is known here: it is not missing, and not a pointer."""
    winner = resolution.decisions["api_key"].winner
    return not resolution.needs_api_key and (winner is None or kind_of_pointer(winner.revealed) is None)


def _text(value: Value | SecretReference) -> str | Secret | None:
    """Return a value as the text of a flag; for a key, only a pointer to it is known, else None."""
    if not isinstance(value, SecretReference):
        return show_value(value)
    return None if value.pointer is None else Secret(value.pointer)


def _missing_secret_difference(old: ResolvedConfig) -> Difference:
    origin = old.provenance["api_key"].text
    return Difference("api_key", "missing secret", str(old.api_key), "no API key", origin, "not set")


def _missing_file_difference(file: str) -> Difference:
    return Difference("env_file", "missing file", file, "does not exist here", "", "")


def _absence(old: ResolvedConfig, request: Request) -> Absence:
    return absence_of(old, base=request.process.cwd, home=request.process.home.path)


def _declared_reference(old: ResolvedConfig) -> SecretReference | None:
    """Return an artifact's reference if --secret-from declared it; None if it was found by resolving."""
    return old.api_key if old.provenance["api_key"].origin == SECRET_FROM else None


def _artifact(resolution: Resolution, *, inline_secrets: bool) -> ResolvedConfig:
    if not resolution.is_complete:
        raise IncompleteError(diagnose(resolution))
    return to_artifact(resolution, inline_secrets=inline_secrets)


def _choice(old: ResolvedConfig, process: Process, absence: Absence) -> EnvFileChoice:
    if old.env_file.chosen_by == "flag" and set(old.env_file.paths) <= set(absence.files):
        return EnvFileChoice("none")
    if old.env_file.chosen_by != "flag" or not old.env_file.paths:
        return EnvFileChoice(old.env_file.chosen_by)
    named = old.env_file.paths[0]
    return EnvFileChoice("flag", locate_path(named, base=process.cwd, home=process.home.path))
