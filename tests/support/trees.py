"""Writes scenes as real directory trees, and compiles them there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qwen_cfg.core.artifact import to_artifact
from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.core.world import EnvFileChoice, FlagValue
from qwen_cfg.reading.qwen_home import Home
from qwen_cfg.reading.world import read_world
from qwen_schema import Secret, declared_fields

from .scratch import scratch, with_parents
from .worlds import CWDS, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from qwen_cfg.core.resolution import Resolution
    from qwen_cfg.core.world import World
    from qwen_schema import ResolvedConfig
    from qwen_schema.envfile import Dialect

NOBODY = 65534


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write every file unchanged, including line ends and byte-order marks."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def flag_values(texts: Mapping[str, str]) -> dict[str, FlagValue]:
    """Return texts by field as flags of those fields, with keys as secrets."""
    fields = declared_fields()
    return {
        name: FlagValue(fields[name].flags[0], Secret(text) if fields[name].secret else text)
        for name, text in texts.items()
    }


def read(
    cwd: Path,
    home: Path | Home | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    no_env_file: bool = False,
    profile: str = "documented",
    dialect: Dialect = "dotenv",
    survey: bool = False,
) -> World:
    """Read the world from the disk, with defaults for everything that a test does not set."""
    choice = EnvFileChoice("flag", env_file) if env_file else EnvFileChoice("none" if no_env_file else "search")
    return read_world(
        flags=flag_values(flags or {}),
        environ=environ or {},
        cwd=cwd,
        home=home if isinstance(home, Home) else Home(home),
        profiles=(profile_named(profile),),
        choice=choice,
        dialect=dialect,
        survey=survey,
    )


@dataclass(frozen=True)
class SceneTree:
    """A scene on the disk below `root`."""

    root: Path
    scene: Scene

    def world(self, profile: str = "documented", *, dialect: Dialect = "dotenv", survey: bool = False) -> World:
        """Read the world of the scene from the disk."""
        scene = self.scene
        return read(
            self.root / scene.cwd,
            None if scene.home is None else self.root / scene.home,
            environ=scene.environ,
            flags=scene.flags,
            env_file=self.root / scene.chosen if scene.chosen else None,
            no_env_file=scene.no_env_file,
            profile=profile,
            dialect=dialect,
            survey=survey,
        )

    def resolve(self, profile: str = "documented", *, dialect: Dialect = "dotenv", survey: bool = False) -> Resolution:
        return resolve_world(self.world(profile, dialect=dialect, survey=survey), profile_named(profile))

    def artifact(self, profile: str = "documented") -> ResolvedConfig | None:
        """Return the artifact, or None if the scene is incomplete."""
        resolution = self.resolve(profile)
        return to_artifact(resolution) if resolution.is_complete else None


def write_scene(root: Path, scene: Scene) -> SceneTree:
    """Write every directory and file of a scene below a root."""
    for directory in (*CWDS, *([scene.home] if scene.home and scene.home.name != "missing" else [])):
        (root / directory).mkdir(parents=True, exist_ok=True)
    for path, file in scene.files.items():
        written = path.with_name("linked-env") if path in scene.linked else path
        write_tree(root, {str(written): file.text})
        if written != path:
            (root / path).symlink_to("linked-env")
    for path, obstacle in scene.obstacles.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if obstacle == "directory":
            (root / path).mkdir()
        else:
            (root / path).symlink_to("nowhere")
    if scene.login and scene.home is not None:
        write_tree(root, {f"{scene.home}/.qwen/oauth_creds.json": "{}"})
    return SceneTree(root, scene)


_OF_EVERY_SCENE = with_parents(*CWDS)


@contextmanager
def tree_of(scene: Scene, *, below: str = "") -> Iterator[SceneTree]:
    """Write a scene to a new directory, or further below it, during a block."""
    with scratch(_OF_EVERY_SCENE) as top:
        root = top / below
        root.mkdir(parents=True, exist_ok=True)
        yield write_scene(root, scene)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run a block as a user for whom file modes apply: root becomes the user nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
