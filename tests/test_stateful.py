"""Random changes to a tree, step by step: after each one the compiler agrees with the short model in both profiles."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from pathlib import PurePosixPath as P

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.model import MODELS
from support.trees import SceneTree, write_scene, write_tree
from support.worlds import CWDS, HOMES, PLACES, EnvText, Scene, assignments, env_texts
from test_model_agreement import assert_agrees, intended_values

places = st.sampled_from(PLACES)


class Work(RuleBasedStateMachine):
    """The tree on the disk, and the scene that describes it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(os.path.realpath(tempfile.mkdtemp(prefix="work-")))
        self.scene = Scene()

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize()
    def begin(self) -> None:
        write_scene(self.root, self.scene)

    @rule(path=places, file=env_texts())
    def write_a_file(self, path: P, file: EnvText) -> None:
        write_tree(self.root, {str(path): file.text})
        self.scene = self.scene.but(files={**self.scene.files, path: file})

    @precondition(lambda self: self.scene.files)
    @rule(data=st.data())
    def delete_a_file(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.scene.files)))
        (self.root / path).unlink()
        self.scene = self.scene.but(files={p: file for p, file in self.scene.files.items() if p != path})

    @precondition(lambda self: self.scene.files)
    @rule(data=st.data(), to=places)
    def move_a_file(self, data: st.DataObject, to: P) -> None:
        path = data.draw(st.sampled_from(sorted(self.scene.files)))
        (self.root / to).parent.mkdir(exist_ok=True)
        (self.root / path).rename(self.root / to)
        rest = {p: file for p, file in self.scene.files.items() if p != path}
        self.scene = self.scene.but(files={**rest, to: self.scene.files[path]})

    @rule(cwd=st.sampled_from(CWDS))
    def change_directory(self, cwd: P) -> None:
        self.scene = self.scene.but(cwd=cwd)

    @rule(home=st.sampled_from(HOMES))
    def set_the_home(self, home: P | None) -> None:
        self.scene = self.scene.but(home=home)

    @rule(assignment=assignments())
    def set_a_variable(self, assignment: tuple[str, str]) -> None:
        self.scene = self.scene.but(environ={**self.scene.environ, assignment[0]: assignment[1]})

    @precondition(lambda self: self.scene.environ)
    @rule(data=st.data())
    def unset_a_variable(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.scene.environ)))
        self.scene = self.scene.but(environ={n: text for n, text in self.scene.environ.items() if n != name})

    @invariant()
    def the_compiler_agrees_with_the_model(self) -> None:
        tree = SceneTree(self.root, self.scene)
        for profile, model in MODELS.items():
            assert_agrees(tree.resolve(profile), model(self.scene, intended_values(self.scene)), tree)


TestWork = Work.TestCase
TestWork.settings = settings(max_examples=max(20, settings.default.max_examples // 5))
