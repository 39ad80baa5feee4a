"""Rules about Qwen Code's settings files: files that are not read, are invalid, or have unexpected effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_cfg.core.layers import SETTINGS, kind_of, setting_origin
from qwen_cfg.core.settings import leaves
from qwen_cfg.trust import display_host, project_settings_key
from qwen_schema.settings_text import variables_in

from .diagnostic import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qwen_cfg.core.origin import Origin
    from qwen_cfg.core.other_profiles import ProfileComparison
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.settings import Setting, SettingsLoad

    from .diagnostic import Case

# The parts of a generationConfig that change the request or its credential.
_CHANGING = ("customHeaders", "extra_body", "samplingParams")
# The methods under which extra_body is sent.
_WITH_EXTRA_BODY = ("openai", "openai-responses")


# The layers whose texts may contain variables.
_OF_SETTINGS = ("settings", "settings-env", "provider-entry")

# Further ignored providers are only counted.
_MOST_IGNORED = 5


def unread_settings(case: Case) -> Iterator[Finding]:
    """Settings files exist, and the profile in use does not read them."""
    resolution = case.resolution
    files = resolution.settings_files
    if not files:
        return
    shown = ", ".join(resolution.world.standpoint.show(path) for path in files)
    are = "is" if len(files) == 1 else "are"
    for other in case.others:
        if not other.profile.reads_settings:
            continue
        yield Finding(
            f"{shown} {are} not read under the profile {resolution.profile.name}. {_what_differs(other)}",
            f"If you use that Qwen Code: --profile {other.profile.name}",
            None,
            shown if len(files) == 1 else None,
        )


def _what_differs(other: ProfileComparison) -> str:
    title = other.profile.title
    if other.error is not None:
        return f"{title} reads settings, and would stop: {other.error.where}: {other.error.what}."
    names = [difference.name for difference in other.differences if not difference.same_value]
    if not names:
        return f"{title} reads settings, and resolves the same values here."
    return f"{title} reads settings, and resolves differently: {', '.join(names)}."


def broken_workspace(resolution: Resolution) -> Iterator[Finding]:
    """The workspace's settings file is not JSON, and Qwen Code treats it as empty."""
    for scope in resolution.settings.scopes if resolution.settings is not None else ():
        if scope.outcome == "invalid":
            yield Finding(
                f"{scope.file.shown}:{scope.line}: {scope.why}, and replaces it (a copy is kept).",
                "Fix the file. Comments are allowed, trailing commas are not.",
                None,
                scope.file.shown,
                scope.line,
            )


def folder_not_trusted(resolution: Resolution) -> Iterator[Finding]:
    """Qwen Code does not trust this folder, so the settings and env files of the project are not used."""
    settings = resolution.settings
    if settings is None or settings.is_trusted:
        return
    ignored = [scope.file.shown for scope in settings.scopes if scope.outcome == "ignored"]
    show = resolution.world.standpoint.show
    ignored += [show(visit.place.path) for visit in resolution.search.visits if visit.outcome == "ignored"]
    if ignored:
        rule = "no rule names it" if settings.rule is None else f"{settings.rule.folder} is not trusted"
        yield Finding(
            f"Qwen Code does not trust this folder ({rule} in trustedFolders.json), and ignores {', '.join(ignored)}.",
            "If you trust it, use /trust in a session of Qwen Code there.",
            None,
            ignored[0],
        )


def discontinued_login(resolution: Resolution) -> Iterator[Finding]:
    """Qwen OAuth is the method, and Qwen Code 0.21 and later refuses it."""
    method = resolution.decisions["auth_method"].winner
    if resolution.profile.reads_settings and resolution.auth_method == "qwen-oauth" and method is not None:
        yield Finding(
            f"Qwen Code would stop here: it refuses Qwen OAuth as discontinued ({method.origin} selects it). qwen-cfg "
            "run still uses the login.",
            "Use an API key instead: --auth-type openai",
            "auth_method",
            method.origin.file,
            method.origin.line,
        )


def key_of_another_place(resolution: Resolution) -> Iterator[Finding]:
    """The variable that the provider entry names is not set, so another key is sent to the entry's endpoint."""
    entry, key = resolution.entry, resolution.decisions["api_key"].winner
    url = resolution.decisions["base_url"].winner
    if entry is None or key is None or url is None or key.origin.layer == "provider-entry":
        return
    if entry.entry.key_variable and url.origin.layer == "provider-entry":
        setting, variable = entry.entry.setting, entry.entry.key_variable
        yield Finding(
            f"{variable}, which the provider entry at {setting.file.shown}:{setting.line} names, is not set: "
            f"{key.origin} is sent to {display_host(url.revealed)} instead.",
            f"Set {variable}, or choose another model.",
            "api_key",
            setting.file.shown,
            setting.line,
        )


