"""The layers, and their order in the merge. A new layer: docs/architecture.md, Where to add."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from qwen_schema import LayerName

from .default import DEFAULT, default_of
from .env_files import ENV_FILE, read_env_file
from .environment import ENVIRONMENT
from .flag import FLAG
from .layer import FieldLayer, Sources, VariableLayer
from .provider_entry import PROVIDER_ENTRY
from .settings import SETTINGS, kind_of, setting_origin
from .settings_env import SETTINGS_ENV

if TYPE_CHECKING:
    from qwen_cfg.core.origin import Layer
    from qwen_schema import Field, Profile

__all__ = [
    "DEFAULT",
    "ENVIRONMENT",
    "ENV_FILE",
    "FLAG",
    "LAYERS",
    "PROVIDER_ENTRY",
    "SETTINGS",
    "SETTINGS_ENV",
    "FieldLayer",
    "Sources",
    "VariableLayer",
    "default_of",
    "kind_of",
    "layer_named",
    "layers_for",
    "layers_in",
    "layers_of",
    "outranks",
    "ranking",
    "read_env_file",
    "setting_origin",
    "usual_layers",
]


def layer_named(name: LayerName) -> FieldLayer | VariableLayer:
    """Return the layer with a name."""
    match name:
        case "flag":
            return FLAG
        case "environment":
            return ENVIRONMENT
        case "env-file":
            return ENV_FILE
        case "settings-env":
            return SETTINGS_ENV
        case "settings":
            return SETTINGS
        case "provider-entry":
            return PROVIDER_ENTRY
        case "default":
            return DEFAULT


# All layers. The profile has their order.
LAYERS: tuple[FieldLayer | VariableLayer, ...] = tuple(layer_named(name) for name in get_args(LayerName))


def layers_in(order: tuple[LayerName, ...]) -> tuple[FieldLayer | VariableLayer, ...]:
    """Return the layers of some names."""
    return tuple(map(layer_named, order))


def layers_for(profile: Profile, declared: Field) -> tuple[FieldLayer | VariableLayer, ...]:
    """Return the layers of a field under a profile, the highest first."""
    return layers_in(profile.order_of(declared.name))


def layers_of(profile: Profile) -> tuple[FieldLayer | VariableLayer, ...]:
    """Return every layer that a profile has for some field, each once."""
    return layers_in(profile.layer_names)


def usual_layers(profile: Profile) -> tuple[FieldLayer | VariableLayer, ...]:
    """Return the layers in the usual order of a profile."""
    return layers_in(profile.order)


def outranks(profile: Profile, declared: Field, one: Layer, other: Layer) -> bool:
    """Return whether one layer overrides another for a field under a profile."""
    order = [layer.name for layer in layers_for(profile, declared)]
    return order.index(one.name) < order.index(other.name)


def ranking(layers: tuple[FieldLayer | VariableLayer, ...]) -> str:
    """Return the order of layers as a sentence, without a full stop."""
    first, *others = (layer.noun for layer in layers)
    return first + ", which".join(f" overrides {noun}" for noun in others)


def origin_text(layer: LayerName, place: str, variable: str | None) -> str:
    """Return the origin in a document as text, in the form of `str(Origin)`."""
    return layer_named(layer).text(place, variable)
