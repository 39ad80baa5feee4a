"""Reads old forms of settings as the present form. The file is not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen_schema.records import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .tree import Setting

# The flat names of the first form that are used here, and their present paths.
_FLAT = {
    "enforcedAuthType": ("security", "auth", "enforcedType"),
    "excludedProjectEnvVars": ("advanced", "excludedEnvVars"),
    "folderTrust": ("security", "folderTrust", "enabled"),
    "model": ("model", "name"),
    "selectedAuthType": ("security", "auth", "selectedType"),
}

# Other names that identify the first form. Their values are not used here.
_SIGNS = frozenset(
    """\
    accessibility allowedTools allowMCPServers approvalMode autoAccept autoConfigureMaxOldSpaceSize bugCommand
    chatCompression checkpointing contentGenerator contextFileName coreTools customThemes customWittyPhrases
    debugKeystrokeLogging disableAutoUpdate disableCacheControl disableFuzzySearch disableLoadingPhrases
    disableUpdateNag dnsResolutionOrder enableOpenAILogging enableWelcomeBack excludeMCPServers excludeTools
    fileFiltering folderTrustFeature hasSeenIdeIntegrationNudge hideTips hideWindowTitle ideMode includeDirectories
    loadMemoryFromIncludeDirectories maxSessionTurns mcpServerCommand memoryImportFormat preferredEditor sandbox
    sessionTokenLimit shellPager shellShowColor shouldUseNodePtyShell showCitations showLineNumbers
    showStatusInTitle skipLoopDetection skipNextSpeakerCheck skipStartupContext tavilyApiKey theme toolCallCommand
    toolDiscoveryCommand usageStatisticsEnabled useExternalAuth useRipgrep vimMode
    """.split()  # noqa: SIM905 - one name per line would fill a page
)

_FIRST_NESTED_VERSION = 2
_WRAPPED_VERSION = 5


def migrate(settings: Setting) -> Setting:
    """Return a file's settings in the present form, as Qwen Code 0.21 and later read them.

    Without a number of 2 or more as `$version`, flat names are read if any of them has its old form. Wrapped providers
    (`{"protocol": …, "models": […]}`) are unwrapped in version 5 and without a version.
    """
    members = settings.members
    if members is None:
        return settings
    if _is_flat(members):
        # Migrated settings have a version in which nothing is unwrapped.
        return replace(settings, value=_nest(members))
    if _has_wrapped_providers(members):
        return replace(settings, value={**members, "modelProviders": _unwrap(members["modelProviders"])})
    return settings


def _version(members: Mapping[str, Setting]) -> float | None:
    found = members.get("$version")
    value = None if found is None else found.value
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_flat(members: Mapping[str, Setting]) -> bool:
    version = _version(members)
    if version is not None and version >= _FIRST_NESTED_VERSION:
        return False
    return any(members[name].members is None for name in (*_FLAT, *_SIGNS) if name in members)


def _nest(members: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return the members with each flat one at its present path.

    An object beside them (`security`, `advanced`) is added member by member, and its own members replace the moved
    ones: `"security": {"auth": {}}` removes a flat `selectedAuthType`.
    """
    moved = {path: members[name] for name, path in _FLAT.items() if name in members}
    nested: dict[str, Setting] = {}
    for path, member in moved.items():
        _put(nested, path[:1] if path == _FLAT["model"] and member.members is not None else path, member)
    for name, member in members.items():
        if name in _FLAT:
            continue
        if member.members is None or all(path[0] != name for path in moved):
            nested[name] = member
            continue
        for inner, setting in member.members.items():
            if (name, inner) not in moved:
                _put(nested, (name, inner), setting)
    return nested


def _put(members: dict[str, Setting], path: tuple[str, ...], setting: Setting) -> None:
    """Set a value at a path, and make the missing objects."""
    name, *rest = path
    if not rest:
        members[name] = setting
        return
    there = members.get(name)
    inner = dict(there.members) if there is not None and there.members is not None else {}
    _put(inner, tuple(rest), setting)
    members[name] = replace(there or setting, value=inner)


def _has_wrapped_providers(members: Mapping[str, Setting]) -> bool:
    providers = members.get("modelProviders")
    if providers is None or providers.members is None:
        return False
    if "$version" in members:
        return _version(members) == _WRAPPED_VERSION
    return any(provider.members is not None for provider in providers.members.values())


def _unwrap(providers: Setting) -> Setting:
    assert providers.members is not None  # noqa: S101 - the caller has checked it
    return replace(providers, value={name: _models(provider) for name, provider in providers.members.items()})


def _models(provider: Setting) -> Setting:
    if provider.members is None:
        return provider
    models = provider.members.get("models")
    return models if models is not None and models.items is not None else replace(provider, value=())