def changes_requests(resolution: Resolution) -> Iterator[Finding]:
    """Settings change the request: headers, the body, the model; `qwen-cfg run` ignores these changes."""
    for setting in _request_settings(resolution):
        if setting.members:
            taken = ", ".join(dict.fromkeys(str(o) for leaf in leaves(setting) for o in _variable_origins(leaf)))
            yield Finding(
                f"{setting.place} changes the requests of Qwen Code ({', '.join(setting.members)}"
                f"{f'; it uses {taken}' if taken else ''}){_whose(setting)}. qwen-cfg run does not send these parts.",
                "A header such as Authorization replaces the key; model in extra_body replaces the model.",
                "model",
                setting.file.shown,
                setting.line,
            )


def _request_settings(resolution: Resolution) -> Iterator[Setting]:
    """Yield the settings that change requests: of the provider entry if one is used, else of `model`."""
    if resolution.entry is not None:
        config = resolution.entry.entry.setting.at("generationConfig")
    else:
        config = None if resolution.settings is None else resolution.settings.at("model", "generationConfig")
    is_openai = resolution.auth_method in _WITH_EXTRA_BODY
    names = (name for name in _CHANGING if is_openai or name != "extra_body")
    found = (None if config is None else config.at(name) for name in names)
    yield from (setting for setting in found if setting is not None)


def _variable_origins(setting: Setting) -> tuple[Origin, ...]:
    return tuple(value.origin for value in setting.taken)


def _whose(setting: Setting) -> str:
    is_projects = any(setting_origin(SETTINGS, leaf).is_from_project for leaf in leaves(setting))
    return "; this file belongs to a project" if is_projects or setting.file.reach == "project" else ""


def ignored_providers(resolution: Resolution) -> Iterator[Finding]:
    """The name of a provider is not a method, and `providerProtocol` does not map it, so the provider is ignored."""
    ignored = list(_providers_without_method(resolution))
    for setting, right in _wrong_forms(resolution):
        yield Finding(
            f"{setting.place}: Qwen Code ignores this value, since it has the wrong form.",
            f"Write {right}.",
            "model",
            setting.file.shown,
            setting.line,
        )
    more = len(ignored) - _MOST_IGNORED
    for number, (name, method, models) in enumerate(ignored[:_MOST_IGNORED], 1):
        others = f" It ignores {more} more." if number == _MOST_IGNORED and more > 0 else ""
        yield Finding(
            f"{models.place}: Qwen Code ignores this provider, since {method} is not a method.{others}",
            f'To set its method: "providerProtocol": {{"{name}": "openai"}}',
            "model",
            models.file.shown,
            models.line,
        )


def _wrong_forms(resolution: Resolution) -> Iterator[tuple[Setting, str]]:
    """Yield each value in the place of providers or entries that has the wrong form, with the expected form."""
    providers = None if resolution.settings is None else resolution.settings.at("modelProviders")
    if providers is not None and providers.members is None and providers.value is not None:
        yield providers, '{"openai": [{"id": "…"}]}'
    for name, models in (providers.members or {} if providers is not None else {}).items():
        if name in resolution.profile.methods and models.items is None and models.value is not None:
            yield models, '[{"id": "…"}], a list of entries; {"models": […]} belongs to "$version": 5'


def _providers_without_method(resolution: Resolution) -> Iterator[tuple[str, str, Setting]]:
    settings = resolution.settings
    providers = None if settings is None else settings.at("modelProviders")
    for name, models in (providers.members or {} if providers is not None else {}).items():
        mapped = None if settings is None else settings.at("providerProtocol", name)
        method = name if mapped is None else mapped.text
        if method not in resolution.profile.methods:
            yield name, method or "its value in providerProtocol", models


def replaced_objects(resolution: Resolution) -> Iterator[Finding]:
    """A scope replaces a whole object of the settings, so a lower scope's value is not used."""
    settings = resolution.settings
    for declared in (decision.field for decision in resolution.decisions.values()):
        names = None if declared.setting is None else declared.setting.names
        if settings is None or names is None or ((found := settings.at(*names)) is not None and found.value):
            continue
        lost = next((s for s in settings.in_scopes(*names) if s.value), None)
        by = None if lost is None else _replacing_setting(settings, lost, names)
        if lost is not None and by is not None:
            yield Finding(
                f"{by.place} replaces {lost.place}, which is not used.",
                "Remove it, or write the value there.",
                declared.name,
                by.file.shown,
                by.line,
            )


def _replacing_setting(settings: SettingsLoad, lost: Setting, names: tuple[str, ...]) -> Setting | None:
    """Return the value of another scope that replaces a value or an object around it."""
    on_the_way = (settings.at(*names[:number]) for number in range(1, len(names) + 1))
    return next((one for one in on_the_way if one is not None and one.members is None and one.file != lost.file), None)


