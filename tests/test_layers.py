"""The layers: one list, an order that a profile may change for a field, and one wording of an origin."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from support.declarations import profiles_with
from support.trees import read, write_tree

import qwen_cfg.core.layers
import qwen_cfg.core.merge
from qwen_cfg.application.absence import Absence, absence_of
from qwen_cfg.cli.parser import build_parser
from qwen_cfg.core.artifact import rebase, to_artifact
from qwen_cfg.core.layers import LAYERS, layer_named, layers_for, ranking, usual_layers
from qwen_cfg.core.layers.layer import FieldLayer, VariableLayer, variable_candidate
from qwen_cfg.core.origin import Candidate, Origin
from qwen_cfg.core.paths import Standpoint
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.core.world import EnvFileChoice
from qwen_cfg.explanation import about, explain
from qwen_cfg.explanation.text import field_screen
from qwen_cfg.reading.qwen_home import Home
from qwen_cfg.reading.world import read_world
from qwen_cfg.rules import diagnose
from qwen_runtime.settings import settings_of
from qwen_schema import EnvFileError, LayerName, SecretReference, declared_fields, declared_profiles, dump, load
from qwen_schema.fields import read_schema
from qwen_schema.origins import origin_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from qwen_cfg.core.layers import Sources
    from qwen_cfg.core.path_reader import PathReader
    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.start import Start
    from qwen_cfg.core.world import World
    from qwen_schema import Field, Profile, Variable

DOCUMENTED = profile_named("documented")
NAMES: tuple[LayerName, ...] = get_args(LayerName)
KEY = "sk-0123456789abcdefghijklmnopqrstuvwxyz"


def every_origin(resolution: Resolution) -> Iterator[Origin]:
    for decision in resolution.decisions.values():
        candidates = [decision.winner, *(lost.candidate for lost in decision.shadowed)]
        yield from (candidate.origin for candidate in candidates if candidate is not None)


def in_every_layer(root: Path, profile: Profile = DOCUMENTED) -> Resolution:
    """Resolve a tree in which each layer sets a model, and the env file a key."""
    write_tree(root, {".env": f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=of-env-file\n"})
    world = read(root, None, environ={"OPENAI_MODEL": "of-environment"}, flags={"model": "of-flag"})
    return resolve_world(world, profile)


def test_all_lists_of_layers_agree() -> None:
    explained = json.loads((files("qwen_cfg.explanation") / "explain.schema.json").read_text(encoding="utf-8"))
    assert [layer.name for layer in LAYERS] == list(NAMES)
    assert read_schema("resolved")["$defs"]["layer"]["enum"] == list(NAMES)
    assert explained["$defs"]["layer"]["enum"] == list(NAMES)
    assert all(layer_named(layer.name) == layer for layer in LAYERS)


def test_every_text_about_the_order_comes_from_the_layers(capsys: pytest.CaptureFixture[str]) -> None:
    usual = usual_layers(DOCUMENTED)
    assert (
        ranking(usual) == "a flag overrides the environment, which overrides the env file, which overrides the default"
    )
    assert ranking((layer_named("default"),)) == "the default"
    with pytest.raises(SystemExit):
        build_parser().parse_args(["--help"])
    assert f"{ranking(usual)}.".lower() in " ".join(capsys.readouterr().out.split()).lower()


def test_an_origin_has_the_same_words_everywhere(tmp_path: Path) -> None:
    resolution = in_every_layer(tmp_path)
    origins = list(every_origin(resolution))
    assert {origin.layer for origin in origins} == set(DOCUMENTED.order)
    for origin in origins:
        assert str(origin) == origin_text(origin.layer, origin.place, origin.variable)
    assert {str(o) for o in origins if o.place == "--model" or o.variable == "OPENAI_MODEL"} == {
        "--model",
        "environment OPENAI_MODEL",
        "./.env:2 OPENAI_MODEL",
    }
    written = load(dump(to_artifact(resolution)))
    for name, decision in resolution.decisions.items():
        assert decision.winner is not None
        assert written.provenance[name].text == str(decision.winner.origin)
        assert settings_of(written, base=tmp_path, home=None).origin(name) == str(decision.winner.origin)
    explanation = explain(resolution, ())
    assert [s.won_by for s in explanation.fields] == [
        str(d.winner.origin) for d in resolution.decisions.values() if d.winner
    ]


def test_every_layer_names_a_key_by_its_flag() -> None:
    for name in NAMES:
        assert origin_text(name, "--secret-from", "SOME_VARIABLE") == "--secret-from"


# The order.

VALUES = {"flag": "of-flag", "environment": "of-environment", "env-file": "of-env-file", "default": "gpt-4o"}
orders = st.permutations(DOCUMENTED.order).flatmap(
    lambda order: st.integers(1, len(order)).map(lambda n: tuple(order[:n]))
)


@given(orders)
def test_a_profile_may_set_the_order_for_one_field(
    tmp_path_factory: pytest.TempPathFactory, order: tuple[LayerName, ...]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    usual = in_every_layer(root)
    other = in_every_layer(root, replace(DOCUMENTED, layers={"model": order}))
    model = other.decisions["model"]
    offered = [VALUES[name] for name in order]
    assert model.winner is not None
    assert [model.winner.revealed, *(lost.candidate.revealed for lost in model.shadowed)] == offered
    assert [layer.name for layer in layers_for(other.profile, model.field)] == list(order)
    for name, decision in other.decisions.items():
        if name != "model":
            assert decision == usual.decisions[name]


def test_separate_variable_layers_are_read_separately(tmp_path: Path) -> None:
    """Adjacent variable layers count as one, so the file's first variable overrides the environment's second one."""
    write_tree(tmp_path, {".env": "OPENAI_MODEL=first-of-file\n"})
    world = read(tmp_path, None, environ={"QWEN_MODEL": "second-of-environment"})
    apart: tuple[LayerName, ...] = ("environment", "flag", "env-file", "default")
    winners = [
        resolve_world(world, profile).decisions["model"].value
        for profile in (DOCUMENTED, replace(DOCUMENTED, layers={"model": apart}))
    ]
    assert winners == ["first-of-file", "second-of-environment"]


def test_a_value_below_a_higher_layer_is_not_hidden_by_an_empty_variable(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": f"OPENAI_API_KEY={KEY}\nOPENAI_MODEL=of-env-file\n"})
    world = read(tmp_path, None, environ={"OPENAI_MODEL": ""}, flags={"model": "of-flag"})
    last: tuple[LayerName, ...] = ("environment", "env-file", "flag", "default")
    codes = [
        {found.code for found in diagnose(resolve_world(world, profile))}
        for profile in (DOCUMENTED, replace(DOCUMENTED, layers={"model": last}))
    ]
    assert ["QC101" in found for found in codes] == [False, True]


def test_the_table_of_a_profile_declares_an_order(tmp_path: Path) -> None:
    with profiles_with('[documented.layers]\nmodel = ["default", "flag"]\n'):
        assert declared_profiles()["documented"].layers == {"model": ("default", "flag")}
        resolution = in_every_layer(tmp_path, declared_profiles()["documented"])
        assert resolution.decisions["model"].value == "gpt-4o"
        console = Console(width=100, file=io.StringIO(), record=True)
        console.print(field_screen(about(explain(resolution, ()), "model"), width=100))
    screen = console.export_text()
    assert "the default overrides a flag\n" in screen
    assert "environment" not in screen


def test_declared_profiles_name_only_existing_layers_and_fields() -> None:
    for profile in declared_profiles().values():
        assert set(profile.layers) <= set(declared_fields())
        assert all(set(order) <= set(NAMES) for order in profile.layers.values())


# A further layer.


@dataclass(frozen=True)
class Further(VariableLayer):
    """A further layer of variables."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def offers(self, declared: Field, variable: Variable, sources: Sources) -> tuple[Candidate, ...]:
        if variable.name not in self.texts:
            return ()
        return (variable_candidate(declared, variable, self.texts[variable.name], self.origin("there")),)

    def reference(self, origin: Origin) -> SecretReference:
        return SecretReference("literal")

    def set_by(self, declared: Field) -> str:
        return ""


