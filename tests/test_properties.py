"""Properties of every world: which env file counts, precedence, exclusion, the artifact and its provenance."""

from __future__ import annotations

import json
import os
import tomllib
from itertools import takewhile
from pathlib import Path
from pathlib import PurePosixPath as P
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.model import MODELS, REACH_USER, search_order
from support.trees import read, tree_of, write_tree
from support.worlds import KEY, PLACES, VALUES, EnvText, Scene, complete_scenes, env_text, env_texts, scenes

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import Options, profile_named, resolve_world
from qwen_schema import (
    ConfigurationError,
    EnvFileUse,
    Excluded,
    Provenance,
    ResolvedConfig,
    Secret,
    SecretReference,
    Surroundings,
    declared_fields,
    dump,
    follow,
    load,
    locate_path,
    parse_value,
)
from qwen_schema.artifact import to_document, validate_document
from qwen_schema.envfile import read_assignments

if TYPE_CHECKING:
    from random import Random

both_profiles = pytest.mark.parametrize("profile", list(MODELS))
FIELDS = declared_fields()
VALID_TEXTS = {
    "auth_method": "qwen-oauth",
    "api_key": "sk-from-the-layer-that-wins",
    "base_url": "https://wins.example/v1",
    "model": "the-model-that-wins",
    "proxy": "http://wins.example:3128",
    "no_proxy": "wins.example",
    "ca_bundle": "/wins.pem",
    "timeout": "17",
    "max_retries": "17",
    "debug": "true",
    "excluded_variables": "WINS",
    "qwen_oauth_url": "https://wins.example",
    "usage_statistics": "true",
    "usage_statistics_endpoint": "http://wins.example:4318",
}


def artifact_or_problems(scene: Scene, profile: str = "documented", *, below: str = "") -> str:
    """Return the artifact of a scene as text, or its values and problems if it is incomplete."""
    with tree_of(scene, below=below) as tree:
        resolution = tree.resolve(profile)
        if resolution.is_complete:
            return dump(to_artifact(resolution))
        winners = [
            (d.winner.revealed, d.winner.origin.place) if d.winner else None for d in resolution.decisions.values()
        ]
        return str(
            [winners, [str(d.problem) for d in resolution.decisions.values()], [f.excluded for f in resolution.files]]
        )


# Only the env file that is found counts.


@given(scene=complete_scenes(), data=st.data())
def test_files_that_are_not_found_change_no_byte(scene: Scene, data: st.DataObject) -> None:
    reachable = [path for path in search_order(scene) if path in PLACES and path not in scene.obstacles]
    scene = scene.but(files={data.draw(st.sampled_from(reachable)): data.draw(env_texts()), **scene.files})
    found = next(path for path in search_order(scene) if path in scene.files)
    fixed = {*takewhile(lambda path: path != found, search_order(scene)), found, *scene.obstacles}
    free = [path for path in PLACES if path not in fixed]
    others = data.draw(st.dictionaries(st.sampled_from(free), env_texts(), max_size=4)) if free else {}
    changed = scene.but(files={**others, found: scene.files[found]}, linked=scene.linked & {found})
    assert artifact_or_problems(changed) == artifact_or_problems(scene)


@given(scene=scenes(), file=env_texts())
def test_an_empty_file_still_ends_the_search(scene: Scene, file: EnvText) -> None:
    first = scene.cwd / ".qwen" / ".env"
    with_empty = scene.but(files={**scene.files, first: EnvText("")}, obstacles={}, linked=frozenset())
    alone = scene.but(files={first: EnvText("")}, obstacles={}, linked=frozenset())
    assert artifact_or_problems(with_empty) == artifact_or_problems(alone)


def test_env_files_are_never_merged(tmp_path: Path) -> None:
    write_tree(tmp_path, {"app/.qwen/.env": "OPENAI_MODEL=nearest\n", "app/.env": "OPENAI_API_KEY=sk-not-reached\n"})
    resolution = resolve_world(read(tmp_path / "app"), profile_named())
    assert resolution.decisions["model"].value == "nearest"
    assert resolution.decisions["api_key"].winner is None


# Precedence.


