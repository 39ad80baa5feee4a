"""Every rule reports in each of its places, is silent in similar ones, and no message contains a key."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from support.trees import NOBODY, read, tree_of
from support.worlds import scenes

from qwen_cfg.core.resolution import profile_named, resolve_world
from qwen_cfg.rules import RULES, diagnose
from qwen_cfg.rules.pages import pages
from qwen_schema import declared_profiles

from .places import APP, HOME, HOME_FILE, KEY_IN_PROJECT, NEWER, PLAIN, QWEN, WITH_KEY, Place, env
from .reported import REPORTED
from .silent import SILENT

if TYPE_CHECKING:
    from pathlib import Path


def cases(table: dict[str, list[Place]]) -> list[object]:
    return [
        pytest.param(code, place, id=f"{code}-{number}")
        for code, places in table.items()
        for number, place in enumerate(places)
    ]


@pytest.mark.parametrize(("code", "place"), cases(REPORTED))
def test_a_rule_reports(code: str, place: Place, open_path: Path) -> None:
    found = [d.finding for d in place.diagnostics(open_path) if d.code == code]
    assert found
    for finding in found:
        text = f"{finding.message} {finding.hint}"
        assert finding.message.endswith(".")
        assert [secret for secret in secrets(place) - {"OPENAI_API_KEY"} if secret in text] == []


@pytest.mark.parametrize(("code", "place"), cases(SILENT))
def test_a_rule_is_silent(code: str, place: Place, open_path: Path) -> None:
    assert [d.finding for d in place.diagnostics(open_path) if d.code == code] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("owner", "group", "directory", "speaks"),
    [
        (0, NOBODY, 0o755, True),
        (0, NOBODY, 0o750, False),
        (0, 0, 0o755, False),
        (NOBODY, NOBODY, 0o755, False),
        # Others may enter the directory.
        (0, NOBODY, 0o711, True),
    ],
)
def test_a_private_group_is_not_another_user(
    owner: int, group: int, directory: int, speaks: bool, open_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    place = Place(KEY_IN_PROJECT, modes={PLAIN: 0o640, f"{APP}/.": directory})
    place.diagnostics(open_path)
    os.chown(open_path / PLAIN, owner, group)
    found = diagnose(resolve_world(read(open_path / APP, open_path / HOME, survey=True), profile_named()))
    assert ("QC303" in {d.code for d in found}) == speaks


def test_every_rule_has_both_kinds_of_places_and_a_page() -> None:
    codes = [rule.code for rule in RULES]
    assert list(REPORTED) == codes
    assert list(SILENT) == codes
    assert list(pages()) == codes
    for page in pages().values():
        assert page.why.endswith(".")
        assert 2 <= page.advice.count(". ") + 1 <= 6, page.rule.code
        assert page.example


def secrets(place: Place) -> set[str]:
    """Return every text of a key variable or flag that is too long to occur in a message by chance."""
    texts = [
        *place.environ.items(),
        *(line.partition("=")[::2] for file in place.files.values() for line in file.split()),
    ]
    found_keys = {value.strip("'\"") for name, value in texts if "KEY" in name}
    return {text for text in {*found_keys, place.flags.get("api_key", "")} if len(text) >= 12}


# An ordinary single user.

THREE_VARIABLES = (
    f"{WITH_KEY}\nOPENAI_BASE_URL=https://dashscope.aliyuncs.com/compatible-mode/v1\nOPENAI_MODEL=qwen3-coder-plus\n"
)
ORDINARY = [
    Place({QWEN: THREE_VARIABLES}, in_git={QWEN: "ignored"}),
    Place({QWEN: THREE_VARIABLES}),
    Place({HOME_FILE: THREE_VARIABLES}),
    Place({PLAIN: THREE_VARIABLES}, in_git={PLAIN: "ignored"}),
    Place(environ=dict(line.split("=", 1) for line in THREE_VARIABLES.splitlines())),
    Place({QWEN: WITH_KEY}),
    env(OPENAI_API_KEY="ollama", OPENAI_BASE_URL="http://localhost:11434/v1", OPENAI_MODEL="qwen3"),
    Place({f"{HOME}/.qwen/oauth_creds.json": "{}"}),
    Place({QWEN: THREE_VARIABLES, PLAIN: "DEBUG=1\nDATABASE_URL=postgres://x\n"}),
]


@pytest.mark.parametrize("profile", list(declared_profiles()))
@pytest.mark.parametrize("place", ORDINARY)
def test_an_ordinary_place_has_no_warning(place: Place, profile: str, tmp_path: Path) -> None:
    diagnostics = replace(place, profile=profile).diagnostics(tmp_path)
    # A key alone, and a login, decide no method for Qwen Code 0.21 and later.
    undecided = {"QC203"} if profile == NEWER and place in (Place({QWEN: WITH_KEY}), ORDINARY[7]) else set()
    assert {d.code for d in diagnostics if d.severity != "note"} == undecided


@given(scene=scenes())
def test_no_message_contains_a_key(scene) -> None:
    with tree_of(scene) as tree:
        for diagnostic in diagnose(tree.resolve(survey=True)):
            text = f"{diagnostic.finding.message} {diagnostic.finding.hint}"
            assert [secret for secret in scene.secrets if secret in text] == []