def add_layer(patch: pytest.MonkeyPatch, further: FieldLayer | VariableLayer) -> Profile:
    """Put a layer in the place of the one with its name; return a profile that has it below the env file."""
    usual = layer_named
    patch.setattr(qwen_cfg.core.layers, "layer_named", lambda name: further if name == further.name else usual(name))
    # The cached order has other layers, and so has the order that the test would leave in the cache.
    patch.setattr(qwen_cfg.core.merge, "_groups", qwen_cfg.core.merge._groups.__wrapped__)
    below = DOCUMENTED.order.index("env-file") + 1
    return replace(DOCUMENTED, order=(*DOCUMENTED.order[:below], further.name, *DOCUMENTED.order[below:]))


def test_an_additional_variable_layer_joins_adjacent_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"app/.env": "QWEN_MODEL=of-env\n"})
    texts = {"OPENAI_MODEL": "of-further", "OPENAI_API_KEY": "its-key"}
    further = Further("settings-env", "the further place", "user", texts=texts)
    profile = add_layer(monkeypatch, further)
    resolution = resolve_world(read(tmp_path / "app", None), profile)
    winner = resolution.decisions["model"].winner
    assert (winner and winner.revealed, winner and winner.origin) == ("of-further", further.origin("there"))
    assert resolution.auth_method == "openai"
    order = layers_for(profile, declared_fields()["model"])
    assert "the env file, which overrides the further place, which overrides " in ranking(order)