@both_profiles
@given(scene=scenes(), name=st.sampled_from(list(VALID_TEXTS)))
def test_a_flag_overrides_every_other_layer(profile: str, scene: Scene, name: str) -> None:
    with tree_of(scene.but(flags={**scene.flags, name: VALID_TEXTS[name]})) as tree:
        winner = tree.resolve(profile).decisions[name].winner
    assert winner is not None
    assert (winner.origin.layer, winner.origin.place) == ("flag", FIELDS[name].flags[0])
    assert winner.revealed == VALID_TEXTS[name]


@both_profiles
@given(scene=scenes(), name=st.sampled_from([name for name in VALID_TEXTS if FIELDS[name].default != ""]))
def test_an_empty_flag_counts_as_unset(profile: str, scene: Scene, name: str) -> None:
    without = {flag: text for flag, text in scene.flags.items() if flag != name}
    assert artifact_or_problems(scene.but(flags={**without, name: ""}), profile) == artifact_or_problems(
        scene.but(flags=without), profile
    )


@both_profiles
@given(scene=scenes(), name=st.sampled_from([name for name in VALID_TEXTS if FIELDS[name].default == ""]))
def test_an_empty_flag_is_an_empty_value_if_the_field_allows_it(profile: str, scene: Scene, name: str) -> None:
    with tree_of(scene.but(flags={**scene.flags, name: ""})) as tree:
        decision = tree.resolve(profile).decisions[name]
    assert decision.winner is not None
    assert (decision.winner.origin.layer, decision.value) == ("flag", "")


def method_flags(name: str) -> dict[str, str]:
    """Return the flag that selects the method whose variables include those of a field."""
    under = FIELDS[name].variables[0].under
    return {"auth_method": under[0]} if under else {}


@both_profiles
@given(scene=scenes())
def test_under_qwen_oauth_variables_of_the_other_method_have_no_effect(profile: str, scene: Scene) -> None:
    with tree_of(scene.but(flags={"auth_method": "qwen-oauth"})) as tree:
        decisions = tree.resolve(profile).decisions
    for name in ("base_url", "model"):
        assert decisions[name].by_default
        offers = [lost for lost in decisions[name].shadowed if lost.candidate.origin.layer != "default"]
        assert all(lost.fate == "not under this method" for lost in offers)


@both_profiles
@given(scene=scenes(), name=st.sampled_from(list(VALID_TEXTS)))
def test_the_environment_overrides_env_files_and_defaults(profile: str, scene: Scene, name: str) -> None:
    first = FIELDS[name].variables[0]
    scene = scene.but(flags=method_flags(name), environ={**scene.environ, first.name: VALID_TEXTS[name]})
    with tree_of(scene) as tree:
        winner = tree.resolve(profile).decisions[name].winner
    assert winner is not None
    assert (winner.origin.layer, winner.origin.place) == ("environment", first.name)
    assert winner.revealed == VALID_TEXTS[name]


@both_profiles
@given(scene=scenes(), name=st.sampled_from([n for n in VALID_TEXTS if n not in REACH_USER]))
def test_an_env_file_overrides_the_default(profile: str, scene: Scene, name: str) -> None:
    first = FIELDS[name].variables[0].name
    nearest = P("r/home/work/app/.qwen/.env")
    scene = scene.but(
        cwd=P("r/home/work/app"),
        home=P("r/home"),
        flags=method_flags(name),
        environ={},
        obstacles={},
        linked=frozenset(),
    )
    with tree_of(scene.with_file(nearest, (first, VALID_TEXTS[name]))) as tree:
        winner = tree.resolve(profile).decisions[name].winner
    assert winner is not None
    assert (winner.origin.layer, winner.origin.place) == ("env-file", "./.qwen/.env:1")
    assert winner.origin.reach == "project"


@given(scene=scenes(), name=st.sampled_from([n for n in VALID_TEXTS if n != "auth_method"]))
def test_an_empty_variable_hides_the_env_files(scene: Scene, name: str) -> None:
    hidden = {variable.name: "" for variable in FIELDS[name].variables}
    with tree_of(scene.but(flags={}, environ={**scene.environ, **hidden})) as tree:
        decision = tree.resolve().decisions[name]
    assert decision.winner is None or decision.by_default


