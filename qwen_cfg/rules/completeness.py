"""Rules about an incomplete resolution: invalid values, a missing key, a missing method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.unread_files import unread_candidate
from qwen_cfg.trust import display_host, is_known_or_loopback
from qwen_schema import declared_fields, safe_text
from qwen_schema.providers import key_variables

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.merge import Decision
    from qwen_cfg.core.origin import Candidate
    from qwen_cfg.core.resolution import Resolution
    from qwen_schema import Variable


_NO_KEY_NEEDED = "If your own server needs no key, set any value."


def invalid_value(resolution: Resolution) -> Iterator[Finding]:
    """The value of the highest layer is invalid. No value of a lower layer replaces it."""
    for name, decision in resolution.decisions.items():
        if decision.problem is not None and decision.winner is not None:
            origin = decision.winner.origin
            yield Finding(
                f"{name} from {origin} is not valid: {decision.problem.wrong}. The value is {_value_text(decision)}.",
                f"Expected {decision.problem.expected}.",
                name,
                origin.file,
                origin.line,
            )


def missing_key(resolution: Resolution) -> Iterator[Finding]:
    """The method needs an API key, and no layer has one."""
    if resolution.needs_api_key:
        yield Finding(
            f"{_stop_text(resolution)}There is no API key: {_sources_text(resolution)}."
            f"{_unreached_keys_text(resolution)}{_other_keys_text(resolution)}",
            f"{_how_to_set_key(resolution)} {_NO_KEY_NEEDED}",
            "api_key",
        )


def _stop_text(resolution: Resolution) -> str:
    return "Qwen Code would stop here. " if resolution.profile.reads_settings else ""


def missing_method(resolution: Resolution) -> Iterator[Finding]:
    """No layer sets the authentication method, and it cannot be inferred."""
    decision = resolution.decisions["auth_method"]
    if decision.winner is None and not resolution.profile.credential_decides_method:
        yield _no_method(resolution)
    elif decision.winner is None:
        yield Finding(
            "No authentication method is set, and none can be inferred: there is no cached Qwen OAuth login, and the "
            f"API key is {_sources_text(resolution)}."
            f"{_unreached_keys_text(resolution)}{_other_keys_text(resolution)}",
            f"{_how_to_set_key(resolution)} {_NO_KEY_NEEDED}",
            "auth_method",
        )


def _no_method(resolution: Resolution) -> Finding:
    """Return the finding about missing variables that would set a method: a key alone is not enough."""
    lacking = []
    for method, groups in resolution.profile.infers.items():
        found = [any(resolution.variables.value(name) for name in group) for group in groups]
        if any(found):
            missing = (" or ".join(group) for group, is_set in zip(groups, found, strict=True) if not is_set)
            lacking.append(f"for {method}, also set {' and '.join(missing)}")
    why = f"; {'; '.join(lacking)} (a flag such as --model selects no method)" if lacking else ""
    set_them = "Set those variables, too, or use" if lacking else "Use"
    return Finding(
        "Qwen Code would stop here: no authentication method is selected. Neither --auth-type nor "
        f"security.auth.selectedType in settings.json sets one, and a key alone does not set the method{why}."
        f"{_other_keys_text(resolution)}",
        f'{set_them} --auth-type openai, or add {{"security": {{"auth": {{"selectedType": "openai"}}}}}} to '
        "~/.qwen/settings.json. "
        "To set this directory up: qwen-cfg init.",
        "auth_method",
    )


def two_methods(resolution: Resolution) -> Iterator[Finding]:
    """There are both an API key and a Qwen OAuth login: one of them is not used."""
    key, method = resolution.decisions["api_key"].winner, resolution.decisions["auth_method"].winner
    if key is None or method is None:
        return
    if resolution.auth_method == "qwen-oauth":
        yield Finding(
            f"The API key ({key.origin}) is not used: {method.origin} selects Qwen OAuth.",
            "To use the key: --auth-type openai",
            "auth_method",
        )
    elif resolution.directory.login is not None:
        shown = resolution.world.standpoint.show(resolution.directory.login)
        yield Finding(
            f"The cached Qwen OAuth login ({shown}) is not used: {_why_openai(method)}.",
            "To use the login: --auth-type qwen-oauth",
            "auth_method",
        )


def unknown_switch_value(resolution: Resolution) -> Iterator[Finding]:
    """The text of a switch is neither true nor false; it may be meant for another program."""
    for name, decision in resolution.decisions.items():
        if decision.unrecognised and decision.winner is not None:
            yield Finding(
                f"{decision.winner.origin} is neither true nor false, so {name} is false.",
                "To switch it on, use 1, true, yes or on.",
                name,
            )


def _why_openai(method: Candidate) -> str:
    return "an API key is set" if method.origin.source.is_default else f"{method.origin} selects openai"


def _value_text(decision: Decision) -> str:
    assert decision.winner is not None  # noqa: S101 - callers have checked it
    return repr(safe_text(decision.field, decision.winner.revealed))


def _sources_text(resolution: Resolution) -> str:
    """Return the sources that do not set a key, as the end of a sentence."""
    names = " or ".join(variable.name for variable in _variables(resolution))
    read = ", ".join(file.shown for file in resolution.files)
    if read:
        files = f"{'env files' if len(resolution.files) > 1 else 'the env file'} {read}"
    elif resolution.world.choice.chosen_by == "none":
        files = "an env file (--no-env-file)"
    else:
        files = f"an env file ({_search_text(resolution)})"
    settings = ", settings.json" if resolution.profile.reads_settings else ""
    return f"not set by --openai-api-key, {names} in the environment{settings}, or {files}"


def _variables(resolution: Resolution) -> tuple[Variable, ...]:
    """Return the variables that can set the key under the method, or under openai if no method is set."""
    declared, method = declared_fields()["api_key"], resolution.auth_method or "openai"
    read = filter(resolution.profile.reads, declared.variables)
    return tuple(v for v in read if v.is_read_under(method)) or declared.variables[:1]


def _search_text(resolution: Resolution) -> str:
    """Return the places where no env file was found."""
    world, places = resolution.world, [visit.place for visit in resolution.search.visits]
    below_home = resolution.profile.walk_ends_at == "home" and world.home in world.cwd.parents
    walk = f"no .qwen/.env or .env from {world.cwd} up to {'the home' if below_home else '/'}"
    show = world.standpoint.show
    ignored = [show(v.place.path) for v in resolution.search.visits if v.outcome == "ignored"]
    if ignored:
        walk = f"{', '.join(ignored)} not read: Qwen Code does not trust the folder"
    own = ", ".join(show(place.path) for place in places if place.home_level)
    return f"{walk}; no {own}" if own else walk


def _unreached_keys_text(resolution: Resolution) -> str:
    offers = [
        offer
        for file in resolution.unreached
        if (offer := unread_candidate(file, "api_key", resolution.auth_method)) is not None
    ]
    if not offers:
        return ""
    places = ", ".join(offer.origin.place for offer in offers)
    return f" A key is set in {places}, not reached by the search."


def _other_keys_text(resolution: Resolution) -> str:
    """Return the providers' own key variables that are set but not read under this method; never a key."""
    environ, read = resolution.world.variables, {variable.name for variable in _variables(resolution)}
    hints = ""
    for name, title in key_variables().items():
        file = next((file for file in resolution.files if name in file.assigned and file.assigned[name].text), None)
        if name in read or not (environ.get(name) or file):
            continue
        where = f"environment:{name}" if environ.get(name) or file is None else f"env-file:{file.shown}:{name}"
        place = "the environment" if environ.get(name) or file is None else f"{file.shown}:{file.lines[name]}"
        hints += (
            f" {name} is set in {place}, but is not read. To use this key of {title}, add --secret-from {where} and "
            "set the provider's base URL."
        )
    return hints