class OfFile(FieldLayer):
    """A layer with a file that no other layer reads: lines of FIELD=VALUE."""

    def read(self, start: Start, reader: PathReader) -> Mapping[str, tuple[Candidate, ...]]:
        path = start.cwd / ".fields"
        file = reader.look(path)
        if file.error is not None:
            raise file.error.copy()
        return {
            a.name: (Candidate(a.name, a.value, Origin(self, f"./.fields:{a.line}", "project", None, path, a.line)),)
            for a in file.assignments(start.dialect)
        }

    def offers(self, declared: Field, sources: Sources) -> tuple[Candidate, ...]:
        return sources.in_files.get(self.name, {}).get(declared.name, ())

    def reference(self, origin: Origin) -> SecretReference:
        return SecretReference("env-file", path=origin.file, variable="api_key")

    def set_by(self, declared: Field) -> str:
        return f"{declared.name} in .fields"


def world_under(profile: Profile, cwd: Path, environ: Mapping[str, str]) -> World:
    """Read the world for a profile that is not declared."""
    return read_world(
        flags={},
        environ=environ,
        cwd=cwd,
        home=Home(None),
        profiles=(profile,),
        choice=EnvFileChoice(),
        dialect="dotenv",
        survey=False,
    )


def test_a_layer_reads_a_file_of_its_own_through_the_world_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = add_layer(monkeypatch, OfFile("settings-env", "the file of fields", "project"))
    write_tree(tmp_path, {".fields": "model=of-file\ntimeout=7\nproxy=http://proxy.example\n"})
    world = world_under(profile, tmp_path, {"OPENAI_API_KEY": KEY, "QWEN_CFG_TIMEOUT": "9"})
    (tmp_path / ".fields").unlink()
    # Without the loads, as after an edit of the world: the text is in the world.
    for one in (world, replace(world, loads={})):
        resolution = resolve_world(one, profile)
        values = {name: resolution.decisions[name].value for name in ("model", "timeout", "proxy")}
        assert values == {"model": "of-file", "timeout": 9, "proxy": ""}
        assert [s.fate for s in resolution.decisions["proxy"].shadowed] == ["needs reach user"]
        artifact = load(dump(to_artifact(resolution)))
        assert artifact.provenance["model"].text == "./.fields:1"


def test_a_file_that_only_one_layer_reads_is_moved_and_missed_as_an_env_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = add_layer(monkeypatch, OfFile("settings-env", "the file of fields", "project"))
    write_tree(tmp_path, {".fields": "model=of-file\n", ".env": f"OPENAI_API_KEY={KEY}\nQWEN_CFG_TIMEOUT=9\n"})
    artifact = to_artifact(resolve_world(world_under(profile, tmp_path, {}), profile))
    assert artifact.files == ("./.env", "./.fields")
    assert absence_of(artifact, base=tmp_path, home=None) == Absence()
    moved = rebase(artifact, Standpoint(tmp_path, None), Standpoint(tmp_path / "build", None))
    assert moved.files == ("../.env", "../.fields")
    assert moved.provenance["model"].origin == "../.fields:1"
    (tmp_path / ".fields").unlink()
    (tmp_path / "build").mkdir()
    for one, base in ((artifact, tmp_path), (moved, tmp_path / "build")):
        assert absence_of(one, base=base, home=None) == Absence((one.files[1],), ("model",))


ORIGINS = {
    "./.fields:1": "./.fields",
    "~/a:2 b:3 c:4": "~/a",
    "/etc/a b:10 model.name": "/etc/a b",
    "../a\nb:1": "../a\nb",
    "default": None,
    "inferred: a, b:1 are set": None,
    "--model": None,
    "HTTPS_PROXY": None,
    "./a:": None,
    "./a:b": None,
}


@pytest.mark.parametrize(("origin", "file"), ORIGINS.items())
def test_an_origin_in_a_file_names_the_file(tmp_path: Path, origin: str, file: str | None) -> None:
    artifact = to_artifact(in_every_layer(tmp_path))
    provenance = {**artifact.provenance, "model": replace(artifact.provenance["model"], origin=origin)}
    assert replace(artifact, provenance=provenance).files == ("./.env", *([] if file is None else [file]))


def test_a_layer_whose_file_cannot_be_used_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = add_layer(monkeypatch, OfFile("settings-env", "the file of fields", "project"))
    (tmp_path / ".fields").write_bytes(b"model=\xff\n")
    world = world_under(profile, tmp_path, {"OPENAI_API_KEY": KEY})
    with pytest.raises(EnvFileError, match="not UTF-8"):
        resolve_world(world, profile)