@both_profiles
@given(scene=scenes(), name=st.sampled_from(sorted(REACH_USER)))
def test_a_project_never_sets_a_field_that_needs_reach_user(profile: str, scene: Scene, name: str) -> None:
    variables = [(variable.name, VALID_TEXTS[name]) for variable in FIELDS[name].variables]
    nearest = scene.cwd / ".qwen" / ".env"
    scene = scene.but(flags={}, obstacles={}, linked=frozenset(), home=P("r/elsewhere/home"))
    with tree_of(scene.with_file(nearest, *variables)) as tree:
        decision = tree.resolve(profile).decisions[name]
    assert decision.winner is None or decision.winner.origin.reach == "user"
    refused = {s.candidate.origin.variable for s in decision.shadowed if s.fate == "needs reach user"}
    assert refused == {variable for variable, _ in variables}


@both_profiles
@given(scene=scenes())
def test_every_candidate_is_listed_once(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve(profile)
    for name, decision in resolution.decisions.items():
        candidates = [s.candidate for s in decision.shadowed] + ([decision.winner] if decision.winner else [])
        origins = [c.origin for c in candidates]
        assert len(set(origins)) == len(origins)
        offered = {v.name for v in FIELDS[name].variables} & scene.environ.keys()
        assert offered == {c.origin.variable for c in candidates if c.origin.layer == "environment"}
        assert all(s.by == decision.winner for s in decision.shadowed if s.fate == "beaten")


# Exclusion.


@given(scene=scenes(), texts=st.tuples(VALUES["DEBUG"], VALUES["DEBUG"]), name=st.sampled_from(["DEBUG", "DEBUG_MODE"]))
def test_debug_in_a_plain_env_file_has_no_effect(scene: Scene, texts: tuple[str, str], name: str) -> None:
    plain = P("r/home/work/app/.env")
    free = {path: file for path, file in scene.files.items() if path != P("r/home/work/app/.qwen/.env")}
    flags = {flag: text for flag, text in scene.flags.items() if flag != "excluded_variables"}
    environ = {n: text for n, text in scene.environ.items() if n != "QWEN_CFG_EXCLUDED_VARIABLES"}
    scene = scene.but(files=free, cwd=plain.parent, home=P("r/home"), flags=flags, environ=environ)
    scene = scene.but(obstacles={}, linked=frozenset())
    one, other = (artifact_or_problems(scene.with_file(plain, (name, text), ("OPENAI_MODEL", "m"))) for text in texts)
    assert one == other
    with tree_of(scene.with_file(plain, ("OPENAI_MODEL", "m"), (name, texts[0]))) as tree:
        resolution = tree.resolve()
        artifact = tree.artifact()
    debug = resolution.decisions["debug"]
    assert all(
        c is None or c.origin.layer != "env-file" for c in (debug.winner, *(s.candidate for s in debug.shadowed))
    )
    assert artifact is None or artifact.excluded == (Excluded(name, "./.env:2"),)


@both_profiles
@pytest.mark.parametrize("path", ["r/home/work/app/.qwen/.env", "r/home/.qwen/.env"])
@pytest.mark.parametrize("name", ["DEBUG", "DEBUG_MODE"])
def test_a_qwen_env_file_may_set_debug(profile: str, path: str, name: str) -> None:
    with tree_of(Scene().with_file(path, (name, "true"))) as tree:
        resolution = tree.resolve(profile)
    assert resolution.decisions["debug"].value is True
    assert resolution.files[0].excluded == ()


@pytest.mark.parametrize(("profile", "debug"), [("documented", False), ("qwen-code-0.21", True)])
def test_the_home_env_file_may_set_debug_if_the_profile_allows_it(profile: str, *, debug: bool) -> None:
    with tree_of(Scene().with_file("r/home/.env", ("DEBUG", "1"))) as tree:
        assert tree.resolve(profile).decisions["debug"].value is debug


@pytest.mark.parametrize(("path", "debug"), [("qwen/.env", False), (".qwen2/.env", False), (".qwen/.env", True)])
def test_only_a_directory_named_dot_qwen_may_set_debug(path: str, *, debug: bool, tmp_path: Path) -> None:
    write_tree(tmp_path, {path: "DEBUG=1\n"})
    resolution = resolve_world(read(tmp_path / Path(path).parent), profile_named())
    assert resolution.decisions["debug"].value is debug


def test_the_excluded_variables_are_a_field(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": "DEBUG=1\nOPENAI_MODEL=m\n"})
    world = read(tmp_path, flags={"excluded_variables": "OPENAI_MODEL"})
    resolution = resolve_world(world, profile_named())
    assert resolution.decisions["debug"].value is True
    assert resolution.decisions["model"].by_default
    assert resolution.files[0].excluded == ("OPENAI_MODEL",)


def test_a_project_cannot_lift_the_exclusion(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": "QWEN_CFG_EXCLUDED_VARIABLES=none\nDEBUG=1\n"})
    resolution = resolve_world(read(tmp_path), profile_named())
    assert resolution.decisions["debug"].value is False
    assert resolution.decisions["excluded_variables"].value == ("DEBUG", "DEBUG_MODE")


# Reproducibility.


@both_profiles
@given(scene=scenes(), deeper=st.sampled_from(["elsewhere", "a/b c/d", ".hidden/日本"]))
def test_the_same_tree_in_another_place_gives_the_same_bytes(profile: str, scene: Scene, deeper: str) -> None:
    with tree_of(scene) as here, tree_of(scene, below=deeper) as there:
        one, other = here.artifact(profile), there.artifact(profile)
        assert (one and dump(one)) == (other and dump(other))
        assert one is None or str(here.root) not in dump(one)


@both_profiles
@given(scene=complete_scenes(), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_environment_makes_no_difference(profile: str, scene: Scene, seed: Random) -> None:
    entries = list(scene.environ.items())
    seed.shuffle(entries)
    assert artifact_or_problems(scene.but(environ=dict(entries)), profile) == artifact_or_problems(scene, profile)


@given(scene=complete_scenes())
def test_undeclared_variables_have_no_effect(scene: Scene) -> None:
    more = {**scene.environ, "PATH": "/sk-path", "OPENAI_ORG": "sk-org", "GITHUB_TOKEN": "sk-token"}
    with tree_of(scene.but(environ=more)) as tree:
        world = tree.world()
    assert not {"PATH", "OPENAI_ORG", "GITHUB_TOKEN", "UNDECLARED"} & world.environ.keys()
    assert artifact_or_problems(scene.but(environ=more)) == artifact_or_problems(scene)


@given(scene=scenes())
def test_resolving_does_not_change_the_environment_of_the_process(scene: Scene) -> None:
    before = dict(os.environ)
    artifact_or_problems(scene)
    assert dict(os.environ) == before


def test_a_path_in_a_value_is_written_in_a_form_for_every_machine(tmp_path: Path) -> None:
    for name in ("here", "there/deeper"):
        cwd = tmp_path / name / "app"
        cwd.mkdir(parents=True)
        flags = {"api_key": "sk-x", "ca_bundle": str(tmp_path / name / "certificates.pem")}
        artifact = to_artifact(resolve_world(read(cwd, flags=flags), profile_named()))
        assert artifact.config["ca_bundle"] == "../certificates.pem"


# The artifact.


@both_profiles
@given(scene=complete_scenes())
def test_every_artifact_is_valid_and_round_trips_in_both_formats(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        artifact = tree.artifact(profile)
    if artifact is None:
        return
    validate_document(to_document(artifact))
    toml, as_json = dump(artifact), dump(artifact, "json")
    assert load(toml) == load(as_json) == artifact
    assert dump(load(as_json)) == toml
    assert tomllib.loads(toml) == json.loads(as_json)
    assert "\r" not in toml
    assert list(artifact.config) == list(artifact.provenance) == list(FIELDS)


@given(scene=scenes())
def test_an_incomplete_resolution_gives_no_artifact(scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve()
    if not resolution.is_complete:
        with pytest.raises(ConfigurationError):
            to_artifact(resolution)


_plain_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
_paths = st.sampled_from(["./.env", "../../.qwen/.env", "~/.env"])
_references = st.one_of(
    st.builds(SecretReference, st.just("environment"), variable=st.sampled_from(["OPENAI_API_KEY", "A.b-c"])),
    st.builds(SecretReference, st.just("env-file"), path=_paths, variable=st.just(KEY)),
    st.just(SecretReference("flag", flag="--openai-api-key")),
    st.builds(SecretReference, st.just("oauth-cache"), path=_plain_texts),
    st.builds(
        SecretReference,
        st.just("keyring"),
        service=_plain_texts.filter(lambda text: "/" not in text),
        name=_plain_texts,
    ),
    st.builds(SecretReference, st.just("command"), command=st.just("pass show 'a b'")),
    st.builds(SecretReference, st.just("literal"), value=st.from_regex(r"[!-~]+", fullmatch=True).map(Secret)),
)


@given(
    reference=_references,
    model=_plain_texts.filter(str.strip),
    hosts=st.lists(_plain_texts, max_size=3).map(tuple),
    timeout=st.floats(min_value=0, exclude_min=True, max_value=3600),
    excluded=st.lists(st.builds(Excluded, st.just("DEBUG"), _plain_texts), max_size=2).map(tuple),
    paths=st.lists(_plain_texts, max_size=3).map(tuple),
)
def test_any_valid_artifact_round_trips(
    reference: SecretReference,
    model: str,
    hosts: tuple[str, ...],
    timeout: float,
    excluded: tuple[Excluded, ...],
    paths: tuple[str, ...],
) -> None:
    provenance = {name: Provenance("env-file", f"./{model}:1", "user", "NAME") for name in FIELDS}
    plain = {name: field.default for name, field in FIELDS.items()}
    config = {**plain, "auth_method": "openai", "api_key": reference}
    config |= {"model": model, "no_proxy": hosts, "timeout": timeout}
    artifact = ResolvedConfig("documented", "python", config, provenance, EnvFileUse("search", paths), excluded)  # type: ignore[arg-type]
    assert load(dump(artifact)) == load(dump(artifact, "json")) == artifact


@given(scene=complete_scenes())
def test_the_artifact_contains_a_secret_only_on_request(scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve()
    if resolution.is_complete:
        artifact = to_artifact(resolution)
        shown = dump(artifact) + dump(artifact, "json") + repr(artifact)
        assert not [secret for secret in scene.secrets if secret in shown]
        if resolution.auth_method == "openai":
            key = resolution.decisions["api_key"].winner
            inlined = to_artifact(resolution, inline_secrets=True)
            assert key is not None
            assert inlined.api_key == SecretReference("literal", value=Secret(key.revealed))
            assert key.revealed in dump(inlined)
            assert key.revealed not in repr(inlined)


@both_profiles
@given(scene=scenes(), survey=st.booleans())
def test_no_object_before_the_artifact_shows_a_secret(profile: str, scene: Scene, *, survey: bool) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve(profile, survey=survey)
    candidates = [s.candidate for d in resolution.decisions.values() for s in d.shadowed]
    problems = [str(d.problem) for d in resolution.decisions.values()]
    shown = repr(resolution) + repr(resolution.world) + repr(candidates) + str(candidates) + str(problems)
    assert not [secret for secret in scene.secrets if secret in shown]


# Provenance.


@both_profiles
@given(scene=complete_scenes())
def test_the_value_is_at_the_reported_file_and_line(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve(profile)
        candidates = [
            candidate
            for decision in resolution.decisions.values()
            for candidate in [decision.winner, *(s.candidate for s in decision.shadowed)]
            if candidate is not None and candidate.origin.layer == "env-file"
        ]
        for candidate in candidates:
            path_text, _, line = candidate.origin.place.rpartition(":")
            file = locate_path(path_text, base=resolution.world.cwd, home=resolution.world.home)
            text = file.read_bytes().decode().replace("\r\n", "\n").replace("\r", "\n")
            assignment = read_assignments("\n".join(text.split("\n")[int(line) - 1 :]))[0]
            assert assignment.name == candidate.origin.variable
            value = "qwen-oauth" if assignment.name == "QWEN_OAUTH" and assignment.value else assignment.value
            assert value == candidate.revealed


@both_profiles
@given(scene=complete_scenes())
def test_the_provenance_in_the_artifact_leads_to_the_value(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        artifact = tree.artifact(profile)
        if artifact is None:
            return
        for name, origin in artifact.provenance.items():
            field, value = FIELDS[name], artifact.config[name]
            match origin.layer:
                case "flag":
                    text = scene.flags[name]
                case "environment":
                    text = scene.environ[origin.variable or ""]
                case "env-file":
                    path_text, _, line = origin.origin.rpartition(":")
                    path = locate_path(path_text, base=tree.root / scene.cwd, home=tree.root / (scene.home or ""))
                    assignments = scene.files[P(os.path.relpath(path, tree.root))].assignments
                    text = next(v for n, v, at in assignments if (n, at) == (origin.variable, int(line)))
                case _:
                    continue
            if field.secret or name == "ca_bundle":
                continue
            assert value == parse_value(field, "qwen-oauth" if origin.variable == "QWEN_OAUTH" else text)


@both_profiles
@given(scene=complete_scenes())
def test_the_secret_reference_leads_to_the_key_in_use(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve(profile)
        if not resolution.is_complete or resolution.auth_method != "openai":
            return
        key = follow(
            load(dump(to_artifact(resolution))).api_key,
            Surroundings(
                scene.environ,
                {"--openai-api-key": Secret(scene.flags.get("api_key", ""))},
                resolution.world.cwd,
                resolution.world.home,
            ),
        )
    assert resolution.decisions["api_key"].winner is not None
    assert key.reveal() == resolution.decisions["api_key"].winner.revealed


@both_profiles
@given(scene=complete_scenes())
def test_an_excluded_variable_is_at_the_reported_line(profile: str, scene: Scene) -> None:
    with tree_of(scene) as tree:
        artifact = tree.artifact(profile)
        for entry in artifact.excluded if artifact else ():
            path_text, _, line = entry.origin.rpartition(":")
            path = locate_path(path_text, base=tree.root / scene.cwd, home=tree.root / (scene.home or ""))
            file = scene.files[P(os.path.relpath(path, tree.root))]
            assert file.lines[entry.variable] == int(line)


# The method, and the reference to the key.


@pytest.mark.parametrize(
    ("scene", "method"),
    [
        pytest.param(Scene(), None, id="nothing at all"),
        pytest.param(Scene(login=True), "qwen-oauth", id="a cached login"),
        pytest.param(Scene(environ={KEY: "sk-x"}), "openai", id="a key"),
        pytest.param(Scene(environ={KEY: "sk-x"}, login=True), "openai", id="a key and a cached login"),
        pytest.param(Scene(environ={KEY: ""}, login=True), "qwen-oauth", id="an empty key and a cached login"),
        pytest.param(Scene(environ={KEY: "sk-x", "QWEN_OAUTH": "1"}), "qwen-oauth", id="a key, and OAuth asked for"),
        pytest.param(Scene(environ={KEY: "sk-x", "QWEN_OAUTH": ""}), "openai", id="a key, and OAuth empty"),
        pytest.param(Scene(environ={"QWEN_OAUTH": "0"}), "qwen-oauth", id="any text in QWEN_OAUTH asks for it"),
        pytest.param(Scene(environ={"QWEN_OAUTH": "1"}, flags={"auth_method": "openai"}), "openai", id="a flag"),
    ],
)
def test_the_method_is_set_or_inferred(scene: Scene, method: str | None) -> None:
    with tree_of(scene) as tree:
        resolution = tree.resolve()
    assert resolution.auth_method == method
    assert resolution.is_complete == (method == "qwen-oauth" or (method == "openai" and bool(scene.environ.get(KEY))))


@pytest.mark.parametrize(
    "reference",
    [
        SecretReference("environment", variable="CI_KEY"),
        SecretReference("env-file", path="~/.qwen/.env", variable=KEY),
        SecretReference("flag", flag="--openai-api-key"),
    ],
)
def test_an_artifact_can_refer_to_a_key_on_another_machine(reference: SecretReference, tmp_path: Path) -> None:
    write_tree(tmp_path, {"home/.qwen/.env": "\n", "app/.qwen/.env": "OPENAI_API_KEY=sk-at-the-desk\n"})
    with_key, without = read(tmp_path / "app", tmp_path / "home"), read(tmp_path / "home", tmp_path / "home")
    for world in (with_key, without):
        artifact = to_artifact(resolve_world(world, profile_named(), Options(secret_from=reference)))
        assert artifact.api_key == reference
        assert artifact.config["auth_method"] == "openai"
        assert artifact.provenance["api_key"].reach == "user"
        assert load(dump(artifact)) == artifact


def test_a_variable_assigned_twice_has_its_last_value_and_line(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": env_text(("OPENAI_MODEL", "first"), (KEY, "sk-x"), ("OPENAI_MODEL", "last")).text})
    artifact = to_artifact(resolve_world(read(tmp_path), profile_named()))
    assert artifact.text("model") == "last"
    assert artifact.provenance["model"].origin == "./.env:3"