def _how_to_set_key(resolution: Resolution) -> str:
    """Return how to set a missing key, or how to use a key that is set but not used."""
    name = _variables(resolution)[0].name
    entry_variable = resolution.entry.entry.key_variable if resolution.entry is not None else ""
    if entry_variable:
        setting = resolution.entry.entry.setting if resolution.entry is not None else None
        where = f" at {setting.file.shown}:{setting.line}" if setting is not None else ""
        return f"Set {entry_variable}, which the provider entry{where} names, or {name}."
    shadowed = resolution.decisions["api_key"].shadowed
    lost = {s.fate: s.candidate.origin for s in shadowed if s.fate == "empty" or not s.candidate.is_empty}
    if "hidden by an empty variable" in lost:
        hidden = lost["hidden by an empty variable"]
        return f"Unset the empty {hidden.variable} (unset {hidden.variable}): it hides the key in {hidden.place}."
    if "empty" in lost:
        return f"{lost['empty']} is empty. Set a value."
    for entry in resolution.excluded:
        if entry.variable == name:
            return f"{entry.variable} is excluded in {entry.origin}. Set it in ./.qwen/.env, or export it."
    endpoint, problem = resolution.decisions["base_url"].winner, resolution.decisions["base_url"].problem
    if endpoint is not None and problem is None and endpoint.origin.reach == "project":
        url = endpoint.revealed
        if not is_known_or_loopback(url):
            return f"If {display_host(url)} may get the key, export {name}: {endpoint.origin} sends it there."
    at = resolution.files[0].shown if resolution.files else "./.qwen/.env"
    begin = "" if resolution.files else " To set this directory up: qwen-cfg init."
    return f"Set {name} in {at}, or export it.{begin}"
