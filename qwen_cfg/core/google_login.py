"""Vertex AI without an API key: Google's application default credentials, and their endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layers import DEFAULT
from .merge import with_winner
from .origin import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .merge import Decision
    from .origin import VariableValue
    from .settings import EntryChoice
    from .variables import Variables

_PROJECT, _LOCATION = "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"
_GLOBAL_LOCATION = "global"


def google_project(api_key: Decision, entry: EntryChoice | None, variables: Variables) -> VariableValue | None:
    """Return the variable that names the Google Cloud project whose login replaces a key; None if a key is used.

    The method is vertex-ai. The login is used if there is no key, and no provider entry that names a variable for it.
    """
    if api_key.winner is not None:
        return None
    if entry is not None and (named := entry.entry.setting.at("envKey")) is not None and named.is_true:
        return None
    project = variables.value(_PROJECT)
    return project if project is not None and project.text.strip() else None


def with_endpoint(
    decisions: Mapping[str, Decision], project: VariableValue, variables: Variables
) -> Mapping[str, Decision]:
    """Return the decisions with the endpoint of a project instead of the default."""
    decision = decisions["base_url"]
    if not decision.by_default:
        return decisions
    value = variables.value(_LOCATION)
    location = value.text.strip() if value is not None and value.text.strip() else _GLOBAL_LOCATION
    host = "aiplatform.googleapis.com" if location == _GLOBAL_LOCATION else f"{location}-aiplatform.googleapis.com"
    url = f"https://{host}/v1beta1/projects/{project.text.strip()}/locations/{location}/publishers/google"
    return {**decisions, "base_url": with_winner(decision, Candidate("base_url", url, DEFAULT.origin("default")))}