def unreplaced_variables(resolution: Resolution) -> Iterator[Finding]:
    """A variable in the settings is not set, or refers to another variable, so its name stays in the value."""
    for decision in resolution.decisions.values():
        winner = decision.winner
        if winner is None or winner.origin.path is None or winner.origin.layer not in _OF_SETTINGS:
            continue
        names = variables_in(winner.revealed)
        value = resolution.variables.value(names[0]) if names else None
        # A text that looks like a variable may be part of a key, unless a variable of that name exists.
        if not names or (decision.field.secret and value is None):
            continue
        why, fix = _why_left(resolution, names[0])
        yield Finding(
            f"{winner.origin} refers to {names[0]}, {why}.",
            fix,
            decision.field.name,
            winner.origin.file,
            winner.origin.line,
        )


def _why_left(resolution: Resolution, name: str) -> tuple[str, str]:
    """Return why a variable in a value is not replaced, and the fix."""
    chain: dict[str, str] = {}
    following: str | None = name
    while following is not None and following not in chain:
        value = resolution.variables.value(following)
        if value is None:
            break
        chain[following] = f"{following} ({value.origin.place})"
        following = next(iter(variables_in(value.text)), None)
    if not chain:
        return "which is not set, so it is not replaced", f"Set {name}, or write the value."
    if following in chain:
        way = " to ".join([*list(chain.values())[list(chain).index(following) :], following])
        return f"which is part of a cycle from {way}, so it is not replaced", f"Write a value for {name}."
    return (
        f"which is not replaced: {chain[name]} is set, but variables in another variable's value are not replaced",
        "Write the value, or name that variable where the value is used.",
    )


def odd_variables(resolution: Resolution) -> Iterator[Finding]:
    """A value in `env` of the settings has a type that sets no variable in Qwen Code, or is cut off."""
    env = None if resolution.settings is None else resolution.settings.at("env")
    if env is None:
        return
    if env.members is None:
        if env.is_true:
            yield _invalid_variable(env, f"is {kind_of(env)}, so it sets no variable", '"env": {"NAME": "value"}')
        return
    for setting in env.members.values():
        if setting.text is None and setting.value is not None:
            yield _invalid_variable(
                setting, f"is {kind_of(setting)}, so Qwen Code ignores it", "a string in double quotes"
            )
        elif setting.text is not None and "\0" in setting.text:
            yield _invalid_variable(
                setting, "contains a NUL character, and the text after it is lost", "the value without the NUL"
            )


def _invalid_variable(setting: Setting, wrong: str, right: str) -> Finding:
    return Finding(f"{setting.place} {wrong}.", f"Write {right}.", None, setting.file.shown, setting.line)


def stops(resolution: Resolution) -> Iterator[Finding]:
    """Qwen Code would not start with these settings."""
    for stop in resolution.stops:
        yield Finding(f"Qwen Code would stop here: {stop.message}.", stop.hint, stop.field, stop.path, stop.line)


def uses_variable_of_user(case: Case) -> Iterator[Finding]:
    """A project's settings use a variable of the user in a request: Qwen Code itself does not ask."""
    resolution = case.resolution
    # If this profile reads every settings file, the other profiles have none to add.
    others = case.others if resolution.settings_files else ()
    for one in (resolution, *(other.resolution for other in others if other.resolution is not None)):
        here = "" if one is resolution else f"{one.profile.title}: "
        found = project_settings_key(one)
        if found is not None:
            yield Finding(
                f"{here}{found.setting} uses your {found.variables} ({found.held}) as the key. Qwen Code would "
                f"send it to {found.host} with the first prompt, without asking.",
                "qwen-cfg run asks first. If the project should not use it, do not start Qwen Code here.",
                "api_key",
                found.file,
                found.line,
            )
        yield from _other_user_variables(one, here)


def _other_user_variables(resolution: Resolution, here: str) -> Iterator[Finding]:
    """Yield the user's variables that a project's settings use in headers and the body."""
    url = resolution.decisions["base_url"].value
    host = display_host(url) if isinstance(url, str) else "its endpoint"
    for setting in (leaf for part in _request_settings(resolution) for leaf in leaves(part)):
        origin = setting_origin(SETTINGS, setting)
        if origin.is_from_project and origin.users:
            names = ", ".join(dict.fromkeys(str(one.variable) for one in origin.users))
            yield Finding(
                f"{here}{setting.place} uses your {names} ({', '.join(map(str, origin.users))}). Qwen Code would "
                f"send it to {host} with the first prompt, without asking.",
                "qwen-cfg run does not send it. If the project should not use it, do not start Qwen Code here.",
                "model",
                setting.file.shown,
                setting.line,
            )
